"""A write whose answer comes too late: nothing is sent again before reading tells what became of it."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from dfn_tui.api.transport import Timeouts
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from tests.sandbox_thread import ReceivedRequest, SandboxThread
from tests.service.jobs import apply, bulk_session, ends, options, plan, users
from tests.system.crashing import Requests

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("applied", [True, False])
async def test_it_is_read_when_the_server_cannot_be_at_work_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    monkeypatch.setattr("dfn_tui.api.transport.Timeouts", partial(Timeouts, read=0.3))
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.STILL_AT_WORK", timedelta(seconds=2))
    writes: list[ReceivedRequest] = []
    sandbox = SandboxThread(SandboxOptions(users=20, faults=Faults(rate_limit=None)))

    def arrived(request: ReceivedRequest) -> None:
        """The first write is looked at long after its sender gave up."""
        write = request.path.endswith("/update")
        sandbox.faults.latency_ms = 1000 if write and not writes else 0
        sandbox.faults.error_rate = 1.0 if write and not writes and not applied else 0.0
        writes.extend([request] * write)

    sandbox.requests = Requests(arrived)
    with sandbox:
        async with bulk_session(sandbox, tmp_path) as bulk:
            path = await plan(bulk, tmp_path / "plan", users(20), "user_name=Kim")
            record = await apply(bulk, path, options(OnConflict.OVERWRITE, read_back=False))
            assert record.state is JobState.FINISHED
            assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED if applied else Outcome.ACCEPTED}
    assert len(writes) == (1 if applied else 2)
