"""What the doctor looks at on the way to the server: proxies, trust, the token, the server and its clock."""

import asyncio
import os
import ssl
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dfn_tui.api.errors import Unreachable
from dfn_tui.api.open import open_api
from dfn_tui.config import Connection, TokenKind
from dfn_tui.errors import ConsoleError, TokenTrouble
from dfn_tui.service.addresses import Addresses, AddressQuestion, addresses_file, environment_in_doubt
from dfn_tui.service.context import server_url
from dfn_tui.service.doctor.seen import CheckResult, failed, ok, warning
from dfn_tui.service.snapshots.snapshots import note_export
from dfn_tui.service.tokens import TOKEN_KINDS
from dfn_tui.store import journal_file
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import utc_now

if TYPE_CHECKING:
    from datetime import timedelta

    from pydantic import SecretStr

    from dfn_tui.credentials import FoundToken, TokenStore

_LIMIT = 20.0
"""Seconds that the server is given."""


def proxies(environ: Mapping[str, str]) -> CheckResult:
    """The proxy in the environment by host only, since an address may hold a password; and NO_PROXY."""
    import httpx  # noqa: PLC0415  late, as it takes long

    from dfn_tui.api.proxies import VARIABLES, is_exempt, read_proxy  # noqa: PLC0415

    try:
        named = [(name, read_proxy(name, environ[name])) for name in VARIABLES if environ.get(name)]
        if not named:
            return ok(_("No proxy is set in the environment (HTTPS_PROXY, ALL_PROXY)."))
        variable, proxy = named[0]
        is_exempt(httpx.URL(), environ)  # reads every entry, as none names that
    except ConsoleError as error:
        return failed(error.happened, error.next_step)
    said = f"{variable}={proxy.url.netloc.decode()}."
    if environ.get("NO_PROXY") or environ.get("no_proxy"):
        said += " " + _("NO_PROXY makes exceptions.")
    return ok(said)


def trust(environ: Mapping[str, str]) -> CheckResult:
    """Whether this host knows whom to trust, as the console will ask it."""
    for variable, there in (("SSL_CERT_FILE", Path.is_file), ("SSL_CERT_DIR", Path.is_dir)):
        named = environ.get(variable)
        if named and not any(there(Path(one)) for one in named.split(os.pathsep)):
            return failed(
                _("{variable} names what is not there: {path}").format(
                    variable=variable, path=sanitize(named, 200)
                ),
                _("Correct {variable}, or unset it.").format(variable=variable),
            )
    try:
        import_module("truststore").SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if environ.get("SSL_CERT_FILE"):
            # Read here, because OpenSSL passes over a file of its own defaults that it cannot read.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(environ["SSL_CERT_FILE"])
    except (ImportError, OSError) as error:  # an SSLError is an OSError
        return failed(
            _("The trust store cannot be read ({error}).").format(error=type(error).__name__),
            _("Install the system's certificates (ca-certificates), and correct or unset SSL_CERT_FILE."),
        )
    given = [
        f"{name}={sanitize(environ[name], 200)}"
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        if environ.get(name)
    ]
    words = _("{openssl}, with the system's certificates.")
    if given:
        words = _("{openssl}, with {given}.")
    return ok(words.format(openssl=ssl.OPENSSL_VERSION, given=", ".join(given)))


