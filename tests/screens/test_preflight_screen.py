"""The pre-flight of marked users on the screen: judged for another time and channel as they were read."""

import os
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, focused, look_up, see, type_in

ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED
DAY = {Flag.MKT: ON, Flag.MKT_SMS: ON, Flag.MKT_KAKAO: OFF}


@pytest.fixture
def people(sandbox: SandboxThread) -> str:
    given = {
        "by-day": {Flag.NIGHT: ON, Flag.NIGHT_SMS: OFF},
        "at-night": {Flag.NIGHT: ON, Flag.NIGHT_SMS: ON},
    }
    sandbox.state.write_profiles((name, DAY | night, {}) for name, night in given.items())
    return "by-day at-night nobody"


@pytest.mark.parametrize("size", SIZES)
async def test_users_are_judged_read_once_and_written_to_two_lists(
    sandbox: SandboxThread,
    people: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, people)
        await focused(pilot, "UserList")
        await pilot.press("P")
        await see(pilot, "Advertising by SMS", "2 of 3 users may be sent to.", "for 1 person nobody can show")
        sandbox.requests.clear()
        await pilot.press("t")
        await see(pilot, "When does it go out?")
        await type_in(pilot, "25:00")
        await pilot.press("enter")
        await see(pilot, "25:00 is no time of the day")
        app.screen.query_one(Field).value = "02:10"
        await pilot.press("enter")
        await see(
            pilot,
            "That is at night",
            "1 of 3 users may be sent to. By day it would be 2.",
            "2026-03-03 02:10",
        )
        await pilot.press("e")
        await see(pilot, "Write the lists")
        app.screen.query_one(Field).value = "./a.may.csv"
        await pilot.press("enter")
        await see(pilot, "Written to")
        await pilot.press("c")
        await see(pilot, "The campaign goes out by")
        await pilot.press("down", "down", "enter")
        await see(pilot, "Advertising by Kakao", "0 of 3 users may be sent to.")
        assert sandbox.requests == []
        await pilot.press("escape")
        await focused(pilot, "UserList")
    assert (tmp_path / "a.may.csv").read_text("utf-8") == "user_id\nat-night\n"
    assert [line.split(",")[:3] for line in (tmp_path / "a.may-not.csv").read_text("utf-8").splitlines()] == [
        ["user_id", "result", "reason"],
        ["by-day", "may-not", "night-withdrawn"],
        ["nobody", "unknown", "unknown-user"],
    ]


async def test_files_that_are_there_are_left_alone(
    sandbox: SandboxThread, people: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "a.may-not.csv"
    kept.write_text("keep", encoding="utf-8")
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, people)
        await focused(pilot, "UserList")
        await pilot.press("P")
        await see(pilot, "2 of 3 users")
        await pilot.press("e")
        await see(pilot, "Write the lists")
        app.screen.query_one(Field).value = "a.may.csv"
        await pilot.press("enter")
        await see(pilot, "There is a file of that name already")
    assert kept.read_text("utf-8") == "keep"
    assert os.listdir(tmp_path) == ["a.may-not.csv"]  # noqa: PTH208
