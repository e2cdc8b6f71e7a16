"""The session for many users at once, while other things go on: the lock, the end of the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.connections import Connections
from tests.sandbox_thread import SandboxThread
from tests.starting import connections, until

USERS = [f"user-{number:04d}" for number in range(1, 61)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=100)) as running:
        yield running


async def begin(console: Connections, folder: Path, points: int = 7) -> None:
    """Starts a job that sends a request a second, and writes with the first one."""
    bulk, path = console.bulk("here"), folder / "a.plan"
    edit = parse_assignment(f"points:number={points}", VERSION_1)
    with open_input("\n".join(USERS), VERSION_1, [edit]) as source:
        await bulk.plan(source, "", path, lambda _reading: None, create=True)
    await bulk.apply(path, Approval("INC-7"), Options(OnConflict.OVERWRITE, True, 60))


async def test_a_job_goes_on_while_the_console_is_locked(sandbox: SandboxThread, tmp_path: Path) -> None:
    console = connections(sandbox, tmp_path / "journal.db")
    bulk = console.bulk("here")
    await begin(console, tmp_path)
    assert bulk.run is not None
    await console.lock()
    done = bulk.run.progress().done
    await until(lambda: bulk.run is not None and bulk.run.progress().done > done)
    assert bulk.busy
    await console.finish()


async def test_the_end_of_the_console_leaves_the_job_to_be_gone_on_with(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    first = connections(sandbox, tmp_path / "journal.db")
    await begin(first, tmp_path)
    await first.finish()
    [job] = first.bulk("here").jobs.all().jobs
    assert (job.record.state, job.unfinished) == (JobState.STOPPED, True)
    second = connections(sandbox, tmp_path / "journal.db")
    await second.bulk("here").resume(job.record.id, limit=10_000)
    assert second.bulk("here").jobs.summary(job.record.id).under_way
    record = await second.bulk("here").wait()
    await second.finish()
    assert record.state is JobState.FINISHED
    ended = second.bulk("here").jobs.summary(job.record.id).ended
    assert sum(ended.values()) == ended[Outcome.CONFIRMED]


async def test_what_a_job_wrote_is_counted_for_those_who_were_looked_up(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    console = connections(sandbox, tmp_path / "journal.db")
    session, bulk = console.session("here"), console.bulk("here")
    shown = [session.identity("user-0001"), session.identity("user-0099")]
    async for _record in session.look_up(shown):
        pass
    await begin(console, tmp_path, points=8)
    await until(lambda: session.writes_to(shown[0]) > 0)
    bulk.stop()
    await bulk.wait()
    assert session.writes_to(shown[1]) == 0  # is not in the job
    assert session.writes_to(session.identity("user-0002")) == 0  # nobody shows that user
    await console.finish()
