"""Taking a job back by whose word: what our own jobs wrote is nobody's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.fields import parse_assignment
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import GIVE, STOP, apply, bulk_session, plan
from tests.unit.plans import by_user


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0)) as running:
        running.state.write_profiles(
            [("yes", {Flag.MKT_SMS: State.SUBSCRIBED}, {}), ("n-1", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})]
        )
        yield running


async def undo(bulk: BulkSession, job: str, path: Path) -> Path:
    await bulk.plan_undo(job, path, lambda _reading: None)
    return path


async def test_a_wrong_withdrawal_is_taken_back_without_a_question(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        stop = await apply(bulk, await plan(bulk, tmp_path / "stop", "yes", STOP))
        path = await undo(bulk, stop.id, tmp_path / "undo")
        with open_plan(path) as made:
            assert (totals(made).granted, totals(made).resubscribed) == (1, 0)
        await apply(bulk, path)
    assert sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = 'yes'") == [("Subscribed",)]


async def test_the_undo_of_an_undo_does_not_put_a_yes_over_a_no(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        with open_input(
            "n-1", bulk.session.capabilities, [parse_assignment(GIVE, bulk.session.capabilities)]
        ) as ids:
            await bulk.plan(ids, "", tmp_path / "give", lambda _reading: None, resubscribe=True)
        wrong = await apply(bulk, tmp_path / "give")
        back = await apply(bulk, await undo(bulk, wrong.id, tmp_path / "undo"))
        with open_plan(await undo(bulk, back.id, tmp_path / "again")) as made:
            assert by_user(made)["n-1"].group.status is PlanStatus.SAID_NO
        await bulk.plan_undo(back.id, tmp_path / "asked", lambda _reading: None, resubscribe=True)
        with open_plan(tmp_path / "asked") as made:
            assert totals(made).scope.resubscribed == 1
    assert sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = 'n-1'") == [("Unsubscribed",)]
