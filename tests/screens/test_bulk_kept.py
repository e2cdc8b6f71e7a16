"""Which jobs are kept, on the screen: those that cannot be read, and those that grow too old."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.service.bulk.run.job import open_job
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, session, users, write_list
from tests.screens.driving import console, driven, see, shown

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes


async def test_a_job_that_cannot_be_read_is_named_and_opening_it_says_what_is_wrong(
    sandbox: SandboxThread, journal: Path
) -> None:
    folder = journal.parent / "jobs"
    folder.mkdir(parents=True)
    (folder / "20260303-101010-abcdef.db").write_bytes(b"no database at all")
    async with driven(console(sandbox, journal=journal)) as pilot:
        await pilot.press("f8")
        screen = await see(pilot, "20260303-101010-abcdef", "unreadable", "file is not a database")
        assert "There is no job" not in screen
        await pilot.press("enter")
        await see(pilot, "The job cannot be read", "is in the journal")


async def test_jobs_kept_long_enough_are_gone_and_it_is_said(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot)
        await see(pilot, "finished")
    [job] = session(app).jobs.all().jobs
    with open_job(job.path) as found:
        then = job.record.begun - timedelta(days=31)
        found.save(replace(found.record, begun=then, ended=then))
    again = console(sandbox, journal=journal)
    session(again).jobs = replace(session(again).jobs, keep_days=30)
    async with driven(again) as pilot:
        await pilot.press("f8")
        await see(pilot, "1 old job was removed from this host.", "There is no job")
        assert job.id not in shown(again)
    assert not job.path.exists()
