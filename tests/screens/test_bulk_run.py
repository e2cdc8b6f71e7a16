"""A job while it runs and after: steered, left alone, stopped, resumed, and what is said of it elsewhere."""

from pathlib import Path

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.screens.dialogs import ErrorDialog
from dfn_tui.screens.lock import LockScreen
from dfn_tui.service.bulk.run.records import JobState, Phase
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import (
    SIZES,
    apply,
    make_plan,
    session,
    state,
    under_way,
    users,
    write_list,
    writes,
)
from tests.screens.driving import console, driven, look_up, press, see, shown, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

ONE_A_MINUTE = "1"
"""A limit that lets the first request through and nothing after it for a long time."""


def line(app: ConsoleApp) -> str:
    """The line at the top."""
    return shown(app).partition("\n")[0]


@pytest.mark.parametrize("size", SIZES)
async def test_a_job_is_paused_slowed_and_goes_on(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 40)))
        sandbox.faults.latency_ms = 100  # so that there is time for a key
        await apply(pilot)
        await see(pilot, "under way", "at most 10,000")
        await pilot.press("p")
        await see(pilot, "PAUSED")
        await until(pilot, lambda: not under_way(app).rate_limiter.under_way)
        sent = writes(sandbox)
        await pilot.press("minus")
        await see(pilot, "at most 5,000")
        await pilot.press("plus")
        await see(pilot, "at most 10,000")
        assert writes(sandbox) == sent
        await pilot.press("p")
        await see(pilot, "finished", "✓ confirmed")
    assert {state(sandbox, user) for user in users(1, 40)} == {"Unsubscribed"}


async def test_a_job_goes_on_while_one_is_elsewhere_and_is_come_back_to(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 30)))
        sandbox.faults.latency_ms = 100
        await apply(pilot)
        await see(pilot, "under way")
        await pilot.press("p")
        await see(pilot, "PAUSED")
        await pilot.press("escape", "escape")
        await see(pilot, "paste or type ids")
        await until(pilot, lambda: "JOB " in line(app))
        await look_up(pilot, "user-0040 user-0041")
        await see(pilot, "user-0040", "user-0041")
        await until(pilot, lambda: "JOB " in line(app))
        app.lock()
        await until(pilot, lambda: isinstance(app.screen, LockScreen) and "JOB " in line(app))
        await pilot.press("enter")
        sandbox.faults.latency_ms = 0
        await pilot.press("escape", "f8")
        await see(pilot, "Many users at once", "under way")
        await pilot.press("enter")
        await see(pilot, "PAUSED")
        await pilot.press("escape")
        await see(pilot, "Many users at once")
        under_way(app).rate_limiter.resume()
        await see(pilot, "23 confirmed · job finished", "✓ finished", "100 %")
        await until(pilot, lambda: "JOB " not in line(app))
    assert {state(sandbox, user) for user in users(1, 30)} == {"Unsubscribed"}


async def test_a_job_that_was_stopped_is_offered_at_the_next_start_and_resumed(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 25)))
        sandbox.faults.latency_ms = 200
        await apply(pilot, limit=ONE_A_MINUTE)  # however late the key comes, only the reading is sent before
        await see(pilot, "under way")
        await pilot.press("s")
        await see(pilot, "stopped", "22 waiting of 22 users", "r resume")
        assert writes(sandbox) == 0
    sandbox.faults.latency_ms = 0
    again = console(sandbox, journal=journal)
    async with driven(again) as pilot:
        await see(pilot, "was left unfinished: F8 shows it.")
        await pilot.press("f8")
        await see(pilot, "▲ stopped", "enter o open")
        await pilot.press("enter")
        await see(pilot, "▲ stopped", "r resume")
        await pilot.press("r")
        await until(pilot, lambda: session(again).run is not None)
        limiter = under_way(again).rate_limiter
        limiter._bucket.set_limit(10_000, limiter.now)
        limiter.resume()
        await see(pilot, "finished", "✓ confirmed")
        await pilot.press("escape", "escape")
        await see(pilot, "paste or type ids")
        assert "unfinished" not in shown(again)
    assert {state(sandbox, user) for user in users(1, 25)} == {"Unsubscribed"}