class Server:
    """One connection's way to its server. `token` first, then `reached`, then `clock`."""

    def __init__(self, connection: Connection, store: "TokenStore") -> None:
        self._connection = connection
        self._store = store
        self._tokens: dict[TokenKind, SecretStr] = {}
        self._skew: timedelta | None = None
        self._url = server_url(connection)
        self._host = sanitize(urlsplit(self._url).hostname or "")
        self.kinds = TOKEN_KINDS[connection.api]

    async def token(self, kind: TokenKind) -> CheckResult:
        """Where a token is from, and why not from what comes before; never anything about the token."""
        name = self._connection.name
        found = await self._store.get(name, kind)
        why = sanitize(" ".join(_reasons(found)))
        if found.token is not None:
            beside = await self._store.address(name, found.source)
            try:
                addresses = Addresses(addresses_file(journal_file().parent))
                addresses.look(self._connection, asks=False, beside=beside)
            except AddressQuestion as question:  # and the token is not sent there
                return failed(question.happened, question.next_step, question)
            self._tokens[kind] = found.token
            if (doubt := environment_in_doubt(self._connection)) and kind == self.kinds[0]:
                return warning(f"{why} {doubt}", _("Correct its environment in the configuration."))
            return ok(f"{why} " + _("It is for {address}.").format(address=sanitize(self._url, 200)))
        if self._store.outranked(name, kind):
            hint = _("Correct the variable or the command, or take it away: no store is asked after it.")
        elif found.locked:
            hint = _("Unlock the keyring: dfn-tui asks for its password.")
        else:
            hint = _("Run “dfn-tui auth set -c {name} --kind {kind}”.").format(name=sanitize(name), kind=kind)
        # Only the first kind is needed for everything, and by every connection.
        if kind != self.kinds[0]:
            return warning(why, hint)
        return failed(why, hint, TokenTrouble(_("Token needed"), why, hint))

    async def reached(self) -> CheckResult:
        """Whether the server answers, and takes the token: asked with a read that changes nothing."""
        try:
            async with asyncio.timeout(_LIMIT):
                return await (self._probed() if self.kinds[0] in self._tokens else self._answers())
        except TimeoutError:
            words = _("{host} did not answer within {seconds:g} seconds.")
            happened = words.format(host=self._over_proxy(), seconds=_LIMIT)
            hint = _("Check the network and the proxy settings, and try again.")
            return failed(happened, hint, Unreachable(_("No answer"), happened, hint, "timeout"))

    def _over_proxy(self) -> str:
        import httpx  # noqa: PLC0415  late, as it takes long

        from dfn_tui.api.messages import over  # noqa: PLC0415
        from dfn_tui.api.proxies import proxy_for  # noqa: PLC0415

        proxy = proxy_for(httpx.URL(self._url))
        return over(self._host, proxy.shown if proxy is not None else "")

    async def _probed(self) -> CheckResult:
        first, *others = (self._tokens.get(kind) for kind in self.kinds)
        assert first is not None
        api = open_api(
            api=self._connection.api.value,
            base_url=self._connection.base_url,
            token=first,
            export_token=others[0] if others else None,
            service_id=self._connection.service_id,
            read_only=True,
            policy=import_module("dfn_tui.api.retry").RetryPolicy(attempts=1),
        )
        if others and others[0] is not None:
            note_export(journal_file().parent / "snapshots", self._connection, utc_now())
        try:
            probe = await api.probe()
        finally:
            self._skew = api.clock_skew
            await api.aclose()
        if probe.error is not None:
            return failed(probe.error.happened, probe.error.next_step, probe.error)
        said = " ".join(line for line in probe.lines if line not in _about_clock(self._skew))
        return ok(f"{self._host}: {said}")

    async def _answers(self) -> CheckResult:
        """Without a token any answer will do, a refusal too: then it is not the network."""
        from dfn_tui.api.transport import Call, Transport  # noqa: PLC0415  it brings httpx with it

        transport = Transport(self._url, read_only=True)
        try:
            answer = await transport.post(Call("/", b"{}", None))
        finally:
            self._skew = transport.clock_skew
            await transport.aclose()
        words = _("{host} answers, with HTTP {status}. Without a token nothing more can be tested.")
        return ok(words.format(host=self._host, status=answer.status))

    def clock(self) -> CheckResult:
        """Whether the server's clock and this host's agree."""
        if self._skew is None:
            return warning(
                _("Not compared: no answer of the server told its time."),
                _("See to the server's line above first."),
            )
        off = _about_clock(self._skew)
        if off:
            return warning(*off)
        seconds = max(1, round(abs(self._skew).total_seconds()))
        words = ngettext(
            "{seconds} second apart from the server's at most.",
            "{seconds} seconds apart from the server's at most.",
            seconds,
        )
        return ok(words.format(seconds=seconds))


def _about_clock(skew: "timedelta | None") -> tuple[str, ...]:
    lines: tuple[str, ...] = import_module("dfn_tui.api.client").probe_lines(skew)
    return lines


def _reasons(found: "FoundToken") -> list[str]:
    """What every source that was asked said, up to the one that had the token."""
    asked = [step for step in found.steps if step.status.value != "not asked"]
    return [step.reason for step in asked if step.source.value not in {"stdin", "memory"}]
