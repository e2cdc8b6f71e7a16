"""The connections of this run: opening, testing, adding, and their tokens."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.api.open import open_api
from dfn_tui.config import Config, Connection, TokenKind
from dfn_tui.errors import ConsoleError
from dfn_tui.service.context import ConnectionContext, Forwarded, Mode, server_url
from dfn_tui.service.tokens import (
    TOKEN_KINDS,
    FoundKey,
    Piped,
    StillLocked,
    TokenNeeded,
    everyday_store,
    find_key,
)
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import Clock, utc_now

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dfn_tui.api.calls import UserApi
    from dfn_tui.api.limiter import Limiter
    from dfn_tui.api.retry import RetryPolicy
    from dfn_tui.credentials import Source, TokenStore
    from dfn_tui.service.addresses import Addresses
    from dfn_tui.service.archive.background import ArchiveSender
    from dfn_tui.service.archive.history import ArchivedHistory
    from dfn_tui.service.async_journal import AsyncJournal
    from dfn_tui.service.bulk.run.keys import JobKey
    from dfn_tui.service.bulk.session import BulkSession
    from dfn_tui.service.demo import Demo
    from dfn_tui.service.journal_heads import KnownHeads
    from dfn_tui.service.kept.keeper import EditKeeper
    from dfn_tui.service.session import Session
    from dfn_tui.service.snapshots.snapshots import Snapshots
    from dfn_tui.store import Entry


class ConnectionGone(ConsoleError):
    """An entry was written over a connection that is no longer there as it was."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Not possible over these connections"),
            _("The configuration has no connection {name} of that environment and API version.").format(
                name=sanitize(name, 40)
            ),
            _("Add it again under this name, and undo the entry then."),
        )


