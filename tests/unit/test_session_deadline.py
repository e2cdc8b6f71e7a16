"""A server that takes a write and falls silent holds nobody for longer than was allowed."""

from pathlib import Path

from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.changes.policy import Approval
from tests.sandbox_thread import SandboxThread
from tests.starting import endings, start


async def test_what_nobody_answers_in_time_is_unknown(path: Path) -> None:
    with SandboxThread(SandboxOptions(users=5)) as sandbox:
        sandbox.faults.write_answer = sandbox.faults.read_back = "silent"
        async with start(sandbox, path) as session:
            record = await session.open_user(session.identity("user-0001"))
            session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
            [result] = await session.apply(session.review(), Approval("INC-42"), seconds=1.0)
            assert result.outcome is Outcome.UNKNOWN
            assert len(session.staging) == 1
    assert [ending and ending.value for ending in endings(path)] == ["unknown"]
