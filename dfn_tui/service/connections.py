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
from dfn_tui.service.connection_tokens import ConnectionTokens
from dfn_tui.service.context import ConnectionContext, Mode
from dfn_tui.service.run_archive import RunArchive
from dfn_tui.service.tokens import (
    TOKEN_KINDS,
    FoundKey,
    Piped,
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
    from dfn_tui.credentials import TokenStore
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
        self._piped = piped
        self.tokens = ConnectionTokens(
            make_store
            or (lambda: everyday_store(lambda: self.known, self._piped, config.journal_key_command)),
            opened_on,
            self._demo_of,
            lambda: self.journal().path.parent,
        )
        self.archive = RunArchive(config.archive, self.journal, self._key_at_hand)
        self._incident = incident
        self._keep_edits = keep_edits
        self._keepers: dict[str, EditKeeper] = {}
        self._demo: Demo | None = None
        self._sessions: dict[str, Session] = {}
        self._bulk_sessions: dict[str, BulkSession] = {}
        self._contexts: dict[str, ConnectionContext] = {}
        self._journal_path = journal_path
        self._journal: AsyncJournal | None = None
        self._checks: set[asyncio.Task[None]] = set()

    async def _journal_key(self) -> bytes | None:
        found = await find_key(await self.tokens.store(), make=True)
        self.journal().no_key_reason = found.reason
        return found.key

    async def _key_at_hand(self) -> bytes | None:
        return (await find_key(await self.tokens.store(), make=False)).key

    async def _find_key(self, name: str, make: bool) -> FoundKey:
        """The key of a connection's journal, or why it is not at hand."""
        if demo := self._demo_of(name):
            return FoundKey(demo.key)
        return await find_key(await self.tokens.store(), make=make)

    @property
    def known(self) -> Mapping[str, Connection]:
        """Every connection by name: those of the file, and the sandbox's while one runs."""
        return {**self._config.connections, **(self._demo.connections if self._demo else {})}

    def context(self, name: str) -> ConnectionContext:
        """What the top of a screen says of a connection."""
        if name not in self._contexts:
            connection = self.known[name]
            context = ConnectionContext(connection, self._mode(connection))
            context.not_archived = lambda: self.archive.behind
            context.forwarded = self.archive.forwarded
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
        secrets = partial(self.tokens.secrets, self.known[name])
        return Snapshots(self.context(name), folder, self._key(name), secrets, self.journal(name), self.clock)

    def snapshots_folder(self, name: str) -> Path:
        """Where the snapshots of a connection are kept. Nothing is made by asking."""
        return self.journal(name).path.parent / "snapshots"

    def _key(self, name: str) -> "JobKey":
        from dfn_tui.service.bulk.run.keys import JobKey  # noqa: PLC0415  after the first paint

        return JobKey(partial(self._find_key, name), partial(self.tokens.unlock_keyring, name))

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

        return KnownHeads(self.journal().path, await self.tokens.store())

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

    async def _open(
        self,
        context: ConnectionContext,
        policy: "RetryPolicy | None" = None,
        limiter: "Limiter | None" = None,
        connections: int = 8,
    ) -> "UserApi":
        connection = context.connection
        store = await self.tokens.store(connection.name)
        needed, *others = TOKEN_KINDS[connection.api]
        found = await store.get(connection.name, needed)
        if found.token is None:
            raise TokenNeeded(connection.name, needed, found.reason, locked=found.locked)
        await self.tokens.check_address(connection, found.source, asks=self._keep_edits)
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

    async def give_token(self, name: str, kind: TokenKind, text: str) -> str:
        """Takes a token from the operator and says in sentences where it is from now on: in a store, or held
        for this run where something comes before every store. Raises `BadToken`."""
        kept = await self.tokens.keep(name, kind, text)
        session = self.session(name)
        await self.tokens.accept_address(
            self.known[name], kept.source
        )  # it was shown where the token was typed
        if session.snapshots is not None:
            await session.snapshots.only_for({kind.value: kept.secret}, in_doubt=True)
        await session.forget_token()
        return kept.words

    @property
    def lock_after(self) -> int:
        """After how many minutes without a key the console locks; 0: never."""
        return self._config.lock_after

    async def lock(self) -> None:
        """Drops the tokens from memory, so that each is looked for again: what this run holds at once, what
        a client uses when nothing is asked or written over it any more. Staged edits stay, and so do the
        sandbox's own tokens: nobody could give them again."""
        self._piped = None
        self.tokens.forget_held()
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

    async def archive_rest(self) -> str:
        """Sends what this run wrote to the archive; see `RunArchive.send_rest`."""
        return await self.archive.send_rest(written=self._journal is not None and self._journal.written)

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
