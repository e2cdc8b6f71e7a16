"""A plan that needs a second person, on the screen: signed by one, applied by the other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.screens.bulk.applying import ApplyScreen
from dfn_tui.screens.bulk.approving import ApproveDialog
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.screens.dialogs import ErrorDialog
from tests.eyes import ALICE, BOB, PROGRAMS, Team, needs_root
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import STOP, fill, make_plan, users, write_list, writes
from tests.screens.driving import console, driven, see, shown, until
from tests.starting import entries

pytestmark = [needs_root, pytest.mark.slow]


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]) -> Team:
    require(*PROGRAMS)
    return Team(tmp_path, monkeypatch)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_one_signs_and_the_other_applies(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, team: Team, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    rows = write_list(tmp_path, *users(1, 9))
    file = tmp_path / "a.plan"
    async with driven(app, size) as pilot:
        await make_plan(pilot, rows, "points:number=7", str(file), groups=True)
        await see(pilot, "A second person has not approved this plan. Nobody has signed it.")
        team.sit(BOB)
        await pilot.press("s")
        await see(pilot, "Approve the plan", "users (user_id): 9")
        await pilot.press("8", "enter")
        await see(pilot, "That is not how many users are sent.")
        await fill(pilot, "count", "9")
        await pilot.press("enter")
        await see(pilot, "No key of the agent")
        assert not file.with_name("a.plan.sig").exists()
        with team.agent("bob"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await see(pilot, f"{BOB}.")
        team.sit(ALICE)
        await pilot.press("a")
        await see(pilot, "Apply: 9 users would be sent")
        await fill(pilot, "reason", "INC-7")
        await pilot.press("ctrl+s")
        await see(pilot, "There is no key to sign with")
        assert writes(sandbox) == 0
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen))
        with team.agent("alice"):
            await pilot.press("ctrl+s")
            await see(pilot, "finished")
        assert {(one.intent.approver, one.intent.signer) for one in entries(journal)} == {(BOB, ALICE)}


async def test_a_plan_of_withdrawals_needs_nobody(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, team: Team
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 9)), STOP, str(tmp_path / "a.plan"))
        await pilot.press("s")
        assert "pprove" not in shown(app)
        assert not isinstance(app.screen, ApproveDialog)
