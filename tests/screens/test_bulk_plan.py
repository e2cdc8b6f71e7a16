"""A plan on the screen: looked through, thinned out, and what stands between it and the server."""

import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dfn_tui.config import ApiVersion, Environment
from dfn_tui.consent.duties import Ground
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.screens.bulk.groups import PlannedGroups
from dfn_tui.screens.bulk.users import PlannedUsers
from dfn_tui.screens.dialogs import ChoiceDialog
from dfn_tui.screens.paged_list import PAGE
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tick import Tick
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import SIZES, fill, make_plan, session, state, users, write_list, writes
from tests.screens.driving import NIGHT, console, driven, focused, press, see, shown, type_in, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

GIVE = "mkt_sms_flag=Subscribed"


def digest(screen: str) -> str:
    """Of the plan, as its frame names it."""
    found = re.search(r" ([0-9a-f]{12}) ─", screen)
    assert found is not None
    return found[1]


def figures(pilot: "Pilot[None]") -> str:
    """All that is said of the plan, also what is to be scrolled to."""
    return str(pilot.app.screen.query_one("#figures", PlainText).content)


async def test_evidence_is_told_of_a_group_where_it_is_one_and_else_of_each_user(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    said = [
        ("user-0004", "call 3", "2026-02-20"),
        ("user-0006", "call 4", "2026-02-21"),
        ("user-0005", "form 7", ""),
    ]
    body = "".join(f"{user},{proof},{day},Unsubscribed\n" for user, proof, day in said)
    rows.write_text(f"user_id,evidence,expressed_on,mkt_sms_flag\n{body}", encoding="utf-8")
    app = console(sandbox, journal=journal)
    async with driven(app, (160, 45)) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        await fill(pilot, "file", str(rows))
        await fill(pilot, "changes", "")
        await pilot.press("enter")
        await see(pilot, "What each column is", "2 questions open")
        await pilot.press("down")
        for _column in range(2):  # the first thing offered is what its name says
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(pilot.app.screen, ChoiceDialog))
            await pilot.press("down")
        await see(pilot, "What would be written")
        await pilot.press("c")
        await see(pilot, "By groups", "2 different evidences: enter shows each", "evidence “form 7”")
        await pilot.press("enter")
        await see(pilot, "evidence “call 3” · said on 2026-02-20", "evidence “call 4” · said on 2026-02-21")
        await pilot.press("enter")
        await see(pilot, "advertising by SMS mkt_sms_flag ? never set → ○ withdrawn")


async def test_the_users_shown_are_chosen_and_left_out_together(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 10)))
        before = await see(pilot, "9 users to be sent")
        await pilot.press("slash")
        await see(pilot, "Show the users")
        await type_in(pilot, "0003")
        await pilot.press("enter")
        await see(pilot, "Users shown: id contains “0003”", "user-0003")
        await until(pilot, lambda: "user-0004" not in shown(app))
        await pilot.press("X", "enter")
        screen = await see(pilot, "8 users to be sent", "1 user: left out of these", "1 user left out.")
        assert digest(screen) != digest(before)
        await pilot.press("slash")
        await see(pilot, "Show the users")
        await press(pilot, "all")
        await see(pilot, "user-0004")
        await pilot.press("slash", "tab", "tab", "tab", "right", "enter")
        await see(pilot, "Users shown: to be changed", "user-0001")
        await until(pilot, lambda: "user-0007" not in shown(app))  # already as wanted
        await pilot.press("X", "down", "enter")
        await see(pilot, "9 users to be sent")


@pytest.mark.parametrize("size", SIZES)
async def test_one_user_is_left_out_and_put_back(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, "user-0001", "user-0002", "user-0007"))
        await see(pilot, "2 users to be sent", "user-0001: to be changed")
        await pilot.press("down")
        await see(pilot, "user-0002: to be changed")
        await pilot.press("x")
        await see(pilot, "1 user to be sent", "user-0002: left out")
        await pilot.press("x")
        await see(pilot, "2 users to be sent", "user-0002: to be changed")
        await pilot.press("down", "x")
        await see(pilot, "Nothing is sent")
        await pilot.press("enter")
        await see(pilot, "╭─ user-0007 ─", "already as wanted", "esc close")


async def test_pages_follow_as_the_cursor_comes_to_their_end(journal: Path, tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=PAGE + 50)) as sandbox:
        app = console(sandbox, journal=journal)
        async with driven(app) as pilot:
            await make_plan(pilot, write_list(tmp_path, *users(1, PAGE + 30)))
            table = app.screen.query_one(PlannedUsers).table
            await until(pilot, lambda: table.row_count == PAGE)
            await pilot.press("ctrl+end")
            await until(pilot, lambda: table.row_count == PAGE + 30)
            table.move_cursor(row=PAGE + 10)
            chosen = app.screen.query_one(PlannedUsers).table.highlighted
            assert chosen is not None
            await pilot.press("x")
            await see(pilot, f"{chosen.user}: left out")


