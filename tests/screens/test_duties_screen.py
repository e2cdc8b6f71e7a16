"""What the law still asks for after a change, on its screen."""

import csv
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.service.duties_shown import COLUMNS
from dfn_tui.store import Journal
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, see, shown, type_in, until
from tests.screens.journals import SMS_OFF, consent, spoil, unsubscribe_sms, written

pytestmark = pytest.mark.slow  # .ci/run goes through them

SIZES = [(80, 24), (140, 40)]
GIVEN = consent("mkt_push_flag", "Undefined", "Subscribed")


async def opened(pilot: "Pilot[None]") -> None:
    await focused(pilot, "#ids")
    await pilot.press("f12")


@pytest.mark.parametrize("size", SIZES)
async def test_a_withdrawal_is_to_be_told_and_then_was(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "escape", "f12")
        await see(pilot, "1 to tell", "user-0001", "SMS ○ withdrawn", "14 d", "Outcome: done, read back")
        sent = len(sandbox.requests)
        await pilot.press("t")
        await see(pilot, "Told the outcome", "On this day")
        await pilot.press("tab", *"mail", "enter")
        await see(pilot, "1 entry noted.")
        await see(pilot, "0 to tell", "Nothing is open")
        assert len(sandbox.requests) == sent
        await pilot.press("escape", "f7")
        await see(pilot, "● → ○ SMS")
        await pilot.press("enter")
        await see(pilot, "Entry 1", "was told the outcome on 2026-03-02", "mail")
    with Journal(journal) as kept:
        assert [(note.duty, note.on, note.reason) for note in kept.notes()] == [
            ("tell", "2026-03-02", "mail")
        ]


@pytest.mark.parametrize(("day", "why"), [("2026-03-01", "was said on"), ("2026-03-03", "no day up to")])
async def test_a_day_that_cannot_be_is_refused_and_nothing_noted(
    sandbox: SandboxThread, journal: Path, day: str, why: str
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "escape", "f12")
        await see(pilot, "1 to tell")
        await pilot.press("t")
        await see(pilot, "Told the outcome")
        app.screen.query_one("#day", Field).value = day
        await pilot.press("enter")
        await see(pilot, "Told the outcome", why)
        await pilot.press("escape")
        await see(pilot, "1 to tell")
    with Journal(journal) as kept:
        assert not kept.notes()


async def test_both_kinds_are_listed_filtered_copied_and_written(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    written(journal, SMS_OFF, user="user-0001")
    written(journal, GIVEN, user="user-0003")
    app = console(sandbox, journal=journal)
    async with driven(app, (140, 40)) as pilot:
        await opened(pilot)
        await see(pilot, "2 to tell", "SMS ○ withdrawn", "push ● given", "Confirm every two years")
        await pilot.press("slash", *"push", "enter")
        await until(pilot, lambda: "SMS ○ withdrawn" not in shown(app))
        await pilot.press("c")
        await see(pilot, "Sent to the terminal", "Sender: not named", "advertising by push: given on")
        await pilot.press("escape", "y")
        await see(pilot, "Sent to the terminal", "user-0003")
        assert app.clipboard == "user-0003"
        await pilot.press("escape", "e")
        await see(pilot, "Export the duties", "Only what the filter shows")
        app.screen.query_one("#path", Field).value = str(tmp_path / "shown.csv")
        await pilot.press("enter")
        await see(pilot, "shown.csv")
        await pilot.press("slash")
        await focused(pilot, "#filter")
        await pilot.press("ctrl+u", "enter")
        await see(pilot, "SMS ○ withdrawn")
        await pilot.press("slash", *"push")
        await until(pilot, lambda: "SMS ○ withdrawn" not in shown(app))
        await pilot.press("escape")  # leaves the filter, and not the screen yet
        await see(pilot, "SMS ○ withdrawn")
        await pilot.press("e")
        await see(pilot, "Export the duties")
        app.screen.query_one("#path", Field).value = str(tmp_path / "open.csv")
        await pilot.press("enter")
        await see(pilot, "open.csv")
    with (tmp_path / "shown.csv").open(encoding="utf-8") as file:
        assert {row["user_id"] for row in csv.DictReader(file)} == {"user-0003"}
    with (tmp_path / "open.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == [*COLUMNS]
    assert {(row[0], row[5]) for row in rows} >= {("tell", "user-0001"), ("tell", "user-0003")}


async def test_what_another_console_writes_comes_by_itself(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await opened(pilot)
        await see(pilot, "Nothing is open", "0 to tell")
        written(journal, SMS_OFF, user="user-0005", times=2)
        await see(pilot, "2 to tell", "2 users · entries 1–2")
        await pilot.press("y")
        await see(pilot, "Sent to the terminal")
        assert app.clipboard == "user-0005\nuser-0005"


async def test_a_long_journal_is_not_read_all_the_time(
    sandbox: SandboxThread, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.screens.duties._REST", 10**9)  # as if it had taken as much longer
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await opened(pilot)
        await see(pilot, "0 to tell")
        written(journal, SMS_OFF, user="user-0005")
        read: list[object] = []
        monkeypatch.setattr(app.screen, "_read_what_was_written", lambda: read.append(1))
        app.screen._look_whether_written()  # type: ignore[attr-defined]
        assert not read
        await pilot.press("f5")
        await see(pilot, "1 to tell")


async def test_told_and_confirmed_are_each_for_their_own_list(sandbox: SandboxThread, journal: Path) -> None:
    written(journal, consent("mkt_push_flag", "Undefined", "Subscribed"), expressed_on="2024-03-10")
    app = console(sandbox, journal=journal)
    async with driven(app, (140, 40)) as pilot:
        await opened(pilot)
        await see(pilot, "1 to tell", "Confirm every two years")
        await pilot.press("C")
        assert "Note it" not in shown(app)
        app.screen.query_one("#confirm Table").focus()
        await pilot.press("t")
        assert "Note it" not in shown(app)
        await pilot.press("C")
        await see(pilot, "Note it", "Confirmed")
        await pilot.press("enter")
        await see(pilot, "1 entry noted.")
    with Journal(journal) as kept:
        assert [note.duty for note in kept.notes()] == ["confirm"]


async def test_the_person_is_opened_and_several_by_their_entry(sandbox: SandboxThread, journal: Path) -> None:
    written(journal, SMS_OFF, user="user-0003")
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await opened(pilot)
        await see(pilot, "1 to tell")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, UserScreen))
        await see(pilot, "user-0003 user_id")
        await pilot.press("escape")
        written(journal, SMS_OFF, user="user-0005", times=2)
        await see(pilot, "3 to tell")
        await pilot.press("slash")
        await type_in(pilot, "2 users")
        await pilot.press("enter", "enter")
        await see(pilot, "Entry 4")


async def test_a_journal_that_cannot_be_read_is_said(sandbox: SandboxThread, journal: Path) -> None:
    written(journal, SMS_OFF)
    spoil(journal)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await opened(pilot)
        await see(pilot, "✗", "journal")
        await pilot.press("t", "c", "e", "escape")
        await focused(pilot, "#ids")
