"""The one way a request leaves this host, used by both product generations.

Redirects are never followed (a token must not travel to a host nobody named), cookies are not kept, and
no answer is read beyond a fixed size. What httpx raises becomes an error of ours, told apart by the one
thing that matters for a write: whether any byte of the request was sent.
"""

import asyncio
import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.request import getproxies

import httpx
import truststore
from pydantic import SecretStr

from dfn_tui import __version__
from dfn_tui.api import words
from dfn_tui.api.connection import KEPT, Connection
from dfn_tui.api.errors import ApiError
from dfn_tui.api.lanes import Lanes
from dfn_tui.text import _, inert, mask_within

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Twenty users with every property are a few hundred kilobytes; more than this is no answer to us."""

_MESSAGE_LENGTH = 300

_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "User-Agent": f"dfn-tui/{__version__}",
}

FAULTS = (httpx.HTTPError, OSError)
"""What an exchange may raise by way of the network; `TimeoutError` is an OSError."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All in seconds. `total` holds for one request and its whole answer, whatever trickles in."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 10.0
    total: float = 40.0

    def each(self) -> dict[str, float]:
        """Those of a request's steps, as httpx takes them with a request."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}


class TokenHeader:
    """Puts a token into its header as the request is built, so that it lies nowhere else.

    Raises ApiError when the token cannot be a header's value: line breaks and non-ASCII characters come
    in with a paste, and the HTTP library would quote the token in its complaint.
    """

    def __init__(self, name: str, token: SecretStr, prefix: str = "") -> None:
        text = token.get_secret_value()
        if not text or not all("!" <= char <= "~" for char in text):
            raise words.misconfigured(
                _("The token holds what no token has: spaces, line breaks or letters beyond ASCII."),
                _("Copy the token again from the product's web console, alone and whole."),
            )
        self._name = name
        self._prefix = prefix
        self._token = token

    def put(self, headers: MutableMapping[str, str]) -> None:
        """Adds the token to a request's headers."""
        headers[self._name] = self._prefix + self._token.get_secret_value()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `write` marks what changes something on the server."""

    path: str
    body: Mapping[str, Any] = field(repr=False)
    auth: TokenHeader | None
    write: bool = False
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `server_time` is what the server's clock showed when it came."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    server_time: datetime


class Sent:
    """Whether the request itself went on its way; a tunnel asked of a proxy does not count."""

    def __init__(self) -> None:
        self.yes = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started" and info["request"].method == b"POST":
            self.yes = True


class Transport:
    """Keep-alive connections to one server. Closed by `aclose`; bound to the event loop of its first request.

    At most `connections` are held at once; what more is asked waits. Raises ApiError at construction for an
    address or a proxy setting that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        secrets: Sequence[SecretStr] = (),
        read_only: bool = False,
        timeouts: Timeouts | None = None,
        connections: int = 8,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = _checked(base_url)
        self._secrets = [secret.get_secret_value() for secret in secrets]
        self._secrets = [secret for secret in self._secrets if secret]
        self._read_only = read_only
        self._timeouts = timeouts or Timeouts()
        self._waits = self._timeouts.each()
        self._now = now
        trusted = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        make = partial(_client if _proxied(self._url) else Connection, self._url, trusted)
        self._lanes = Lanes(make, connections, self._timeouts.pool)
        self._targets: dict[str, httpx.URL] = {}
        """By path, as reading an address takes longer than putting it into a request."""
        self._dated: tuple[str, datetime] | None = None
        """The latest `Date`, as it came and as read: answers of one second share it."""
        self.clock_skew: timedelta | None = None
        """Server time minus host time, by the last answer that bore a readable `Date`."""

    async def post(self, call: Call) -> Answer:
        """Sends the request and reads the whole answer, whatever its status.

        Raises ReadOnly, Unreachable (nothing was sent), AnswerLost or AnswerUnreadable (too large).
        """
        sent = Sent()
        try:
            async with asyncio.timeout(self._timeouts.total), self.open(call, sent) as response:
                return await self.whole(response, write=call.write)
        except FAULTS as exc:
            error = self.error_for(exc, call, sent)
        # Raised out here so that the error does not carry httpx's along, and the token's header with it.
        raise error

    def open(self, call: Call, sent: Sent) -> AbstractAsyncContextManager[httpx.Response]:
        """The answer as a stream, for what is too long to hold.

        Raises ReadOnly; the caller turns `FAULTS` into errors by `error_for`, and keeps the time.
        """
        if call.write and self._read_only:
            raise words.read_only()
        return self._open(call, sent)

    @asynccontextmanager
    async def _open(self, call: Call, sent: Sent) -> AsyncIterator[httpx.Response]:
        async with self._lanes.lane() as client:
            response = await client.send(self._request(call, sent), stream=True)
            try:
                self._note_date(response.headers.get("date"))
                yield response
            finally:
                await response.aclose()

    def _request(self, call: Call, sent: Sent) -> httpx.Request:
        request = httpx.Request(
            "POST",
            self._target(call.path),
            params=call.query or None,
            headers=_HEADERS,
            content=json.dumps(call.body, ensure_ascii=False, allow_nan=False).encode(),
            extensions={"timeout": self._waits, "trace": sent.trace},
        )
        if call.auth is not None:
            call.auth.put(request.headers)
        return request

    def _target(self, path: str) -> httpx.URL:
        target = self._targets.get(path)
        if target is None:
            target = self._targets[path] = httpx.URL(str(self._url).rstrip("/") + path)
        return target

    async def whole(self, response: httpx.Response, *, write: bool) -> Answer:
        """An open answer, read to its end. Raises AnswerUnreadable when it is too large."""
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise words.answer_unreadable("too-large", write=write)
        return Answer(response.status_code, bytes(body), response.headers, self.server_time())

    def error_for(self, exc: Exception, call: Call, sent: Sent) -> ApiError:
        """One of `FAULTS` as an error with words."""
        if not sent.yes:
            return words.unreachable(_reason(exc), self._url.host)
        if isinstance(exc, httpx.DecodingError):
            return words.answer_unreadable("malformed", write=call.write)
        timeout = isinstance(exc, httpx.TimeoutException | TimeoutError)
        return words.answer_lost(timeout=timeout, write=call.write)

    def server_time(self) -> datetime:
        """The time on the server's clock, as far as it is known."""
        return self._now() + (self.clock_skew or timedelta())

    def shown(self, message: str | None) -> str:
        """A server's message for the operator and the journal: short, inert, and should it repeat our tokens
        or somebody's number or e-mail address, without the ones and with the others masked."""
        text = message or ""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        # Cut before it is searched, as it may be of any length; what this parts is not shown.
        return inert(mask_within(text[: 2 * _MESSAGE_LENGTH]), _MESSAGE_LENGTH)

    async def aclose(self) -> None:
        await self._lanes.aclose()

    def _note_date(self, text: str | None) -> None:
        if self._dated is None or self._dated[0] != text:
            try:
                served = parsedate_to_datetime(text or "")
            except ValueError:
                return
            if served.tzinfo is None:  # a date given as "-0000": UTC by RFC 5322
                served = served.replace(tzinfo=UTC)
            self._dated = text or "", served
        self.clock_skew = self._dated[1] - self._now()


