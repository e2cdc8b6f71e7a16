"""The result: who did not come out as asked first, what was confirmed once, the proof, and what is next."""

from pathlib import Path
from typing import Any

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.result import ResultScreen
from dfn_tui.screens.review import ReviewScreen
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, see, shown, until
from tests.screens.journals import state
from tests.screens.test_review_screen import stage

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

BOTH = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]
OFF = State.UNSUBSCRIBED
SMS = {Flag.MKT_SMS: OFF}


async def sent(pilot: Any) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResultScreen))


@pytest.mark.parametrize("size", BOTH)
async def test_what_was_confirmed_is_shown_once_with_the_proof(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await stage(pilot, dict.fromkeys((1, 2, 4), SMS))
        await pilot.press("i", *"INC-7")
        await sent(pilot)
        screen = await see(
            pilot,
            "✓ 3 confirmed",
            "✗ 0 failed",
            "advertising by SMS  mkt_sms_flag  ○ withdrawn · 3 users",
            "was ● given · 2",
            "was ? never set · 1",
            "user-0001 이지우",
            "read back 12:00:00 · the answers, a remark: accepted",
            "journal 1–3, chain ",
            "INC-7",
            "after it: advertising by SMS may go out to 0 of the 3",
        )
        assert screen.count("mkt_sms_flag") == 1
        await pilot.press("y")
        assert await see(pilot, "Sent to the terminal")
        assert app.clipboard == "user-0001\nuser-0002\nuser-0004"
        await pilot.press("escape", "Y")
        await see(pilot, "Sent to the terminal")
        assert "✓ 3 confirmed" in app.clipboard
        assert "journal 1–3, chain " in app.clipboard
        await pilot.press("escape", "v")
        assert (await see(pilot, "user-0004")).count("→ ○ withdrawn") == 3


@pytest.mark.parametrize("size", BOTH)
async def test_who_was_changed_by_someone_else_comes_first_and_is_reviewed_again(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await stage(pilot, dict.fromkeys((1, 2, 3), SMS))
        sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL WHERE user_id = 'user-0003'")
        await pilot.press("ctrl+s")
        await see(
            pilot, "nothing was sent", "user-0003 user_id · 한은우", "advertising by SMS", "? never set"
        )
        await pilot.press("tab", "tab", "enter")
        screen = await see(
            pilot,
            "✓ 2 confirmed",
            "▲ 1 changed by someone else, not sent",
            "Nothing was sent: what is there now stands.",
            "there now",
            "wanted",
            "user-0001",
        )
        assert screen.index("user-0003 user_id · 한은우") < screen.index("user-0001")
        await focused(pilot, "#failures")
        await pilot.press("S")
        await see(pilot, "Review: 1 user", "user-0003", "? never set")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await sent(pilot)
        await see(pilot, "✓ 1 confirmed")
    assert state(sandbox, "user-0003", "mkt_sms_flag") == "Unsubscribed"


async def test_enter_opens_the_user_at_the_cursor_and_escape_comes_back(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await stage(pilot, dict.fromkeys((1, 2, 4), SMS))
        await sent(pilot)
        await see(pilot, "✓ 3 confirmed")
        await focused(pilot, "#confirmed")
        await pilot.press("right", "enter")
        await see(pilot, "user-0002 user_id", "조현우", "○ withdrawn")
        await pilot.press("escape")
        await see(pilot, "✓ 3 confirmed")
        await pilot.press("t")
        await see(pilot, "Receipts · 3 users", "Consent receipt for user_id user-0001")


@pytest.mark.parametrize("size", BOTH)
async def test_a_result_is_undone_but_for_who_was_never_set(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await stage(pilot, dict.fromkeys((1, 2, 4), SMS))
        await sent(pilot)
        await see(pilot, "✓ 3 confirmed")
        if size[1] >= 30:
            await see(pilot, "undo 2 users, after a review · 1 was never set: withdrawn for good")
        await pilot.press("u")
        await see(pilot, "Review: 2 users", "undo of entries 1, 2", "→ ● given")
        await focused(pilot, "#cancel")
        await pilot.press("ctrl+s")
        await see(pilot, "✓ 2 confirmed", "was ○ withdrawn")
    assert state(sandbox, "user-0001", "mkt_sms_flag") == "Subscribed"
    assert state(sandbox, "user-0004", "mkt_sms_flag") == "Unsubscribed"


async def test_an_undo_that_meets_another_change_is_decided_first(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (140, 40)) as pilot:
        await stage(pilot, dict.fromkeys((1, 2), SMS))
        await sent(pilot)
        await see(pilot, "✓ 2 confirmed")
        sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL WHERE user_id = 'user-0002'")
        await pilot.press("u")
        await see(
            pilot, "Undo of entries 1, 2", "user-0002 user_id · 조현우", "▲ changed since by someone else"
        )
        await focused(pilot, "#cancel")
        await pilot.press("tab", "enter")
        await see(pilot, "Review: 1 user", "user-0001", "undo of entry 1")


async def test_what_failed_is_grouped_with_what_was_said_of_it(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await stage(pilot, dict.fromkeys((1, 2), SMS))
        sandbox.faults.write_answer, sandbox.faults.apply_after_ms = "failed", None
        await sent(pilot)
        screen = await see(
            pilot, "✗ 2 failed", "read 12:00", "● given", "user-0001 이지우", "user-0002 조현우", "proof"
        )
        assert screen.count("✗ advertising by SMS") == 1
        assert "confirmed" in screen.splitlines()[2]  # none was, and that is said
        assert "u Undo" not in shown(app)


async def test_what_only_looks_does_not_say_that_it_sends(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await stage(pilot, {1: SMS})
        sandbox.faults.latency_ms = 700
        await pilot.press("ctrl+s")
        screen = await see(pilot, "Checking what is there now, nothing sent yet: 0 of 1", "^q leaves")
        assert "esc back" not in screen  # it would be refused
        await see(pilot, "Sending: 0 of 1")
        await see(pilot, "Sent, reading back: 0 of 1")
        sandbox.faults.latency_ms = 0
        await see(pilot, "✓ 1 confirmed")
