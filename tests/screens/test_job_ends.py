"""The end of a job, told wherever the operator is: once, without any id, and until it can have been read."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from dfn_tui.app import ConsoleApp
from dfn_tui.screens.banners import READABLE, Banner
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.lock import LockScreen
from dfn_tui.screens.user.screen import UserScreen
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, state, under_way, users, write_list
from tests.screens.driving import console, driven, look_up, see, shown, type_in, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]
ONE_A_MINUTE = "1"


def banner(app: ConsoleApp) -> str:
    """What the line at the bottom says; empty where there is none."""
    words = next((str(line.content).strip() for line in app.screen.query(Banner)), "")
    return words if words and words in shown(app).splitlines()[-1] else ""


async def leave_job(pilot: "Pilot[None]", folder: Path, *, limit: str = "", listed: int = 3) -> None:
    """Starts a job, and goes back to the look-up while it runs or after its end."""
    await make_plan(pilot, write_list(folder, *users(1, listed)))
    await apply(pilot, limit=limit)
    await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
    await pilot.press("escape", "escape")
    await see(pilot, "paste or type ids")


@pytest.mark.parametrize("size", SIZES)
async def test_it_stays_until_a_key_that_came_after_it_could_be_read(
    sandbox: SandboxThread,
    journal: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    clock = [1000.0]
    rung: list[int] = []
    app = console(sandbox, journal=journal)
    app._monotonic = lambda: clock[0]
    async with driven(app, size) as pilot:
        await leave_job(pilot, tmp_path, limit=ONE_A_MINUTE)
        monkeypatch.setattr(app, "bell", lambda: rung.append(1))
        under_way(app).stop()
        await until(pilot, lambda: bool(banner(app)))
        assert banner(app) == "job stopped, nothing was sent  F8 shows it"
        await type_in(pilot, "user")  # was on its way
        await see(pilot, "user", "nothing was sent")
        clock[0] += READABLE
        await type_in(pilot, "-")
        await until(pilot, lambda: not banner(app))
        await see(pilot, "user-")  # and was no lost key
    assert rung == [1]


async def test_failures_come_first_and_f8_opens_the_job(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    sandbox.faults.bad_users = frozenset(["user-0002"])
    async with driven(app) as pilot:
        sandbox.faults.latency_ms = 50
        await leave_job(pilot, tmp_path)
        await until(pilot, lambda: bool(banner(app)))
        assert banner(app).split("  ")[0].strip() == "✗ 1 failed · ✓ 2 confirmed · job finished"
        assert "user-000" not in banner(app)
        await pilot.press("f8")
        await see(pilot, "finished", "1 ✗ failed", "✗  user-0002")
        assert not banner(app)
        await pilot.press("escape")
        await see(pilot, "paste or type ids")
        assert not banner(app)  # it was told


async def test_it_goes_along_to_the_next_screen_and_is_not_shown_where_the_job_is(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    app._monotonic = lambda: 1000.0  # no key comes late enough
    async with driven(app) as pilot:
        await leave_job(pilot, tmp_path, limit=ONE_A_MINUTE)
        under_way(app).stop()
        await until(pilot, lambda: bool(banner(app)))
        await pilot.press("f7")
        await until(pilot, lambda: "nothing was sent" in banner(app))
        await pilot.press("escape")
        await until(pilot, lambda: "nothing was sent" in banner(app))
        app.push_screen(JobScreen(app.connections.bulk("here"), under_way(app).record.id))
        await see(pilot, "stopped", "r resume")
        assert not banner(app)


async def test_the_lock_shows_nothing_of_it_and_it_is_told_after_that(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await leave_job(pilot, tmp_path, limit=ONE_A_MINUTE)
        app.lock()
        await until(pilot, lambda: isinstance(app.screen, LockScreen))
        under_way(app).stop()
        await until(pilot, lambda: "JOB" not in shown(app))
        assert not banner(app)
        assert "nothing was sent" not in shown(app)
        await pilot.press("enter")
        await see(pilot, "nothing was sent", "F8 shows it")


async def test_the_terminal_is_told_once_and_without_ids(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        monkeypatch.setattr(app._driver, "announce", told.append, raising=False)
        await leave_job(pilot, tmp_path)
        await see(pilot, "3 confirmed")
    assert told == ["dfn-tui: ✓ 3 confirmed · job finished"]


async def test_a_user_that_is_shown_is_read_again_where_a_job_wrote_to_them(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await leave_job(pilot, tmp_path, limit=ONE_A_MINUTE)
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: isinstance(app.screen, UserScreen))
        await see(pilot, "● given", "read 12:00")
        assert state(sandbox, "user-0001") == "Subscribed"
        limiter = under_way(app).rate_limiter
        limiter._bucket.set_limit(10_000, limiter.now)
        limiter.resume()
        await see(pilot, "3 confirmed")
        assert state(sandbox, "user-0001") == "Unsubscribed"
        await see(pilot, "○ withdrawn")
        assert "changed since" not in shown(app)
