"""Watching from the console: somebody else changes users, and the operator hears of it wherever they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.banners import READABLE, Banner
from dfn_tui.screens.watching import Watches
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, shown, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

STOPPED = {Flag.MKT_SMS: State.UNSUBSCRIBED}
GIVEN = {Flag.MKT_SMS: State.SUBSCRIBED}
THREE = "user-0001 user-0002 user-0003"


class Turn:
    """Readings when the test says so."""

    def __init__(self) -> None:
        self.asleep = 0
        self._next: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(self, _seconds: float) -> None:
        self.asleep += 1
        await self._next.get()

    def go(self) -> None:
        self._next.put_nowait(None)

    async def read(self, pilot: Any) -> None:
        """One more reading, and its end."""
        await until(pilot, lambda: self.asleep > 0)
        before = self.asleep
        self.go()
        await until(pilot, lambda: self.asleep > before)


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxThread) -> Turn:
    found = Turn()
    monkeypatch.setattr(Watches, "sleep", found.sleep)
    for user in THREE.split():
        sandbox.state.write_profiles([(user, GIVEN, {})])
    return found


class Rung:
    def __init__(self, app: ConsoleApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        monkeypatch.setattr(app, "bell", self._ring)

    def _ring(self) -> None:
        self.times += 1


@asynccontextmanager
async def watching(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ConsoleApp, Rung, "Pilot[None]"]]:
    """Three users looked up, with the cursor on the first."""
    app = console(sandbox)
    rung = Rung(app, monkeypatch)
    async with driven(app, (100, 30)) as pilot:
        await look_up(pilot, THREE)
        await focused(pilot, "#users")
        yield app, rung, pilot


async def test_a_change_by_somebody_else_is_told_and_shown(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(sandbox, monkeypatch) as (app, rung, pilot):
        await pilot.press("w")
        await see(pilot, "1 user is watched.", "◎  user-0001")
        sandbox.state.write_profiles([("user-0001", STOPPED, {})])
        await turn.read(pilot)
        await see(pilot, "1 watched user changed (here)", "advertising by SMS ● given")
        assert rung.times == 1
        assert app.connections.session("here").watched == {_user(app, "user-0001"): True}
        sandbox.state.write_profiles([("user-0002", STOPPED, {})])  # nobody watches this one
        await turn.read(pilot)
        assert rung.times == 1
        await pilot.press("w")
        await see(pilot, "1 user is watched no longer.")
        assert "◎" not in shown(app)
        turn.go()
        await until(
            pilot, lambda: not [one for one in app.workers if one.group == "watch" and one.is_running]
        )


def _user(app: ConsoleApp, value: str) -> Any:
    return app.connections.session("here").identity(value)


async def test_marked_users_are_watched_and_the_user_on_their_own_screen(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(sandbox, monkeypatch) as (_app, rung, pilot):
        await pilot.press("space", "space", "w")
        await see(pilot, "2 users are watched.")
        await pilot.press("asterisk", "asterisk", "home", "enter")
        await see(pilot, "◎ watched")
        await pilot.press("w")
        await see(pilot, "1 user is watched no longer.")
        await pilot.press("w")
        await see(pilot, "◎ watched")
        sandbox.state.write_profiles([("user-0001", STOPPED, {}), ("user-0002", STOPPED, {})])
        await turn.read(pilot)
        await see(pilot, "2 watched users changed (here)", "○ withdrawn")
        assert rung.times == 1


async def test_what_cannot_be_read_is_no_change(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfn_tui.api import retry

    monkeypatch.setattr("dfn_tui.api.retry.BULK", retry.BULK._replace(attempts=1, base=0.0, in_vain=1))
    async with watching(sandbox, monkeypatch) as (_app, rung, pilot):
        await pilot.press("w")
        sandbox.faults.busy_users = frozenset({"user-0001"})
        try:
            await turn.read(pilot)
            await see(pilot, "user-0001 is watched, and not")
        finally:
            sandbox.faults.busy_users = frozenset()
        await turn.read(pilot)
        assert rung.times == 0


async def test_what_was_written_from_here_does_not_ring(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(sandbox, monkeypatch) as (app, rung, pilot):
        await pilot.press("w")
        await until(pilot, lambda: turn.asleep > 0)
        app.connections.session("here").writes.add([_user(app, "user-0001")])
        sandbox.state.write_profiles([("user-0001", STOPPED, {})])
        await turn.read(pilot)
        await see(pilot, "1 watched user changed (here)")
        assert rung.times == 0


async def test_nothing_is_read_while_it_is_locked(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(sandbox, monkeypatch) as (app, rung, pilot):
        await pilot.press("w")
        await until(pilot, lambda: turn.asleep > 0)
        asked = len(sandbox.requests)
        app._open.clear()
        sandbox.state.write_profiles([("user-0001", STOPPED, {})])
        await turn.read(pilot)
        assert (len(sandbox.requests), rung.times) == (asked, 0)
        app._open.set()
        await turn.read(pilot)
        await see(pilot, "1 watched user changed (here)")


def banner(app: ConsoleApp) -> str:
    """What the line at the bottom says; empty where there is none."""
    return next((str(line.content).strip() for line in app.screen.query(Banner)), "")


@pytest.mark.slow
async def test_a_change_stays_told_until_it_is_read_wherever_the_operator_is(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    announced: list[str] = []
    async with watching(sandbox, monkeypatch) as (app, rung, pilot):
        monkeypatch.setattr(app, "_monotonic", lambda: clock[0])
        monkeypatch.setattr(app._driver, "announce", announced.append, raising=False)
        await pilot.press("asterisk", "w")
        await see(pilot, "3 users are watched.")
        await pilot.press("f7")  # another place
        await see(pilot, "History")
        sandbox.state.write_profiles([("user-0001", STOPPED, {})])
        await turn.read(pilot)
        await until(pilot, lambda: banner(app) == "▲ 1 watched user changed (here)  F12 shows it")
        sandbox.state.write_profiles([("user-0002", STOPPED, {})])
        await turn.read(pilot)  # what came since is on the same line
        await until(pilot, lambda: banner(app).startswith("▲ 2 watched users changed (here)"))
        assert (rung.times, announced) == (2, ["dfn-tui: 1 watched user changed (here)"] * 2)
        await pilot.press("escape")
        await until(pilot, lambda: banner(app).startswith("▲ 2 watched users changed"))
        await pilot.press("f12")
        await see(pilot, "user-0001", "user-0002", "advertising by SMS ● given → ○ withdrawn")
        await pilot.press("escape")
        await until(pilot, lambda: not banner(app))
        sandbox.state.write_profiles([("user-0001", GIVEN, {})])
        await turn.read(pilot)  # what was read is not counted again
        await until(pilot, lambda: banner(app).startswith("▲ 1 watched user changed"))
        clock[0] += READABLE
        await pilot.press("down")
        await until(pilot, lambda: not banner(app))


async def test_who_is_not_readable_comes_first_and_rings_nothing(
    sandbox: SandboxThread, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfn_tui.api import retry

    monkeypatch.setattr("dfn_tui.api.retry.BULK", retry.BULK._replace(attempts=1, base=0.0, in_vain=1))
    async with watching(sandbox, monkeypatch) as (app, rung, pilot):
        await pilot.press("asterisk", "w")
        await see(pilot, "3 users are watched.")
        sandbox.state.write_profiles([("user-0002", STOPPED, {})])
        await turn.read(pilot)
        await until(pilot, lambda: banner(app).startswith("▲ 1 watched user changed"))
        sandbox.faults.busy_users = frozenset({"user-0001"})
        try:
            await turn.read(pilot)
            await until(pilot, lambda: banner(app).startswith("✗ 1 watched user not readable · ▲ 1 watched"))
        finally:
            sandbox.faults.busy_users = frozenset()
        assert rung.times == 1
