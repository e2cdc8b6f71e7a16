"""A start of the console without its screens: the connections of a run, and the session of one of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol

from dfn_tui.api.calls import OnProgress, ignore_progress
from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.consent.flags import Flag, State
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import NoKeyring
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.connections import Connections
from dfn_tui.service.session import Session
from dfn_tui.store import Entry, Filter, Journal
from dfn_tui.text.korea import utc_now

KEY = bytes(range(32))


class Server(Protocol):
    """Where a sandbox is, and what it asks for."""

    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def service_id(self) -> str: ...


class Store(TokenStore):
    """Has its tokens from the environment, as on a host without a keyring, but keeps a key."""

    key: bytes | None = KEY

    async def find_journal_key(self, *, make: bool) -> bytes | None:
        return self.key


def _no_keyring() -> NoReturn:
    raise NoKeyring("There is no keyring here.")


def connections(
    server: Server,
    journal: Path,
    *,
    api: ApiVersion = ApiVersion.V1,
    clock: Callable[[], datetime] = utc_now,
    name: str = "here",
    key: bytes | None = KEY,
    keep_edits: bool = False,
) -> Connections:
    """A run with one connection, and that `key`."""
    connection = Connection(
        name,
        api,
        Environment.SANDBOX,
        base_url=server.url,
        service_id=server.service_id if api is ApiVersion.V2 else None,
    )
    environ = {"DFN_TUI_TOKEN": server.token, "DFN_TUI_EXPORT_TOKEN": server.token}

    def make_store() -> Store:
        store = Store(backend=_no_keyring, environ=environ)
        store.key = key
        return store

    return Connections(
        Config(Path("/nonexistent/config.toml"), name, {name: connection}),
        clock=clock,
        make_store=make_store,
        journal_path=journal,
        keep_edits=keep_edits,
    )


@asynccontextmanager
async def start(
    server: Server,
    journal: Path,
    *,
    api: ApiVersion = ApiVersion.V1,
    clock: Callable[[], datetime] = utc_now,
    name: str = "here",
) -> AsyncIterator[Session]:
    """The session of a new run, which is finished at the end."""
    run = connections(server, journal, api=api, clock=clock, name=name)
    try:
        yield run.session(name)
    finally:
        await run.finish()


async def withdraw(
    session: Session, *users: str, progress: OnProgress = ignore_progress, leave_out: Collection[str] = ()
) -> list[UserResult]:
    """Withdraws the SMS consent of these users, each of whom has given it."""
    for user in users:
        session.staging.draft(await session.open_user(session.identity(user))).stage_consents(
            {Flag.MKT_SMS: State.UNSUBSCRIBED}
        )
    return await send(session, progress=progress, leave_out=leave_out)


async def send(
    session: Session, *, progress: OnProgress = ignore_progress, leave_out: Collection[str] = ()
) -> list[UserResult]:
    """Applies all that is staged, with everything acknowledged."""
    reviewed = session.review()
    read = frozenset(notice.id for notice in reviewed.asked.warnings)
    left_out = frozenset(session.identity(user) for user in leave_out)
    return await session.apply(reviewed, Approval("INC-42", "a form", read, left_out), progress)


async def until(condition: Callable[[], bool]) -> None:
    """Waits until the condition holds."""
    for _ in range(4000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("never came true")


def entries(path: Path) -> list[Entry]:
    """All of them, the oldest first."""
    with Journal(path, KEY) as journal:
        assert journal.verify().whole
        return journal.find(Filter())[::-1]


def endings(path: Path) -> list[Outcome | None]:
    return [entry.outcome.outcome if entry.outcome else None for entry in entries(path)]