def _checked(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise words.misconfigured(
            _("The server's address is not one of the form https://host or https://host:port."),
            _("Correct base_url in the configuration."),
        )
    if url.scheme == "http" and not _is_loopback(url.host):
        raise words.misconfigured(
            _("The server's address begins with http:, which would send the token unencrypted."),
            _("Use https: in base_url; http: is for this host itself only."),
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxied(url: httpx.URL) -> bool:
    """Whether the environment names a proxy that might be for that address. This host itself needs none."""
    if _is_loopback(url.host):
        return False
    named = getproxies()
    return bool(named.get(url.scheme) or named.get("all"))


def _client(_url: httpx.URL, trusted: ssl.SSLContext) -> httpx.AsyncClient:
    """A client that asks the environment for proxies, and for which addresses they are."""
    try:
        return httpx.AsyncClient(
            verify=trusted,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=KEPT),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # httpx reads the proxy settings here. They may hold a password, so they are not quoted.
        error = words.misconfigured(
            _("The proxy settings in the environment cannot be used; only http: and https: proxies can."),
            _("Correct HTTPS_PROXY or ALL_PROXY, or name the server in NO_PROXY."),
        )
    raise error


def _reason(exc: BaseException) -> str:
    """Why nothing was sent, as a code for `words.unreachable`."""
    causes = list(_causes(exc))

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if isinstance(exc, httpx.ProxyError):
        return "proxy"
    if isinstance(exc, httpx.PoolTimeout):
        return "busy-here"
    if isinstance(exc, httpx.ConnectTimeout | TimeoutError):
        return "connect-timeout"  # first: a handshake that stalls has an SSLWantReadError behind it
    if among(socket.gaierror):
        return "unknown-host"
    if among(ssl.SSLError):
        return "tls"
    return "refused" if among(ConnectionRefusedError) else "unreachable"


def _causes(exc: BaseException) -> Iterator[BaseException]:
    yield exc
    if isinstance(exc, BaseExceptionGroup):
        for member in exc.exceptions:
            yield from _causes(member)
    cause = exc.__cause__ or exc.__context__
    if cause is not None:
        yield from _causes(cause)
