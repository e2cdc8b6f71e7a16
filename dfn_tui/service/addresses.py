"""Where a connection's token may go: where it was first sent to, until somebody accepts another address.

Whoever can change the configuration, or the tool that writes it, could have the next run send a token to a
server of theirs. So the address is remembered when a token is given or first sent: in the state folder, and
beside the token where that is in a keyring, so that it is still known where the file was removed or edited.
"""

import asyncio
import json
import string
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from dfn_tui.config import Connection, Environment
from dfn_tui.errors import GateRefused
from dfn_tui.files import read_small
from dfn_tui.service.context import is_product_host, server_url
from dfn_tui.temporary import replace_private
from dfn_tui.text import _, sanitize

if TYPE_CHECKING:
    from dfn_tui.credentials import Source, TokenStore

_LARGEST = 1 << 20  # bytes


def addresses_file(state: Path) -> Path:
    """Where they are remembered, of a state folder."""
    return state / "token-addresses.json"


class AddressQuestion(GateRefused):
    """A connection's token is not sent until its address was accepted."""


class Addresses:
    """The accepted addresses, in the file at `path`, which need not exist. One that cannot be read or written
    holds nothing up: it knows of no address."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self, connection: Connection, *, asks: bool, beside: str = "") -> None:
        """What `look` does, and remembers the address of a connection that is used for the first time."""
        self.look(connection, asks=asks, beside=beside)
        known, address = self._read(), server_url(connection)
        before, environment = known.get(connection.name, ("", ""))
        if before != address:
            with suppress(OSError):
                self._write({**known, connection.name: (address, environment)})

    def look(self, connection: Connection, *, asks: bool, beside: str = "") -> None:
        """Raises `AddressQuestion` where the address is another one than was accepted, or than the one kept
        `beside` the token; with `asks` also where the environment is in doubt."""
        remembered, environment = self._read().get(connection.name, ("", ""))
        address = server_url(connection)
        for before, now in ((beside, _in_ascii(address)), (remembered, address)):
            if before not in ("", now) and not (_is_here(before) and _is_here(address)):
                raise _changed(connection, before)
        doubtful = bool(environment_in_doubt(connection)) and environment != connection.environment
        if doubtful and asks:
            raise _doubtful(connection)

    def accept(self, connection: Connection) -> None:
        """From now on the connection is known as it is configured. Raises OSError."""
        now = server_url(connection), connection.environment.value
        self._write({**self._read(), connection.name: now})

    def _read(self) -> dict[str, tuple[str, str]]:
        try:
            found = json.loads(read_small(self._path, _LARGEST))
            return {str(name): (str(address), str(kind)) for name, (address, kind) in found.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}

    def _write(self, known: dict[str, tuple[str, str]]) -> None:
        replace_private(self._path, f"{json.dumps(known, indent=1, sort_keys=True)}\n".encode())


async def check_address(
    addresses: Addresses, store: "TokenStore", connection: Connection, source: "Source", *, asks: bool
) -> None:
    """What `Addresses.check` does for a token that was found in `source`, which keeps the address from then
    on where it can. Raises `AddressQuestion`."""
    beside = await store.address(connection.name, source)
    await asyncio.to_thread(partial(addresses.check, connection, asks=asks, beside=beside))
    if not beside:
        await store.keep_address(connection.name, _in_ascii(server_url(connection)), source)


async def accept_address(
    addresses: Addresses, store: "TokenStore", connection: Connection, source: "Source | None" = None
) -> str:
    """Has the connection known as it is configured, in the state folder and beside its tokens: in `source`,
    or without one wherever an address is kept so far. Says why it could not be kept there. Raises OSError."""
    left = await store.keep_address(connection.name, _in_ascii(server_url(connection)), source)
    await asyncio.to_thread(addresses.accept, connection)
    return left


def _in_ascii(address: str) -> str:
    """As a keyring's entry has it."""
    return quote(address, safe=string.punctuation)


def environment_in_doubt(connection: Connection) -> str:
    """What is odd where a connection to the product's own host is not called production, in a sentence; else
    nothing."""
    if connection.environment is Environment.PRODUCTION or not is_product_host(connection):
        return ""
    words = _("{name} is called {environment}, and leads to {address}, where production is.")
    return words.format(
        name=sanitize(connection.name, 40),
        environment=connection.environment.value,
        address=sanitize(server_url(connection), 200),
    )


def _is_here(address: str) -> bool:
    from dfn_tui.api.proxies import is_loopback  # noqa: PLC0415  it brings httpx, and is hardly ever asked

    return is_loopback(urlsplit(address).hostname or "")


def _changed(connection: Connection, before: str) -> AddressQuestion:
    words = _("{name} leads to {address} now; its token was for {before}. Nothing was sent.")
    return AddressQuestion(
        _("The address has changed"),
        words.format(
            name=sanitize(connection.name, 40),
            address=sanitize(server_url(connection), 200),
            before=sanitize(before, 200),
        ),
        _accepted_by(connection),
    )


def _doubtful(connection: Connection) -> AddressQuestion:
    return AddressQuestion(
        _("Is this not production?"),
        _("{doubt} Nothing was sent.").format(doubt=environment_in_doubt(connection)),
        _accepted_by(connection),
    )


def _accepted_by(connection: Connection) -> str:
    words = _("If that is right: dfn-tui auth accept -c {name}. Else correct the configuration.")
    return words.format(name=sanitize(connection.name, 40))
