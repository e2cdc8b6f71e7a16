"""Receipts on the screens, and what version 2 can say in it."""

import re
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.screens.result import ResultScreen
from dfn_tui.store import Journal
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, focused, look_up, see, until
from tests.screens.journals import content, unsubscribe_sms


@pytest.mark.parametrize("size", SIZES)
async def test_the_receipt_is_shown_copied_and_exported(
    sandbox: SandboxThread,
    journal: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "4")
        await see(pilot, "● → ○ SMS")
        await pilot.press("t")
        await see(pilot, "Consent receipt for user_id user-0001", "info_flag")
        sandbox.faults.latency_ms = 500
        await pilot.press("f5")
        assert "info_flag" not in await see(pilot, "Reading the user as it is now… · esc leaves")
        sandbox.faults.latency_ms = 0
        await see(pilot, "Consent receipt for user_id user-0001", "info_flag")
        await pilot.press("c")
        await see(pilot, "Sent to the terminal", "info_flag")
        await pilot.press("escape", "e")
        await see(pilot, "Export the receipt")
        path = app.screen.query_one(Field).value
        assert path == "./receipt-user-0001-2026-03-02.txt"
        await pilot.press("enter")
        await see(pilot, "Written to")
        await pilot.press("e")
        await see(pilot, "Export the receipt")
        await pilot.press("enter")
        await see(pilot, "There is a file of that name already")
        app.screen.query_one(Field).value = " "
        await pilot.press("enter")
        await see(pilot, "Type its path.")
    text = content(tmp_path / path).decode()
    assert "mkt_sms_flag (advertising by SMS): withdrawn" in text
    assert "entry 1, by" in text
    assert app.clipboard == text


async def test_version_2_says_what_cannot_be_known(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, api=ApiVersion.V2, journal=journal)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "not readable")
        await pilot.press("down", "s", "r")
        await see(pilot, "Review: 1 user")
        app.screen.query_one("#send").focus()
        await pilot.press("enter")
        await see(pilot, "accepted, not verified")
        await pilot.press("escape", "4")
        await see(pilot, "– → ● SMS", "~ accepted")
        await pilot.press("t")
        await see(pilot, "not readable", "last set to given here", "accepted by the server, not verified")
        await pilot.press("escape", "enter", "u")
        await see(pilot, "This API version cannot be read", "○ withdrawn (stand-in)")
        await pilot.press("tab", "enter")
        await see(pilot, "Review: 1 user", "undo of entry 1")


@pytest.mark.slow
async def test_receipts_of_a_whole_result_and_the_result_go_into_files(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0003")
        await focused(pilot, "#users")
        await pilot.press("asterisk", "u")
        await see(pilot, "Withdraw: 2 users")
        await pilot.press("4", "r")
        await see(pilot, "Review: 2 users")
        await pilot.press("ctrl+s")
        await see(pilot, "✓ 2 confirmed")
        screen = app.screen
        assert isinstance(screen, ResultScreen)
        await until(pilot, lambda: bool(screen._users_here()))  # the lines are there to be pointed at
        await pilot.press("t")
        await see(pilot, "Receipts · 2 users", "Consent receipt for user_id user-0001")
        await pilot.press("e")
        await see(pilot, "Export the receipt")
        await pilot.press("enter")
        await see(pilot, "Written to")
        await pilot.press("escape", "e")
        await see(pilot, "Export the result")
        result = app.screen.query_one(Field).value
        await pilot.press("enter")
        await until(pilot, lambda: len([*tmp_path.glob("re*.txt")]) == 2)
    receipts = content(tmp_path / "receipts-2-users-2026-03-02.txt").decode()
    assert [line for line in receipts.splitlines() if "mkt_sms_flag" in line] == [
        "mkt_sms_flag (advertising by SMS): withdrawn"
    ] * 2
    assert "ground:" in receipts
    assert "journal 1–2, chain" in content(tmp_path / result).decode()


async def test_a_page_for_the_person_names_nobody_of_ours(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "4")
        await see(pilot, "● → ○ SMS")
        await pilot.press("t")
        await see(pilot, "Consent receipt for user_id user-0001", "by ")
        await pilot.press("p")
        await see(pilot, "Write the page")
        path = app.screen.query_one(Field).value
        assert path == "./receipt-user-0001-2026-03-02.html"
        await pilot.press("enter")
        await see(pilot, "Written to")
        await pilot.press("e")
        await see(pilot, "Export the receipt")
        app.screen.query_one(Field).value = "./again.html"
        await pilot.press("enter")
        await see(pilot, "again.html")
    assert content(tmp_path / "again.html") == content(tmp_path / path)
    page = content(tmp_path / path).decode()
    assert "Advertising by SMS: withdrawn" in page
    assert "With this page we tell you" in page
    assert "entry 1</p>" in page
    with Journal(journal) as kept:
        entry = kept.entry(1)
    assert entry is not None
    intent = entry.intent
    operator = intent.operator
    ours = [one for one in (operator.host, operator.ssh, intent.connection, intent.reason) if one]
    assert not [one for one in ours if re.search(rf"\b{re.escape(one)}\b", page)]
