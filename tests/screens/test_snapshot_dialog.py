"""The snapshot on the screens of version 2: taken with F10, shown with its age and what was written since."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.screens.snapshot import SnapshotDialog
from dfn_tui.text.korea import utc_now
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, shown, until
from tests.screens.test_typing_ahead import EARLY, send
from tests.starting import KEY

TOKEN = "sandbox-token"
FOUR = "user-0001 user-0002 user-0003 nobody-here"


class Time:
    """The host's, put on by hand."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.later


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=60, token=TOKEN, export_token=TOKEN)) as running:
        running.state.write_profiles([("user-0002", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
        yield running


def second(sandbox: SandboxThread, journal: Path, key: bytes | None = KEY, clock: Any = None) -> ConsoleApp:
    """A console on version 2."""
    keyring = Keyring(key)
    return console(sandbox, api=ApiVersion.V2, journal=journal, keyring=keyring.open, clock=clock)


async def take(pilot: Any) -> None:
    await pilot.press("f10")
    await until(pilot, lambda: isinstance(pilot.app.screen, SnapshotDialog))
    await pilot.press("ctrl+t")
    await see(pilot, "Taken.")
    await pilot.press("escape")


@pytest.mark.slow
async def test_taken_looked_up_and_written_over(sandbox: SandboxThread, journal: Path) -> None:
    time = Time()
    async with driven(second(sandbox, journal, clock=time), (140, 40)) as pilot:
        await look_up(pilot, FOUR)
        await see(pilot, "F10 takes a snapshot")
        await take(pilot)
        await see(pilot, "3 in the snapshot", "just now", "Not in the snapshot. The server may know")
        assert "not readable" not in shown(pilot.app)  # type: ignore[arg-type]
        time.later = timedelta(minutes=31)
        await pilot.press("f5")
        await see(pilot, "31 min ago", "from a snapshot as of")
        await focused(pilot, "#users")
        await pilot.press("down", "u", "2", "r")
        await see(pilot, "not readable", "○ withdrawn", "nothing has been sent")  # it is no value of before
        await pilot.press("ctrl+s")
        await see(pilot, "accepted, not verified")
        await pilot.press("escape")
        await see(pilot, "~○", "○ withdrawn ~", "~ SMS: accepted")
        await pilot.press("f7")
        await see(pilot, "~ accepted")
        await pilot.press("escape")
        time.later = timedelta(minutes=32)  # the next export begins after it was accepted
        await take(pilot)
        await pilot.press("f7")
        await see(pilot, "✓ seen")
        assert "confirmed" not in shown(pilot.app)  # type: ignore[arg-type]
        await pilot.press("enter")
        await see(pilot, "✓ seen, in a snapshot", "Seen in the snapshot of", "accepted")


async def test_without_a_key_it_says_what_would_give_one(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, api=ApiVersion.V2, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f10")
        await see(pilot, "There is none yet")
        await pilot.press("ctrl+t")
        await see(pilot, "No key, no snapshot", "journal_key_command")


async def test_stopped_with_escape(sandbox: SandboxThread, journal: Path) -> None:
    async with driven(second(sandbox, journal)) as pilot:
        await take(pilot)
        sandbox.faults.read_answer = "stalled"
        await pilot.press("f10")
        await see(pilot, "19 left of 20")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: sum("export" in one.path for one in sandbox.requests) == 2)
        await pilot.press("escape")
        await see(pilot, "Stopped. The snapshot of before was left as it is.", "60 users")
        await pilot.press("ctrl+d")
        await see(pilot, "Removed.", "There is none yet")


async def test_no_key_removes_one_that_nobody_has_seen(sandbox: SandboxThread, journal: Path) -> None:
    app = second(sandbox, journal)
    async with driven(app) as pilot:
        await take(pilot)
        send(app, Key("f10", None), Key("ctrl+d", None))
        await see(pilot, "Snapshot of here", "60 users", EARLY)
        assert "There is none yet" not in shown(app)


async def test_version_1_has_no_such_key(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox)) as pilot:
        await pilot.press("f10")
        await asyncio.sleep(0)
        assert not isinstance(pilot.app.screen, SnapshotDialog)
        assert sandbox.faults == Faults()


async def test_a_campaign_is_judged_by_it_and_its_age_is_told(sandbox: SandboxThread, journal: Path) -> None:
    time = Time()
    async with driven(second(sandbox, journal, clock=time)) as pilot:
        await look_up(pilot, "user-0002 nobody-here")
        await focused(pilot, "UserList")
        await pilot.press("P")
        await see(pilot, "There is no snapshot", "Take one")
        await pilot.press("escape", "escape")
        await focused(pilot, "UserList")
        await take(pilot)
        time.later = timedelta(minutes=31)
        await focused(pilot, "UserList")
        await pilot.press("P")
        await see(
            pilot, "1 of 2 users may be sent to.", "By a snapshot, as of", "31 min ago", "not in the snapshot"
        )
        await pilot.press("c")
        await see(pilot, "The campaign goes out by")
        await pilot.press("down", "down", "enter")
        await see(pilot, "Advertising by Kakao", "0 of 2 users may be sent to.")
