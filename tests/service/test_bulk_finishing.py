"""A console that ends while a job is only being started: nobody waits for the whole job."""

import asyncio
from pathlib import Path

from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import JobState
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, STOP, bulk_session, plan, users


async def test_a_job_that_is_just_being_started_is_left_at_once(tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=40)) as sandbox:
        async with bulk_session(sandbox, tmp_path) as bulk:
            path = await plan(bulk, tmp_path / "plan", users(40), STOP)
            starting = asyncio.ensure_future(bulk.apply(path, APPROVAL, Options(limit=1)))
            while not bulk.busy:  # noqa: ASYNC110  the moment is too short to be told of
                await asyncio.sleep(0)
            assert bulk.run is None
            await bulk.finish()
            run = await starting
            assert run.record.state is JobState.STOPPED
            assert bulk.jobs.unfinished() == [run.record.id]
        assert not [request for request in sandbox.requests if "update" in request.path]