class Connections:
    """What the configuration offers, and the way from a name to an open session.

    What is sent is done for the ticket `incident`, where there is one. With `keep_edits` staged edits are
    kept for the next console. Tokens in the environment are for the one it is `opened_on`, if that is said.
    `piped` is a token this run was given; `make_store` stands in for the store of every day. What talks to
    a server or to the journal is imported where it is first needed: the first screen paints without it.
    """

    def __init__(
        self,
        config: Config,
        *,
        read_only: bool = False,
        clock: Clock = utc_now,
        make_store: Callable[[], "TokenStore"] | None = None,
        piped: Piped | None = None,
        journal_path: Path | None = None,
        incident: str = "",
        keep_edits: bool = False,
        opened_on: str | None = None,
    ) -> None:
        self.clock = clock
        self._config = config
        self._read_only = read_only
        # Called in a thread: it brings pydantic with it.
        self._make_store = make_store or (
            lambda: everyday_store(lambda: self.known, self._piped, config.journal_key_command)
        )
        self._piped = piped
        self._incident = incident
        self._keep_edits = keep_edits
        self._opened_on = opened_on
        self._keepers: dict[str, EditKeeper] = {}
        self._store: TokenStore | None = None
        self._demo: Demo | None = None
        self._sessions: dict[str, Session] = {}
        self._bulk_sessions: dict[str, BulkSession] = {}
        self._contexts: dict[str, ConnectionContext] = {}
        self._journal_path = journal_path
        self._journal: AsyncJournal | None = None
        self._checks: set[asyncio.Task[None]] = set()
        self._accepted: set[tuple[str, str]] = set()
        """Connections and where their tokens may go, as was answered in this run."""
        self._archive: ArchiveSender | None = None

    async def _journal_key(self) -> bytes | None:
        found = await find_key(await self._tokens(), make=True)
        self.journal().no_key_reason = found.reason
        return found.key

    async def _find_key(self, name: str, make: bool) -> FoundKey:
        """The key of a connection's journal, or why it is not at hand."""
        if demo := self._demo_of(name):
            return FoundKey(demo.key)
        return await find_key(await self._tokens(), make=make)

    @property
    def known(self) -> Mapping[str, Connection]:
        """Every connection by name: those of the file, and the sandbox's while one runs."""
        return {**self._config.connections, **(self._demo.connections if self._demo else {})}

    def context(self, name: str) -> ConnectionContext:
        """What the top of a screen says of a connection."""
        if name not in self._contexts:
            connection = self.known[name]
            context = ConnectionContext(connection, self._mode(connection))
            context.not_archived = lambda: self._archive.behind if self._archive else 0
            context.forwarded = self._forwarded
            context.made_up = self._demo_of(name) is not None
            self._contexts[name] = context
        return self._contexts[name]

    def opened(self, name: str) -> "Session | None":
        """The session of a connection, if it was asked for before."""
        return self._sessions.get(name)

    def session(self, name: str) -> "Session":
        """The session of a connection: the same one for the whole run, so that staged edits survive."""
        if name not in self._sessions:
            from dfn_tui.service.session import Session  # noqa: PLC0415  after the first paint

            context, journal = self.context(name), self.journal(name)
            session = Session(context, journal, lambda: self._open(context), self.clock, self._incident)
            if not context.capabilities.read_by:
                session.snapshots = self._snapshots(name)
            self._sessions[name] = session
            if self._keep_edits and not self._demo_of(name):  # the sandbox is gone with its console
                from dfn_tui.service.kept.keeper import EditKeeper  # noqa: PLC0415  as above

                find = partial(self._find_key, name)
                self._keepers[name] = EditKeeper(session, self.kept_folder(name), find)
        return self._sessions[name]

    @property
    def sessions(self) -> "Mapping[str, Session]":
        """The sessions that were asked for."""
        return self._sessions

    def keeper(self, name: str) -> "EditKeeper | None":
        """What keeps the edits of that connection's session; None where nothing does."""
        self.session(name)
        return self._keepers.get(name)

    def kept_folder(self, name: str) -> Path:
        """Where the edits of a connection are kept. Nothing is made by asking."""
        return self.journal(name).path.parent / "kept"

    def has_kept(self, name: str) -> bool:
        """Whether any edits are kept there: cheap, and nothing is read."""
        folder = self.kept_folder(name)
        return self._keep_edits and folder.is_dir() and next(folder.glob("*.kept"), None) is not None

    def _snapshots(self, name: str) -> "Snapshots":
        from dfn_tui.service.snapshots.snapshots import Snapshots, remove_expired  # noqa: PLC0415
        from dfn_tui.temporary import remove_leftovers  # noqa: PLC0415

        folder = self.snapshots_folder(name)
        if folder.is_dir():
            remove_leftovers()
            remove_expired(folder, self.clock())
        secrets = partial(self._secrets, name)
        return Snapshots(self.context(name), folder, self._key(name), secrets, self.journal(name), self.clock)

    async def _secrets(self, name: str) -> "Mapping[str, SecretStr]":
        store, kinds = await self._tokens(name), TOKEN_KINDS[self.known[name].api]
        found = [(kind.value, (await store.get(name, kind)).token) for kind in kinds]
        return {kind: token for kind, token in found if token is not None}

    def snapshots_folder(self, name: str) -> Path:
        """Where the snapshots of a connection are kept. Nothing is made by asking."""
        return self.journal(name).path.parent / "snapshots"

    def _key(self, name: str) -> "JobKey":
        from dfn_tui.service.bulk.run.keys import JobKey  # noqa: PLC0415  after the first paint

        return JobKey(partial(self._find_key, name), partial(self.unlock_keyring, name))

    def bulk(self, name: str) -> "BulkSession":
        """A connection's session for many users: the same one for the whole run, as jobs go on."""
        if name not in self._bulk_sessions:
            from dfn_tui.api.retry import BULK  # noqa: PLC0415  after the first paint
            from dfn_tui.service.bulk import planning, session  # noqa: PLC0415

            context, folder = self.context(name), self.jobs_folder(name)
            # Where it is not said the hours are no more than a day, and no job goes sooner.
            hours = [one.plan_hours or 0 for one in self._config.connections.values()]
            self._bulk_sessions[name] = session.BulkSession(
                self.session(name),
                lambda rate_limiter: self._open(context, BULK, rate_limiter, planning.AT_ONCE),
                folder,
                self._key(name),
                self._config.jobs_keep_days,
                max(hours, default=0),
            )
        return self._bulk_sessions[name]

    def jobs_folder(self, name: str) -> Path:
        """Where the jobs of a connection are kept. Nothing is made by asking."""
        return self.journal(name).path.parent / "jobs"

    def has_jobs(self, name: str) -> bool:
        """Whether any job is kept where those of this connection are: cheap, and the jobs are not read."""
        folder = self.jobs_folder(name)
        return folder.is_dir() and next(folder.glob("*.db"), None) is not None

    @property
    def jobs_under_way(self) -> "list[BulkSession]":
        """The sessions whose job runs at this moment."""
        return [bulk for bulk in self._bulk_sessions.values() if bulk.busy]

    def warm_up(self, name: str) -> None:
        """Imports what the first look-up over that connection will need, and not the other API version, which
        takes a MiB. For a thread, once the first screen has been painted."""
        for module in ("service.session", "api.transport", f"api.{self.known[name].api.value}"):
            import_module(f"dfn_tui.{module}")

    def journal(self, name: str | None = None) -> "AsyncJournal":
        """The journal behind all connections; the sandbox of this run has one of its own:
        made-up people are no evidence."""
        if demo := self._demo_of(name):
            return demo.journal
        if self._journal is None:
            from dfn_tui.service.async_journal import AsyncJournal  # noqa: PLC0415  after the first paint
            from dfn_tui.store import journal_file  # noqa: PLC0415

            path, days = self._journal_path or journal_file(), self._config.journal_keep_days
            self._journal = AsyncJournal(path, self._journal_key, days, self._known_heads)
        return self._journal

    async def _known_heads(self) -> "KnownHeads":
        from dfn_tui.service.journal_heads import KnownHeads  # noqa: PLC0415  at the end of a run that wrote

        return KnownHeads(self.journal().path, await self._tokens())

    @property
    def archives(self) -> bool:
        """Whether the journal has an archive."""
        return self._config.archive is not None

    def _forwarded(self) -> Forwarded:
        """How the archive stands. Raises `JournalError`."""
        config = self._config.archive
        if config is None:
            return Forwarded(False)
        from dfn_tui.service.archive.sending import places_of, queue_of  # noqa: PLC0415  only where one asks

        return Forwarded(True, queue_of(config, self.journal().path).oldest(), places_of(config))

    def archive(self) -> "ArchiveSender | None":
        """What sends the journal to its archive, and goes on until `finish`; None where there is none."""
        if self._archive is None and self._config.archive is not None:
            from dfn_tui.service.archive.background import ArchiveSender  # noqa: PLC0415  seldom needed

            self._archive = ArchiveSender(self._config.archive, self.journal().path)
        return self._archive

    @property
    def reads_archive(self) -> bool:
        """Whether the archive can be read from here, by the configuration."""
        return self._config.archive is not None and bool(self._config.archive.reader_dsn)

    async def archived_history(self, user: str) -> "ArchivedHistory":
        """What the archive has of a user from any host, read with the reader's rights. Raises
        `ArchiveError`."""
        from dfn_tui.service.archive.history import read_history  # noqa: PLC0415  seldom needed

        key = (await find_key(await self._tokens(), make=False)).key
        return await asyncio.to_thread(read_history, self._config.archive, user, key)

    async def archive_rest(self) -> str:
        """Sends what this run wrote to the archive, once all is finished, for a short time at most. What is
        to be said of the rest; "" for nothing. It may be broken off at any moment."""
        journal = self._journal
        archive = self.archive() if self._archive or (journal is not None and journal.written) else None
        if archive is None:
            return ""
        await archive.finish()
        if not (archive.behind or archive.reason):
            return ""
        from dfn_tui.service.archive.words import left_words  # noqa: PLC0415  seldom needed

        return left_words(archive.behind, archive.reason)

    def session_of(self, entry: "Entry", journal: "AsyncJournal") -> "Session":
        """The session of the connection that an entry of `journal` was written over.

        Raises `ConnectionGone` where that name is no longer given, or now stands for something else.
        """
        intent, found = entry.intent, self.known.get(entry.intent.connection)
        same = (
            found is not None
            and (found.environment, found.api) == (intent.environment, intent.api)
            and self.journal(found.name) is journal
        )
        if not same:
            raise ConnectionGone(intent.connection)
        return self.session(intent.connection)

    def _mode(self, connection: Connection) -> Mode:
        if self._read_only:
            return Mode(True, "--read-only")
        if connection.read_only:
            return Mode(True, "config.toml")
        return Mode(False, _("writing is allowed"))

    def _demo_of(self, name: str | None) -> "Demo | None":
        return self._demo if self._demo is not None and name in self._demo.connections else None

    async def _tokens(self, name: str | None = None) -> "TokenStore":
        """The store behind that connection, or that of every day."""
        if demo := self._demo_of(name):
            return await asyncio.to_thread(lambda: demo.store)
        if self._store is None:
            self._store = await asyncio.to_thread(self._make_store)
            self._store.variables_for = self._opened_on
        return self._store

    async def _open(
        self,
        context: ConnectionContext,
        policy: "RetryPolicy | None" = None,
        limiter: "Limiter | None" = None,
        connections: int = 8,
    ) -> "UserApi":
        connection = context.connection
        store = await self._tokens(connection.name)
        needed, *others = TOKEN_KINDS[connection.api]
        found = await store.get(connection.name, needed)
        if found.token is None:
            raise TokenNeeded(connection.name, needed, found.reason, locked=found.locked)
        accepted = (connection.name, server_url(connection)) in self._accepted
        if not (accepted or self._demo_of(connection.name)):  # the sandbox has a new one each time
            check = import_module("dfn_tui.service.addresses").check_address
            await check(self._addresses(), store, connection, found.source, asks=self._keep_edits)
        context.token_in_memory = found.source.value == "memory" and not self._demo_of(connection.name)
        extra = [(await store.get(connection.name, kind)).token for kind in others]
        if extra and extra[0] is not None and (snapshots := self.session(connection.name).snapshots):
            tokens = {needed.value: found.token, others[0].value: extra[0]}
            # Beside it: a keyring that takes its time must not keep a withdrawal from being sent.
            check = asyncio.ensure_future(_check_tokens(snapshots, tokens))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)
        # In a thread: the first call imports httpx and reads the system's certificates.
        return await asyncio.to_thread(
            open_api,
            api=connection.api.value,
            base_url=connection.base_url,
            token=found.token,
            export_token=extra[0] if extra else None,
            service_id=connection.service_id,
            legacy_push_optin=connection.legacy_push_optin,
            read_only=context.mode.read_only,
            policy=policy,
            limiter=limiter,
            connections=connections,
        )

    async def accept_address(self, name: str, source: "Source | None" = None) -> None:
        """Has the connection's token, just put in `source`, sent where the configuration says from now on."""
        if not self._demo_of(name):
            self._accepted.add((name, server_url(self.known[name])))
            accept = import_module("dfn_tui.service.addresses").accept_address
            with suppress(OSError):  # the next run asks again, then
                await accept(self._addresses(), await self._tokens(name), self.known[name], source)

    def _addresses(self) -> "Addresses":
        from dfn_tui.service.addresses import Addresses, addresses_file  # noqa: PLC0415  no start needs it

        return Addresses(addresses_file(self.journal().path.parent))

    async def give_token(self, name: str, kind: TokenKind, text: str) -> str:
        """Takes a token from the operator and says in sentences where it is from now on: in a store, or held
        for this run where something comes before every store. Raises `BadToken`."""
        store, secret = await self._tokens(name), import_module("pydantic").SecretStr(text)
        held = _("The token is held in memory, for this run only.")
        source = import_module("dfn_tui.credentials").Source.MEMORY
        if store.outranked(name, kind):
            store.hold(name, kind, secret)
            kept = held
        else:
            placed = await store.set(name, kind, secret)
            source = placed.source
            kept = f"{placed.reason} {held}" if placed.source.value == "memory" else placed.reason
        session = self.session(name)
        await self.accept_address(name, source)  # it was shown where the token was typed
        if session.snapshots is not None:
            await session.snapshots.only_for({kind.value: secret}, in_doubt=True)
        await session.forget_token()
        return kept

    async def outranked(self, name: str, kind: TokenKind) -> str:
        """Why a new token will be held for this run only, whatever store there is: what comes before every
        store, in a sentence. Empty where nothing does."""
        return (await self._tokens(name)).outranked(name, kind)

    async def unlock_keyring(self, name: str, password: str) -> None:
        """Opens the locked keyring that a connection's token is in. Raises `StillLocked`."""
        store, no_keyring = await self._tokens(name), import_module("dfn_tui.credentials").NoKeyring
        try:
            await store.unlock(import_module("pydantic").SecretStr(password))
        except no_keyring as none:
            raise StillLocked(none.reason) from None

    @property
    def lock_after(self) -> int:
        """After how many minutes without a key the console locks; 0: never."""
        return self._config.lock_after

    async def lock(self) -> None:
        """Drops the tokens from memory, so that each is looked for again: what this run holds at once, what
        a client uses when nothing is asked or written over it any more. Staged edits stay, and so do the
        sandbox's own tokens: nobody could give them again."""
        self._piped = None
        if self._store is not None:
            self._store.forget_held()
        sessions = [session for name, session in self._sessions.items() if not self._demo_of(name)]
        await asyncio.gather(*(session.rest() for session in sessions))

    async def add(self, connection: Connection) -> None:
        """Adds a connection to the configuration file. Raises `ConfigError`."""
        from dfn_tui.config.writing import add_connection  # noqa: PLC0415  no start needs it

        self._config = await asyncio.to_thread(add_connection, self._config, connection)

    def start_demo(self) -> "Demo":
        """The sandbox of this run, started where it does not run yet. Raises ConsoleError."""
        if self._demo is None:
            from dfn_tui.service.demo import Demo  # noqa: PLC0415  only a demonstration needs it

            self._demo = Demo()
        return self._demo

    async def finish(self) -> None:
        """Waits for every write under way, closes every connection, and ends the sandbox."""
        for bulk in self._bulk_sessions.values():
            await bulk.finish()
        await asyncio.gather(*self._checks)
        for session in self._sessions.values():
            await session.forget_token()
        for keeper in self._keepers.values():
            await keeper.close()
        if self._journal is not None:
            await self._journal.close()
        if self._demo is not None:
            await self._demo.close()


async def _check_tokens(snapshots: "Snapshots", tokens: "Mapping[str, SecretStr]") -> None:
    """Removes a snapshot that was taken with other tokens."""
    with suppress(ConsoleError):  # where it cannot be removed it still opens with its key alone
        await snapshots.only_for(tokens, in_doubt=False)