async def test_giving_up_asks_once_and_is_for_good(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 25)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        await pilot.press("A")
        await see(pilot, "Give this job up?")
        await pilot.press("enter")  # the first choice lets it run
        assert session(app).busy
        await pilot.press("A", "down", "enter")
        screen = await see(pilot, "given up")
        assert "resume" not in screen
        assert "r" not in app.screen.active_bindings
        assert session(app).jobs.unfinished() == []


async def test_quitting_stops_the_job_and_says_how_to_go_on(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 25)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        await pilot.press("ctrl+q")
        await see(pilot, "A job runs on here", "Stay")
        await pilot.press("escape")
        await until(pilot, lambda: "Stay" not in shown(app))
        await pilot.press("ctrl+q")
        await see(pilot, "Stop the job and quit")
        await press(pilot, "keep")
        await until(pilot, lambda: app.return_code == 0)
    run = under_way(app)
    assert run.phase is Phase.OVER
    assert run.record.state is JobState.STOPPED
    said = " ".join(capsys.readouterr().err.split())
    assert said == (
        f"Job {run.record.id} was left after 0 of {run.progress().total} users. "
        f"Go on with it: dfn-tui bulk resume {run.record.id} -c here"
    )


async def test_those_that_failed_are_done_once_more(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    sandbox.faults.bad_users = frozenset(["user-0002"])
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot)
        await see(pilot, "finished", "2 ✓ confirmed", "1 ✗ failed", "try again")
        sandbox.faults.bad_users = frozenset()
        await pilot.press("t")
        await see(pilot, "finished", "3 ✓ confirmed", "Nobody failed, and nobody is to be looked at.")
        sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = 'user-0003'")
        await pilot.press("v")
        await see(pilot, "1 is not as wanted", "user-0003: advertising by SMS is ● given, not ○ withdrawn")
        await pilot.press("escape", "u")
        await see(pilot, "2 users to be sent", "1 user: already as wanted")


async def test_a_user_changed_meanwhile_stops_the_job(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, "user-0001", "user-0004"))
        sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = 'user-0004'")
        await apply(pilot)
        await see(pilot, "stopped", "Somebody else changed a user", "1 ▲ to look at")
        await see(pilot, "▲  user-0004", "is now ● given.")
        assert writes(sandbox) == 0
    assert state(sandbox, "user-0004") == "Subscribed"


@pytest.mark.parametrize(("keys", "after"), [(["enter"], "Subscribed"), (["down", "enter"], "Unsubscribed")])
async def test_users_changed_meanwhile_are_listed_and_decided_about_together(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, keys: list[str], after: str
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        for user in ("user-0004", "user-0005"):
            sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL WHERE user_id = ?", user)
        sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = 'user-0006'")
        await make_plan(pilot, write_list(tmp_path, "user-0004", "user-0005", "user-0006"))
        for user in ("user-0004", "user-0005"):
            sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = ?", user)
        await apply(pilot)
        words = "Changed by someone else since the plan was made: mkt_sms_flag is now ● given."
        await see(pilot, "stopped", "2 ▲ to look at", f"user-0004: {words}", "▲  user-0005")
        assert writes(sandbox) == 0
        await pilot.press("r")
        await see(pilot, "Leave these and any later ones aside", "Send these, too")
        await pilot.press(*keys)
        await see(pilot, "finished")
    assert [state(sandbox, user) for user in ("user-0004", "user-0005", "user-0006")] == [
        after,
        after,
        "Unsubscribed",
    ]


async def test_a_refusal_of_the_server_stops_the_job_and_it_can_be_resumed(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        sandbox.faults.refuse = "4004"
        await apply(pilot)
        await see(pilot, "Not permitted")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))  # the job itself says it, too
        sandbox.faults.refuse = None
        await pilot.press("escape")
        await see(pilot, "stopped", "r resume")
        await pilot.press("r")
        await see(pilot, "finished", "3 ✓ confirmed")
        assert writes(sandbox) == 1


async def test_one_job_at_a_time(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        await pilot.press("escape", "n")
        await see(pilot, "New plan: nothing")
        await pilot.press("escape", "escape")
        await make_plan(pilot, write_list(tmp_path, *users(4, 6)))
        await apply(pilot)
        await see(pilot, "A job runs already", "Nothing was sent.")
        await pilot.press("escape")
        await press(pilot, "cancel")
        await see(pilot, "to be sent", "status")
