"""The connections of this run: opening, testing, adding, and their tokens."""

import asyncio
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.api.open import open_api
from dfn_tui.api.types import Probe, UserApi
from dfn_tui.config import Config, Connection, add_connection
from dfn_tui.errors import ConsoleError
from dfn_tui.service.demo import Demo
from dfn_tui.service.desk import TOKEN_KINDS, Clock, Desk, utc_now
from dfn_tui.service.gate import Gate, Mode
from dfn_tui.service.journalling import JournalKeeper
from dfn_tui.store import journal_file
from dfn_tui.text import _

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore


class TokenNeeded(ConsoleError):
    """No token is at hand for a connection; the operator can give one. `kind` says which."""

    def __init__(self, connection: str, kind: str, reason: str) -> None:
        super().__init__(_("Token needed"), reason, _("Give the token of this connection."))
        self.connection = connection
        self.kind = kind


def everyday_store() -> "TokenStore":
    """The environment, then the keyring. Called in a thread: it brings pydantic with it."""
    store: TokenStore = import_module("dfn_tui.credentials").TokenStore()
    return store


class Connections:
    """What the configuration offers, and the way from a name to an open desk."""

    def __init__(
        self,
        config: Config,
        *,
        read_only: bool = False,
        clock: Clock = utc_now,
        make_store: Callable[[], "TokenStore"] = everyday_store,
        journal_path: Path | None = None,
    ) -> None:
        self.clock = clock
        self._config = config
        self._read_only = read_only
        self._make_store = make_store
        self._store: TokenStore | None = None
        self._demo: Demo | None = None
        self._demo_store: TokenStore | None = None
        self._desks: dict[str, Desk] = {}
        self._journal = JournalKeeper(
            journal_path or journal_file(), self._journal_key, config.journal_keep_days
        )

    async def _journal_key(self) -> bytes | None:
        if self._store is None:
            self._store = await asyncio.to_thread(self._make_store)
        return await self._store.journal_key()

    @property
    def known(self) -> Mapping[str, Connection]:
        """Every connection by name: those of the file, and the sandbox's while one runs."""
        return {**self._config.connections, **(self._demo.connections if self._demo else {})}

    def desk(self, name: str) -> Desk:
        """The desk of a connection: the same one for the whole run, so that staged edits survive."""
        if name not in self._desks:
            connection = self.known[name]
            keeper = self.journal(name)
            self._desks[name] = Desk(
                connection,
                Gate(connection, self._mode(connection), keeper),
                keeper,
                lambda: self._open(connection),
                self.clock,
            )
        return self._desks[name]

    def journal(self, name: str | None = None) -> JournalKeeper:
        """The journal behind all connections; the sandbox of this run has one of its own:
        made-up people are no evidence."""
        if self._demo is not None and name is not None and self._is_demo(name):
            return self._demo.journal
        return self._journal

    def _mode(self, connection: Connection) -> Mode:
        if self._read_only:
            return Mode(True, _("started with --read-only"))
        if connection.read_only:
            return Mode(True, _("set in the configuration"))
        return Mode(False, _("writing is allowed"))

    def _is_demo(self, name: str) -> bool:
        return self._demo is not None and name in self._demo.connections

    async def _tokens(self, name: str) -> "TokenStore":
        if self._demo is not None and self._is_demo(name):
            if self._demo_store is None:
                self._demo_store = await asyncio.to_thread(self._demo.make_store)
            return self._demo_store
        if self._store is None:
            self._store = await asyncio.to_thread(self._make_store)
        return self._store

    async def _open(self, connection: Connection) -> UserApi:
        store = await self._tokens(connection.name)
        needed, *others = map(import_module("dfn_tui.credentials").TokenKind, TOKEN_KINDS[connection.api])
        found = await store.get(connection.name, needed)
        if found.token is None:
            raise TokenNeeded(connection.name, needed.value, found.reason)
        in_memory = found.source.value == "memory" and not self._is_demo(connection.name)
        self.desk(connection.name).token_in_memory = in_memory
        extra = [(await store.get(connection.name, kind)).token for kind in others]
        # In a thread: the first call imports httpx and reads the system's certificates.
        return await asyncio.to_thread(
            open_api,
            generation=connection.api.value,
            base_url=connection.base_url,
            token=found.token,
            export_token=extra[0] if extra else None,
            service_id=connection.service_id,
            read_only=self._mode(connection).read_only,
        )

    def token_kinds(self, connection: Connection) -> tuple[str, ...]:
        """The tokens a connection uses, the needed one first."""
        return TOKEN_KINDS[connection.api]

    async def give_token(self, name: str, kind: str, text: str) -> str:
        """Takes a token from the operator and says in a sentence where it is kept from now on.

        Raises `ConsoleError` where the text cannot be a token.
        """
        store = await self._tokens(name)
        credentials = import_module("dfn_tui.credentials")
        secret = import_module("pydantic").SecretStr(text)
        placed = await store.set(name, credentials.TokenKind(kind), secret)
        await self.desk(name).forget_token()
        return str(placed.reason)

    async def add(self, connection: Connection) -> None:
        """Adds a connection to the configuration file. Raises `ConfigError`."""
        self._config = await asyncio.to_thread(add_connection, self._config, connection)

    async def test(self, name: str) -> Probe:
        """A harmless read over that connection. Raises `TokenNeeded`."""
        return await self.desk(name).probe()

    def start_demo(self) -> Demo:
        """The sandbox of this run, started where it does not run yet. Raises ConsoleError."""
        if self._demo is None:
            self._demo = Demo()
        return self._demo

    async def finish(self) -> None:
        """Waits for every write under way, closes every connection, and ends the sandbox."""
        for desk in self._desks.values():
            await desk.finish()
        await self._journal.close()
        if self._demo is not None:
            await self._demo.close()
