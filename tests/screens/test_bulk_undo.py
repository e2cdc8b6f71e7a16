"""Undoing a job on the screen, where that would give a consent to somebody who had said no."""

from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.fields import parse_assignment
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import session
from tests.screens.driving import console, driven, focused, see, shown
from tests.service.jobs import GIVE, LIMIT, apply

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes


async def given_and_taken_back(bulk: BulkSession, folder: Path) -> str:
    """A yes that was put over a no, and the job that undid that."""
    edits = [parse_assignment(GIVE, bulk.session.capabilities)]
    with open_input("user-0001", bulk.session.capabilities, edits) as source:
        await bulk.plan(source, "ids", folder / "a", lambda _reading: None, resubscribe=True, limit=LIMIT)
    record = await apply(bulk, folder / "a")
    await bulk.plan_undo(record.id, folder / "b", lambda _reading: None)
    return (await apply(bulk, folder / "b")).id


@pytest.mark.parametrize("take_in", [True, False])
async def test_who_had_said_no_is_taken_in_only_where_that_is_answered(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, take_in: bool
) -> None:
    sandbox.state.write_profiles([("user-0001", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        bulk = session(app)
        app.push_screen(JobScreen(bulk, await given_and_taken_back(bulk, tmp_path)))
        await see(pilot, "✓ confirmed", "u undo…")
        await pilot.press("u")
        await see(pilot, "1 of these had said no", "leave them as they are")
        await focused(pilot, "OptionList")
        await pilot.press(*(["down"] if take_in else []), "enter")
        await see(pilot, "said no → yes: 1 user")
        assert ("left out (--resubscribe" in shown(app)) is not take_in
        [path] = (bulk.folder.parent / "plans").glob("*.plan")
        with open_plan(path) as plan:
            found = totals(plan)
            assert (found.to_send, found.resubscribed) == ((1, 1) if take_in else (0, 0))
