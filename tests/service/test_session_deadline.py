"""A server that falls silent holds nobody for longer than was allowed, and every wait is told."""

import asyncio
from pathlib import Path

import pytest

from dfn_tui.api.retry import SINGLE
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.records import Progress
from tests.sandbox_thread import SandboxThread
from tests.starting import endings, send, start


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


async def test_no_pause_is_begun_for_which_no_time_is_left(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.changes.pipeline.READ_BACK_PAUSES", (0.0, 3600.0))
    with SandboxThread(SandboxOptions(users=5)) as sandbox:
        sandbox.faults.read_back = "silent"
        async with start(sandbox, path) as session, asyncio.timeout(15):
            record = await session.open_user(session.identity("user-0001"))
            session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
            [result] = await session.apply(session.review(), Approval("INC-42"), seconds=0.5)
    assert (result.outcome, result.decisive.code) == (Outcome.ACCEPTED, "not-read-back")
    assert result.decisive.message == "Accepted, but not read back. No answer came in time."


async def test_a_look_up_ends_though_nobody_answers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.service.session.A_LOOK_UP", 0.5)
    with SandboxThread(SandboxOptions(users=5)) as sandbox:
        sandbox.faults.read_answer = "silent"
        async with start(sandbox, path) as session, asyncio.timeout(15):
            record = await session.open_user(session.identity("user-0001"))
    assert record.failure is not None and record.failure.error is not None
    assert record.failure.error.title == "No answer"


async def test_waits_to_read_are_told_beside_a_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Progress] = []
    with SandboxThread(SandboxOptions(users=5)) as sandbox:

        async def lifted(_seconds: float) -> None:
            sandbox.faults.read_answer = sandbox.faults.read_back = "true"

        monkeypatch.setattr("dfn_tui.api.retry.SINGLE", SINGLE._replace(sleep=lifted))
        async with start(sandbox, path) as session:
            sandbox.state.write_profiles([("user-0001", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
            record = await session.open_user(session.identity("user-0001"))
            session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
            sandbox.faults.read_answer = "4006"
            await send(session, progress=told.append)
            assert [one.step for one in told if one.waiting] == ["check"]

            told.clear()
            record = await session.open_user(session.identity("user-0002"))
            session.staging.draft(record).stage_property("grade", "gold")
            sandbox.faults.read_back = "4006"
            await send(session, progress=told.append)
            assert [one.step for one in told if one.waiting] == ["read back"]


async def test_what_an_earlier_run_left_open_holds_nobody_for_longer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.changes.pipeline.READ_BACK_PAUSES", (0.0,))
    with SandboxThread(SandboxOptions(users=5)) as sandbox:
        sandbox.faults.write_answer, sandbox.faults.apply_after_ms = "504", None
        async with start(sandbox, path) as session:
            record = await session.open_user(session.identity("user-0001"))
            session.staging.draft(record).stage_property("grade", "gold")
            await send(session)
        monkeypatch.setattr("dfn_tui.service.session.A_LOOK_UP", 0.5)
        sandbox.faults.read_answer = "silent"
        async with start(sandbox, path) as session, asyncio.timeout(15):
            await session.settled_first()
    assert [ending and ending.value for ending in endings(path)] == ["unknown"]
