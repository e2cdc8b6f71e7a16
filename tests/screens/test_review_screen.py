"""The review: what will be sent is read at a glance, and nothing is sent by a slip."""

from collections.abc import Mapping
from typing import Any

import pytest

from dfn_tui.config import ApiVersion, Environment
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.screens.review import ReviewScreen
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import NIGHT, console, driven, focused, look_up, see, shown, until

BOTH = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]
ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED


async def stage(pilot: Any, wanted: Mapping[int, Consents]) -> None:
    """Stages these of the users of those numbers, and opens the review."""
    session = pilot.app.connections.session("here")
    users = [session.identity(f"user-{number:04}") for number in wanted]
    read = [record async for record in session.look_up(users)]
    for record, consents in zip(read, wanted.values(), strict=True):
        session.staging.draft(record).stage_consents(consents)
    pilot.app.screen.action_review()
    await see(pilot, "Review:", "nothing has been sent")


def sent(sandbox: SandboxThread) -> list[object]:
    return [request for request in sandbox.requests if "update" in request.path]


@pytest.mark.parametrize("size", BOTH)
async def test_the_same_change_is_shown_once_with_ids_and_names(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    async with driven(console(sandbox), size) as pilot:
        await stage(pilot, {number: {Flag.MKT_SMS: OFF} for number in (1, 2, 4)})
        screen = await see(pilot, "Review: 3 users · 3 edits", "user-0001 이지우", "user-0002 조현우")
        assert screen.count("mkt_sms_flag") == 1
        assert "advertising by SMS  mkt_sms_flag" in screen
        assert "2 users" in screen  # were given
        assert "? never set" in screen
        assert "may go out to 0 of the 3 (now 3)" in screen
        assert "read 12:00, read again just before sending" in screen
        assert "Send 3 users" in screen
        await pilot.press("v")
        screen = await see(pilot, "user-0004")
        assert screen.count("→ ○ withdrawn") == 3


@pytest.mark.parametrize("size", BOTH)
async def test_all_that_must_be_read_of_a_night_consent_is_on_the_screen(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox, environment=Environment.PRODUCTION, now=NIGHT)
    async with driven(app, size) as pilot:
        await stage(pilot, {7: {Flag.NIGHT: ON}})
        await see(
            pilot,
            "user-0007 user_id · 임수빈",
            "▲ a consent for 21:00–08:00: it counts at once",
            "advertising without a night consent must wait",
            "article 50(3)",
            "[ ] read and acknowledged",
            "3 of 3 open",
            "Evidence (required)",
            "Reason or ticket (required)",
            "open: A warning is not acknowledged",
        )
        await focused(pilot, "#cancel")
        assert app.screen.query_one("#send").disabled
        await pilot.press("i")
        await focused(pilot, "Tick")
        await pilot.press("space")
        await see(pilot, "[✓] read and acknowledged", "open: Evidence is missing")
        await pilot.press("tab", *"form-7")
        await see(pilot, "open: A reason is missing")
        await pilot.press("enter")  # goes to what is open, and sends nothing
        await focused(pilot, "#reason")
        await pilot.press(*"INC-9", "enter")
        await see(pilot, "all met", "^s sends")
        assert isinstance(app.screen, ReviewScreen)
        assert not sent(sandbox)


@pytest.mark.parametrize("size", BOTH)
async def test_what_would_stay_given_for_the_night_is_withdrawn_too(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await stage(pilot, {1: {Flag.MKT_SMS: OFF}, 2: {Flag.MKT_SMS: OFF}})
        await see(pilot, "2 edits", "▲ 1 user: SMS at night is given, but advertising by SMS is not")
        await pilot.press("a")
        screen = await see(pilot, "3 edits", "night_sms_flag")
        assert "▲" not in screen
        assert "at night by SMS stays back (now goes out)" in screen
        staging = app.connections.session("here").staging
        assert sum(len(change.fields) for change in staging.changes()) == 3


async def test_what_does_not_fit_is_counted_and_scrolled_to_from_cancel(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await stage(pilot, {number: {Flag.MKT: OFF, Flag.MKT_PUSH: OFF} for number in range(1, 50)})
        screen = await see(pilot, "more lines: pgdn")
        assert "may go out" not in screen
        await focused(pilot, "#cancel")
        for _page in range(6):
            await pilot.press("pagedown")
        await see(pilot, "may go out", "read again just before sending")
        await pilot.press("up")
        await see(pilot, "1 more line: pgdn")
        await focused(pilot, "#cancel")


async def test_a_key_pressed_before_a_grant_could_be_read_sends_nothing(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await stage(pilot, {7: {Flag.MKT_SMS: ON}})
        review = app.screen
        assert isinstance(review, ReviewScreen)
        await until(pilot, lambda: review._painted)
        review._painted = False
        await pilot.press("ctrl+s")
        await see(pilot, "Nothing was sent: that key was pressed")
        assert not sent(sandbox)


async def test_letters_are_text_in_a_field_and_stay_there_when_more_is_staged(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await stage(pilot, {1: {Flag.MKT_SMS: OFF}})
        await pilot.press("i")
        await focused(pilot, "#reason")
        await pilot.press(*"via im")
        assert app.screen.query_one("#reason").value == "via im"  # type: ignore[attr-defined]
        await pilot.press("tab", "a")
        await see(pilot, "2 edits", "via im")


async def test_identifiers_are_masked_until_revealed(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (140, 40)) as pilot:
        session = app.connections.session("here")
        record = await session.open_user(session.identity("user-0003"))
        session.staging.draft(record).stage_ci_deletion("phone_number", "user-0003")
        number = str((record.ci or {})["phone_number"])
        app.screen.action_review()  # type: ignore[attr-defined]
        screen = await see(pilot, "phone_number", "✗ deleted", "user-0003 user_id · 한은우")
        assert number not in screen
        await pilot.press("m")
        await see(pilot, number)
        await pilot.press("m")
        await until(pilot, lambda: number not in shown(app))


async def test_version_2_says_what_is_not_known(sandbox: SandboxThread) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "not readable")
        await focused(pilot, "ConsentMatrix")
        await pilot.press("down", "u", "r")
        await see(pilot, "stays back (now not readable)", "nothing that is sent is verified")