async def test_a_plan_is_opened_by_its_file_and_a_damaged_one_is_refused(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    file = tmp_path / "mine.plan"
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        await fill(pilot, "file", str(write_list(tmp_path, *users(1, 3))))
        await fill(pilot, "changes", "mkt_sms_flag=Unsubscribed")
        await fill(pilot, "save", str(file))
        await pilot.press("enter")
        await see(pilot, "3 users to be sent")
        await pilot.press("escape")
        await see(pilot, "Many users at once")
        await pilot.press("p")
        await see(pilot, "The plan's file")
        await fill(pilot, "path", str(file))
        await pilot.press("enter")
        await see(pilot, "3 users to be sent", "Group ")
        await pilot.press("escape")
        await see(pilot, "Many users at once")
        with sqlite3.connect(file) as db:
            db.execute("UPDATE user SET user = 'user-0009' WHERE user = 'user-0001'")
        db.close()
        await pilot.press("p")
        await see(pilot, "The plan's file")
        await fill(pilot, "path", str(file))
        await pilot.press("enter")
        await see(pilot, "The plan is damaged", "something else")
        await pilot.press("escape", "a", "x", "X", "slash")  # none of which can be done
        screen = await see(pilot, "! The plan is damaged")
        assert "apply" not in screen.lower()
        assert not {"a", "x", "X", "slash"} & set(app.screen.active_bindings)


async def test_a_plan_that_changed_after_it_was_looked_at_is_not_sent(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await pilot.press("a")
        await see(pilot, "Apply: 3 users")
        await fill(pilot, "reason", "INC-42")
        [plan] = (journal.parent / "plans").glob("*.plan")
        other = console(sandbox, journal=journal)
        async with driven(other) as elsewhere:
            await elsewhere.press("f8")
            await see(elsewhere, "open a plan")
            await elsewhere.press("p")
            await see(elsewhere, "The plan's file")
            await fill(elsewhere, "path", str(plan))
            await elsewhere.press("enter")
            await see(elsewhere, "3 users to be sent", "Group ")
            await elsewhere.press("u")
            await see(elsewhere, "user-0001: to be changed")
            await elsewhere.press("x")
            await see(elsewhere, "2 users to be sent")
        await press(pilot, "send")
        await see(pilot, "The plan was changed", "Look at it again.")
        await pilot.press("escape", "escape")
        assert session(app).jobs.all().jobs == []
    assert writes(sandbox) == 0


async def test_each_refusal_names_what_is_missing_and_goes_there(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, environment=Environment.PRODUCTION, now=NIGHT, journal=journal)
    async with driven(app) as pilot:
        await make_plan(
            pilot, write_list(tmp_path, "user-0007"), "night_kakao_flag=Subscribed", resubscribe=True
        )
        await pilot.press("a")
        await see(pilot, "Apply: 1 user")
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await press(pilot, "send")
        await see(pilot, "A warning is not acknowledged")
        await pilot.press("escape")
        assert isinstance(app.focused, Tick)
        await pilot.press("space")
        await press(pilot, "send")
        await see(pilot, "Evidence is missing")
        await pilot.press("escape")
        assert app.focused.id == "evidence"
        await fill(pilot, "evidence", "call-17")
        await press(pilot, "send")
        await see(pilot, "A reason is missing")
        await pilot.press("escape")
        assert app.focused.id == "reason"
        await fill(pilot, "reason", "INC-42")
        await press(pilot, "send")
        await see(pilot, "The number of users is not confirmed", "Give it exactly: 1")
        await pilot.press("escape")
        assert app.focused.id == "count"
        await fill(pilot, "limit", "many")
        await fill(pilot, "count", "1")
        await press(pilot, "send")
        await see(pilot, "The limit is no number")
        await pilot.press("escape")
        assert writes(sandbox) == 0
        await fill(pilot, "limit", "10,000")
        await press(pilot, "send")
        await see(pilot, "finished", "1 ✓ confirmed", "Evidence: call-17", "Acknowledged: ")


async def test_more_consents_than_allowed_are_given_only_where_their_number_is_typed(
    journal: Path, tmp_path: Path
) -> None:
    with SandboxThread(SandboxOptions(users=400)) as sandbox:
        app = console(sandbox, journal=journal)
        async with driven(app) as pilot:
            await make_plan(pilot, write_list(tmp_path, *users(1, 380)), GIVE, resubscribe=True)
            await pilot.press("a")
            await see(pilot, "Apply: ", "Send")
            await fill(pilot, "reason", "INC-42")
            await fill(pilot, "evidence", "the forms of May")
            await press(pilot, "send")
            await see(pilot, "Too many consents given at once")
            await pilot.press("escape")
            await fill(pilot, "max-grants", "380")
            await press(pilot, "send")
            await see(pilot, "finished", "✓ confirmed")
    assert session(app).jobs.unfinished() == []


async def test_read_only_is_refused(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    app = console(sandbox, journal=journal, read_only=True)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await pilot.press("a")
        await see(pilot, "Apply: 3 users")
        await fill(pilot, "reason", "INC-42")
        await press(pilot, "send")
        await see(pilot, "may not write", "--read-only")
    assert writes(sandbox) == 0
    assert state(sandbox, "user-0001") == "Subscribed"


async def test_a_plan_of_another_connection_is_refused(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
    [plan] = (journal.parent / "plans").glob("*.plan")
    other = console(sandbox, name="there", api=ApiVersion.V2, journal=journal)
    async with driven(other) as pilot:
        await pilot.press("f8")
        await see(pilot, "open a plan")
        await pilot.press("p")
        await see(pilot, "The plan's file")
        await fill(pilot, "path", str(plan))
        await pilot.press("enter")
        await see(pilot, "3 users to be sent", "Group ")
        assert "For here" in figures(pilot)
        await pilot.press("a")
        await see(pilot, "Apply: 3 users")
        await fill(pilot, "reason", "INC-42")
        await press(pilot, "send")
        await see(pilot, "The plan is for another connection")
    assert writes(sandbox) == 0


@pytest.mark.parametrize("size", SIZES)
async def test_groups_come_first_and_open_their_users(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        listed = write_list(tmp_path, "user-0001", "user-0002", "user-0007")
        await make_plan(pilot, listed, "mkt_sms_flag=Unsubscribed", groups=True)
        groups = app.screen.query_one(PlannedGroups).table
        await until(pilot, lambda: groups.row_count > 1)
        first = groups.items[0]
        sent = sum(one.users for one in groups.items if one.group.changes)
        await pilot.press("x")
        await see(pilot, f"{first.users} left out")
        await until(pilot, lambda: f"{sent} users to be sent" not in shown(app))
        await pilot.press("x")
        await see(pilot, f"{sent} user")
        await pilot.press("enter")
        users = app.screen.query_one(PlannedUsers)
        await until(pilot, lambda: users.display and users.table.row_count == first.users)
        assert {user.group_id for user in users.table.items} == {first.number}
        await pilot.press("escape")
        await see(pilot, f"Group {first.number}: ")
        await pilot.press("escape")
        await see(pilot, "Many users at once")


@pytest.mark.parametrize("mistake", [False, True])
async def test_a_plan_rests_on_what_is_said_of_it(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, mistake: bool
) -> None:
    listed = write_list(tmp_path, *users(1, 3))
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        await fill(pilot, "file", str(listed))
        await fill(pilot, "changes", "mkt_sms_flag=Unsubscribed")
        await fill(pilot, "save", str(tmp_path / "a.plan"))
        day = app.screen.query_one("#said-on", Field)
        assert day.value == "2026-03-02", "today costs no key"
        day.value = "2026-03-03"
        await pilot.press("enter")
        await see(pilot, "New plan: nothing")
        await until(pilot, lambda: "2026-03-03" in str(app.screen.query_one(".refusal", PlainText).content))
        assert not (tmp_path / "a.plan").exists()
        day.value = "2026-02-27"
        if mistake:
            app.screen.query_one("#ground").focus()
            await focused(pilot, "#ground")
            await pilot.press("right")
            await fill(pilot, "save", str(tmp_path / "a.plan"))
        await pilot.press("enter")
        await see(pilot, "to be sent", "status", "Group ")
    with open_plan(tmp_path / "a.plan") as plan:
        ground = Ground.CORRECTION if mistake else Ground.EXPRESSED
        assert (plan.head.ground, plan.head.expressed_on) == (ground, "2026-02-27")


async def test_when_it_would_end_is_said_anew_as_time_goes_by(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.screens.bulk.plan.SAID_EVERY", 0.05)
    now = [NIGHT]
    app = console(sandbox, journal=journal, clock=lambda: now[0])
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        before = figures(pilot)
        assert "Begun now: until " in before
        now[0] += timedelta(minutes=23)
        await until(pilot, lambda: figures(pilot) != before)
