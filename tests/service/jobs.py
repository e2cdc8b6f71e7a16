"""Running bulk jobs over a sandbox: what the tests of jobs share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from dfn_tui.config import ApiVersion
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.job import open_job
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.policy import Approval
from dfn_tui.text.korea import Clock, utc_now
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, Server, connections

STOP = "mkt_sms_flag=Unsubscribed"
GIVE = "mkt_sms_flag=Subscribed"
LIMIT = 600_000  # requests a minute: it is not the limit that is looked at here
APPROVAL = Approval("INC-42", "form 7", frozenset({"night-rule"}), max_grants=10_000, max_users=10_000)


def users(count: int) -> str:
    return "\n".join(f"user-{number:04}" for number in range(1, count + 1))


def options(on_conflict: OnConflict = OnConflict.SKIP, *, read_back: bool = True) -> Options:
    return Options(on_conflict, read_back, LIMIT)


@asynccontextmanager
async def bulk_session(
    server: Server,
    folder: Path,
    *,
    api: ApiVersion = ApiVersion.V1,
    clock: Clock = utc_now,
    key: bytes | None = KEY,
) -> AsyncIterator[BulkSession]:
    """The bulk session of a new run, which is finished at the end."""
    run = connections(server, folder / "state" / "journal.db", api=api, clock=clock, key=key)
    try:
        yield run.bulk("here")
    finally:
        await run.finish()


async def plan(bulk: BulkSession, path: Path, text: str, *assignments: str, create: bool = True) -> Path:
    """A plan of that text."""
    capabilities = bulk.session.capabilities
    edits = [parse_assignment(one, capabilities) for one in assignments]
    with open_input(text, capabilities, edits) as source:
        await bulk.plan(source, "ids", path, lambda _reading: None, create=create, limit=LIMIT)
    return path


async def apply(bulk: BulkSession, path: Path, how: Options | None = None) -> JobRecord:
    """Applies the plan to its end."""
    await bulk.apply(path, APPROVAL, how or options())
    return await bulk.wait()


def ends(bulk: BulkSession, id: str) -> dict[str, Outcome | None]:
    """How each user of a job ended, by their id; None for those still to be done."""
    with open_job(bulk.folder / f"{id}.db", KEY) as job:
        return {user.user: ended.outcome if ended else None for user, ended in job.planned(-1, 100_000)}


def consents(sandbox: SandboxThread, flag: str = "mkt_sms_flag") -> dict[str, str | None]:
    """That flag of every user, as the server has it; None where it was never set."""
    return dict(sandbox.state.query(f"SELECT user_id, {flag} FROM users"))


def moved(by: datetime) -> Clock:
    """A clock that stands still."""
    return lambda: by
