"""The tokens of a run's connections: where each is from, and where it may be sent."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dfn_tui.config import Connection, TokenKind
from dfn_tui.service.context import server_url
from dfn_tui.service.tokens import TOKEN_KINDS, StillLocked
from dfn_tui.text import _

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dfn_tui.credentials import Source, TokenStore
    from dfn_tui.service.addresses import Addresses
    from dfn_tui.service.demo import Demo


class KeptToken(NamedTuple):
    """A token that was given, the source that it is in, and where that is, in sentences."""

    secret: "SecretStr"
    source: "Source"
    words: str


class ConnectionTokens:
    """Nothing that reads a token is imported before one is asked for."""

    def __init__(
        self,
        make_store: "Callable[[], TokenStore]",
        opened_on: str | None,
        demo_of: "Callable[[str | None], Demo | None]",
        state: Callable[[], Path],
    ) -> None:
        """`make_store` is called in a thread: it brings pydantic with it. Tokens in the environment are for
        `opened_on`, if that is said. `state` is the folder where addresses are kept."""
        self._make_store = make_store
        self._opened_on = opened_on
        self._demo_of = demo_of
        self._state = state
        self._store: TokenStore | None = None
        self._accepted: set[tuple[str, str]] = set()
        """Connections and where their tokens may go, as was answered in this run."""

    async def store(self, name: str | None = None) -> "TokenStore":
        """The store behind that connection, or that of every day."""
        if demo := self._demo_of(name):
            return await asyncio.to_thread(lambda: demo.store)
        if self._store is None:
            self._store = await asyncio.to_thread(self._make_store)
            self._store.variables_for = self._opened_on
        return self._store

    async def secrets(self, connection: Connection) -> "Mapping[str, SecretStr]":
        """Those of the connection that there are, by kind."""
        store, kinds = await self.store(connection.name), TOKEN_KINDS[connection.api]
        found = [(kind.value, (await store.get(connection.name, kind)).token) for kind in kinds]
        return {kind: token for kind, token in found if token is not None}

    async def check_address(self, connection: Connection, source: "Source", *, asks: bool) -> None:
        """Raises a ConsoleError where the token, which is from `source`, was for another address. The first
        time it `asks`, where somebody can answer."""
        accepted = (connection.name, server_url(connection)) in self._accepted
        if accepted or self._demo_of(connection.name):  # the sandbox has a new one each time
            return
        check = import_module("dfn_tui.service.addresses").check_address
        await check(self._addresses(), await self.store(connection.name), connection, source, asks=asks)

    async def accept_address(self, connection: Connection, source: "Source | None" = None) -> None:
        """Has the connection's token, just put in `source`, sent where the configuration says from now on."""
        if not self._demo_of(connection.name):
            self._accepted.add((connection.name, server_url(connection)))
            accept = import_module("dfn_tui.service.addresses").accept_address
            with suppress(OSError):  # the next run asks again, then
                await accept(self._addresses(), await self.store(connection.name), connection, source)

    def _addresses(self) -> "Addresses":
        from dfn_tui.service.addresses import Addresses, addresses_file  # noqa: PLC0415  no start needs it

        return Addresses(addresses_file(self._state()))

    async def keep(self, name: str, kind: TokenKind, text: str) -> KeptToken:
        """Puts a token into a store, or holds it for this run where something comes before every store.
        Raises `BadToken`."""
        store, secret = await self.store(name), import_module("pydantic").SecretStr(text)
        held = _("The token is held in memory, for this run only.")
        if store.outranked(name, kind):
            store.hold(name, kind, secret)
            return KeptToken(secret, import_module("dfn_tui.credentials").Source.MEMORY, held)
        placed = await store.set(name, kind, secret)
        words = f"{placed.reason} {held}" if placed.source.value == "memory" else placed.reason
        return KeptToken(secret, placed.source, words)

    async def outranked(self, name: str, kind: TokenKind) -> str:
        """Why a new token will be held for this run only, whatever store there is: what comes before every
        store, in a sentence. Empty where nothing does."""
        return (await self.store(name)).outranked(name, kind)

    async def unlock_keyring(self, name: str, password: str) -> None:
        """Opens the locked keyring that a connection's token is in. Raises `StillLocked`."""
        store, no_keyring = await self.store(name), import_module("dfn_tui.credentials").NoKeyring
        try:
            await store.unlock(import_module("pydantic").SecretStr(password))
        except no_keyring as none:
            raise StillLocked(none.reason) from None

    def forget_held(self) -> None:
        """Drops what is held in memory."""
        if self._store is not None:
            self._store.forget_held()
