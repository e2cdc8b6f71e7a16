"""A job on the screen: what it changes, how far it is, who failed, and that nothing is painted unseen."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dfn_tui.screens.bulk import job_panels
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.bulk.job_panels import JobPanel
from dfn_tui.screens.bulk.jobs import JobList
from dfn_tui.screens.bulk.troubles import Troubles
from dfn_tui.service.bulk.run.job import open_job
from dfn_tui.service.bulk.run.records import RunProgress
from dfn_tui.service.bulk.run.run import Run
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, session, under_way, users, write_list
from tests.screens.driving import console, driven, focused, see, shown, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]
ONE_A_MINUTE = "1"
BEFORE_NIGHT = datetime(2026, 3, 2, 11, 54, tzinfo=UTC)
"""20:54 in Korea."""


@pytest.mark.parametrize("size", SIZES)
async def test_a_job_that_runs_says_what_it_changes_how_far_and_how_fast(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 10)))
        await apply(pilot, limit=ONE_A_MINUTE)
        screen = await see(pilot, "under way", "advertising by SMS → ○ withdrawn · INC-42")
        assert "mkt_sms_flag" not in screen
        await see(pilot, "9 waiting of 9 users", "now 12:00", "Rate requests a minute", "put off", "0 times")
        screen = await see(
            pilot,
            "requests a minute, at most 1 ",
            " of at most ",
            "Nobody failed so far.",
            "does not stop it",
        )
        below = screen.partition("\n")[2]  # the line at the top names the night of every screen
        assert "21:00" not in below  # it only withdraws, and the night is far away


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_of_what_holds_a_job_up_or_of_its_pace_is_cut_off(
    sandbox: SandboxThread,
    journal: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    held = "waiting for the server until 07:35:18 KST · 1,020 users of unknown outcome are looked at again"
    monkeypatch.setattr(job_panels, "held_up_words", lambda *_: held)
    monkeypatch.setattr(job_panels, "doing_words", lambda *_: "sending · 1 min 31 s left")
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 10)))
        await apply(pilot, limit=ONE_A_MINUTE)
        screen = await see(
            pilot, "waiting for the server", "looked at again", "sending · 1 min 31", "Nobody failed so far."
        )
        assert "…" not in screen.partition("Failures")[0]
        # At first it looks at what an earlier run left open.
        await until(pilot, lambda: re.search(r"\d of at most \d+ ", shown(app)) is not None)


async def test_where_consents_are_given_the_night_is_on_the_line(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal, now=BEFORE_NIGHT)
    sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL WHERE user_id = 'user-0004'")
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, "user-0004"), "mkt_sms_flag=Subscribed")
        await pilot.press("a")
        await see(pilot, "Apply: ", "Send")
        app.screen.query_one("#evidence").value = "form 7"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await see(pilot, "to be sent", "status")
        await pilot.press("a")
        await see(pilot, "Apply: ", "Send")
        app.screen.query_one("#evidence").value = "form 7"  # type: ignore[attr-defined]
        app.screen.query_one("#reason").value = "INC-42"  # type: ignore[attr-defined]
        app.screen.query_one("#limit").value = ONE_A_MINUTE  # type: ignore[attr-defined]
        app.screen.query_one("#send").focus()
        await focused(pilot, "#send")
        await pilot.press("enter")
        await see(pilot, "under way", "advertising by SMS → ● given", "21:00 night", "20:54 ")


@pytest.mark.parametrize("size", SIZES)
async def test_who_failed_comes_first_is_filtered_read_and_opened(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    sandbox.faults.bad_users = frozenset(["user-0003"])
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 5)))
        sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL WHERE user_id = 'user-0001'")
        await pilot.press("a")
        await see(pilot, "Apply: ", "Send")
        app.screen.query_one("#reason").value = "INC-42"  # type: ignore[attr-defined]
        app.screen.query_one("Selector").focus()
        await focused(pilot, "Selector")
        await pilot.press("right")
        await see(pilot, "set them aside")
        app.screen.query_one("#send").focus()
        await focused(pilot, "#send")
        await pilot.press("enter")
        screen = await see(pilot, "finished", "1 ✗ failed · 1 ▲ to look at", "enter o open user")
        assert screen.splitlines()[-1].count("enter") == 1
        table = app.screen.query_one(Troubles).table
        await until(pilot, lambda: [one.user.user for one in table.items] == ["user-0003", "user-0001"])
        await pilot.press("f5")
        await see(pilot, "● given", "? never set", "read 12:00")
        await pilot.press("f")
        await see(pilot, "Show only")
        await pilot.press("up", "enter")  # the last one: changed by someone else
        await until(pilot, lambda: [one.user.user for one in table.items] == ["user-0001"])
        await pilot.press("enter")
        await see(pilot, "user-0001", "? never set")


async def test_nothing_is_painted_while_another_screen_covers_it(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    show = JobPanel.show_run

    def counted(panel: JobPanel, run: Run, progress: RunProgress, now: datetime) -> None:
        painted.append(1)
        show(panel, run, progress, now)

    monkeypatch.setattr(JobPanel, "show_run", counted)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        job = app.screen
        assert isinstance(job, JobScreen)
        app.push_screen(JobScreen(session(app), job.job))
        await until(pilot, lambda: app.screen is not job and "under way" in shown(app))
        painted.clear()
        job.paint()
        assert not painted
        await pilot.press("escape")
        await until(pilot, lambda: bool(painted))


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_jobs_follows_the_one_that_runs(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 25)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        await pilot.press("escape")
        await see(pilot, "● under way", "  0 %", "0 min")
        limiter = under_way(app).rate_limiter
        limiter._bucket.set_limit(10_000, limiter.now)
        limiter.resume()
        await see(pilot, "✓ finished", "100 %")


async def test_a_job_that_another_console_runs_is_read_again_from_its_file(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    first, second = console(sandbox, journal=journal), console(sandbox, journal=journal)
    async with driven(first) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot, limit=ONE_A_MINUTE)
        await see(pilot, "under way")
        async with driven(second) as elsewhere:
            await elsewhere.press("f8")
            await see(elsewhere, "● under way")
            await elsewhere.press("enter")
            await see(elsewhere, "under way", "Another console or command runs it.")
            under_way(first).stop()
            await see(pilot, "stopped")
            second.screen._look_elsewhere()  # type: ignore[attr-defined]
            await see(elsewhere, "stopped", "r resume")
            await elsewhere.press("escape")
            await see(elsewhere, "Many users at once", "▲ stopped")
            assert elsewhere.app.screen.query_one(JobList).table.items


async def test_what_was_approved_stays_to_be_seen_after_the_end(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (140, 40)) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3), "nobody-here"))
        await apply(pilot)
        await see(pilot, "✓ finished", "3 ✓ confirmed", "As approved", "reason: INC-42", "Of stop.txt")
        await see(pilot, "▲ 1 user has nothing set", "not sent")
        with open_job(session(app).folder / f"{under_way(app).record.id}.db") as job:
            assert job.record.reason == "INC-42"
