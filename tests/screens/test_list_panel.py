"""The list of a look-up as the place where work is done."""

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult

from dfn_tui import paths
from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.lookup.list_panel import ListPanel
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.service.session import Session
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, focused, look_up, see, shown, until
from tests.starting import send, start

TEN = " ".join(f"user-{number:04}" for number in range(1, 11))


class ListApp(ThemedApp):
    """The list alone."""

    def __init__(self, session: Session) -> None:
        super().__init__(paths.style_files())
        self._session = session

    def compose(self) -> ComposeResult:
        yield ListPanel(self._session)


async def test_a_user_read_again_comes_too_late_for_another_look_up(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with start(sandbox, journal) as session, ListApp(session).run_test() as pilot:
        panel = pilot.app.query_one(ListPanel)
        first, other = session.identity("user-0001"), session.identity("user-0002")
        panel.begin([first])
        record = await session.open_user(first)
        panel.put([record])
        session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
        await send(session)
        assert panel.written_to() == [first]
        again = await session.open_user(first)
        panel.begin([other])
        panel.put([await session.open_user(other)])
        panel.put([again], known_alone=True)
        assert [one.identity for one in panel.users.rows.shown] == [other]
        assert panel.written_to() == []


async def test_what_is_written_while_a_look_up_reads_is_read_again(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with start(sandbox, journal) as session, ListApp(session).run_test() as pilot:
        panel = pilot.app.query_one(ListPanel)
        first = session.identity("user-0001")
        panel.begin([first])
        record = await session.open_user(first)
        session.writes.add([first])  # a job, before the answer is shown
        panel.put([record])
        assert panel.written_to() == [first]
        await panel.read([first])
        assert panel.written_to() == []


@asynccontextmanager
async def ten(sandbox: SandboxThread, size: tuple[int, int] = (80, 24), **options: Any) -> AsyncIterator[Any]:
    """The console with ten users in its list, and the cursor on the first."""
    app = console(sandbox, **options)
    async with driven(app, size) as pilot:
        await look_up(pilot, TEN)
        await see(pilot, "10 ids", "user-0010")
        await focused(pilot, "#users")
        yield pilot


def panel(pilot: Any) -> ListPanel:
    found = pilot.app.screen.query_one(ListPanel)
    assert isinstance(found, ListPanel)
    return found


def staged(pilot: Any) -> dict[str, dict[Flag, State]]:
    changes = pilot.app.screen.session.staging.changes()
    return {
        one.identity.value: {Flag(field.name): State(field.after) for field in one.fields} for one in changes
    }


@pytest.mark.parametrize("size", SIZES)
async def test_marked_users_are_staged_together(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    async with ten(sandbox, size) as pilot:
        await pilot.press("space", "space", "down", "space")
        await see(pilot, "3 marked")
        await pilot.press("u")
        await see(pilot, "Withdraw: 3 users")
        await pilot.press("4")
        await see(pilot, "Staged 3 users, 3 edits", "SMS → ○ 3")
        wanted = {Flag.MKT_SMS: State.UNSUBSCRIBED}
        assert staged(pilot) == dict.fromkeys(["user-0001", "user-0002", "user-0004"], wanted)


async def test_without_marks_the_user_under_the_cursor_is_meant(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("down", "u")
        await see(pilot, "Withdraw: user-0002")
        await pilot.press("2")
        await see(pilot, "Staged 1 user, 1 edit")
        assert staged(pilot) == {"user-0002": {Flag.MKT: State.UNSUBSCRIBED}}
        await pilot.press("x")
        await until(pilot, lambda: "Staged" not in shown(pilot.app))
        assert staged(pilot) == {}


async def test_several_consents_are_chosen_in_the_matrix(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("u")
        await see(pilot, "Withdraw: user-0001")
        await pilot.press("space", "down", "space", "right", "space", "enter")
        await see(pilot, "Staged 1 user, 3 edits")
        assert set(staged(pilot)["user-0001"]) == {Flag.MKT, Flag.MKT_PUSH, Flag.NIGHT_PUSH}


async def test_escape_leaves_the_matrix_and_stages_nothing(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("s")
        await see(pilot, "Give: user-0001")
        await pilot.press("space", "escape")
        await focused(pilot, "#users")
        assert staged(pilot) == {}


async def test_giving_a_night_consent_opens_the_rule(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("end", "s")
        await see(pilot, "Give: user-0010")
        await pilot.press("8")
        await see(pilot, "article 50(3)")


async def test_a_preset_is_staged_for_all_that_are_marked(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("asterisk", "p")
        await see(pilot, "Stop all advertising")
        await pilot.press("enter")
        await see(pilot, "Staged", "users")
        advertising = set(Flag) - {Flag.INFO}
        for record in panel(pilot).users.rows.shown:
            now = staged(pilot).get(record.identity.value, {})
            off = {flag for flag, state in record.consents.items() if state is State.UNSUBSCRIBED}
            assert set(now) == advertising - off


async def test_a_range_is_marked_with_shift(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("down", "shift+down", "shift+down")
        await see(pilot, "3 marked")
        marked = {one.value for one in panel(pilot).users.rows.marked}
        assert marked == {"user-0002", "user-0003", "user-0004"}


async def test_all_are_marked_but_who_is_not_known_to_the_server(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 nobody user-0002 odd-unread")
        await see(pilot, "4 ids", "not known to the server")
        await focused(pilot, "#users")
        await pilot.press("asterisk")
        await see(pilot, "2 marked")
        await pilot.press("down", "space")
        await see(pilot, "3 marked")  # who is not known may be marked on purpose: a write creates them
        await pilot.press("asterisk")
        await pilot.press("asterisk")
        assert "nobody" in {one.value for one in panel(pilot).users.rows.marked}


async def test_the_filter_shows_as_one_types_and_escape_shows_all_again(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("space", "slash")
        await focused(pilot, "#filter")
        await pilot.press(*"0007")
        await see(pilot, "1 shown")
        assert "user-0006" not in shown(pilot.app).split("❭")[1].split("\n", 1)[1]
        await pilot.press("enter")
        await focused(pilot, "#users")
        await pilot.press("escape")
        await until(pilot, lambda: "1 shown" not in shown(pilot.app))
        await pilot.press("slash", *"marked")
        await see(pilot, "1 shown")
        await pilot.press("escape")
        await focused(pilot, "#users")


async def test_letters_in_the_filter_do_nothing_else(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("slash", *"supxroybe")
        await see(pilot, "0 shown")
        assert staged(pilot) == {}
        assert len(pilot.app.screen_stack) == 2


async def test_rows_are_sorted_by_a_column_and_back(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        rows = panel(pilot).users.rows
        await pilot.press("o")
        await see(pilot, "Sort by")
        await pilot.press("down", "enter")
        await focused(pilot, "#users")
        names = [one.name for one in rows.shown]
        assert names == sorted(names)
        await see(pilot, "name ↑")
        await pilot.press("o", "down", "enter")
        await see(pilot, "name ↓")
        assert [one.name for one in rows.shown] == names[::-1]


async def test_the_shown_rows_are_exported(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("slash", *"0003", "enter", "e")
        await see(pilot, "Export user-0003")
        field = pilot.app.screen.query_one("#path")
        field.value = str(tmp_path / "rows.csv")
        await pilot.press("enter")
        await see(pilot, "Written to")
    [row] = csv.DictReader((tmp_path / "rows.csv").read_text().splitlines())
    assert (row["kind"], row["id"], row["mkt_flag"]) == ("user_id", "user-0003", "Unsubscribed")


async def test_the_ids_of_the_marked_are_copied(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("space", "space", "y")
        await see(pilot, "user-0001", "user-0002", "Sent to the terminal")
        assert pilot.app.clipboard == "user-0001\nuser-0002"


async def test_rows_are_read_again(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        before = panel(pilot).users.rows.shown[0].read_at
        sandbox.state.write_profiles([("user-0001", {Flag.INFO: State.UNSUBSCRIBED}, {})])
        await pilot.press("f5")
        rows = panel(pilot).users.rows
        await until(pilot, lambda: rows.shown[0].consents[Flag.INFO] is State.UNSUBSCRIBED)
        assert rows.shown[0].read_at >= before
        assert not rows.stale


async def test_a_bulk_plan_is_begun_with_the_marked_and_what_was_chosen(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with ten(sandbox, journal=tmp_path / "journal.db") as pilot:
        await pilot.press("space", "space", "b")
        await see(pilot, "Bulk plan: 2 users")
        await pilot.press("4", "enter")
        await see(pilot, "New plan", "2 lines pasted", "mkt_sms_flag=Unsubscribed")


async def test_enter_opens_the_user(sandbox: SandboxThread) -> None:
    async with ten(sandbox) as pilot:
        await pilot.press("down", "down", "enter")
        await see(pilot, "user-0003", "1 Consents")


async def test_ids_and_names_are_whole_where_there_is_room(sandbox: SandboxThread) -> None:
    long = "customer-4711-of-the-shop-in-busan"
    sandbox.state.write_profiles([(long, {Flag.INFO: State.SUBSCRIBED}, {"user_name": "황보 은"})])
    app = console(sandbox)
    async with driven(app, (140, 40)) as pilot:
        await look_up(pilot, f"{long} user-0002")
        await see(pilot, "2 ids", long)
        await pilot.resize_terminal(80, 24)

        def rows() -> str:
            """What stands below the input."""
            return shown(app).split("❭")[1].split("\n", 1)[1]

        await until(pilot, lambda: "customer-" in rows() and "customer-4711-of-t" not in rows())


async def test_what_is_hostile_in_a_row_is_inert(sandbox: SandboxThread) -> None:
    async with ten(sandbox, (140, 40)) as pilot:
        rows = shown(pilot.app)
        assert "[/foo]" in rows
        assert "\x1b" not in rows and "\u202e" not in rows


async def test_what_failed_ends_before_the_bar_to_scroll_by(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox, base_url="http://127.0.0.1:1"), (80, 24)) as pilot:
        await look_up(pilot, " ".join(f"user-{number:04}" for number in range(1, 41)))
        await until(pilot, lambda: len(pilot.app.screen_stack) > 2)
        await pilot.press("escape")
        screen = await see(pilot, "40 failed")
        rows = [line for line in screen.splitlines() if "✗ user-00" in line]
        assert rows and all("…" in row for row in rows)
