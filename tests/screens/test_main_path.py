"""Look up, stage, review, apply, proof: the main path of every screen, over a real sandbox."""

import json

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from dfn_tui.config import ApiVersion, Environment
from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.lookup.user_list import UserList
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import (
    NIGHT,
    SIZES,
    console,
    driven,
    focused,
    look_up,
    press,
    review_withdrawal,
    see,
    type_in,
    until,
)


def consent(sandbox: SandboxThread, user: str, flag: str) -> object:
    [[state]] = sandbox.state.query(f"SELECT {flag} FROM users WHERE user_id = ?", user)
    return state


@pytest.mark.parametrize("size", SIZES)
async def test_a_consent_is_withdrawn_and_read_back(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await see(pilot, "paste or type ids", "SANDBOX")
        await look_up(pilot, "user-0001")
        await see(pilot, "user-0001", "go out?", "● given")
        await pilot.press("down", "down", "u")
        await see(pilot, "● › ○ withdrawn", "1 edit staged")
        await pilot.press("r")
        await see(pilot, "advertising by SMS  mkt_sms_flag", "● given", "→ ○ withdrawn")
        assert app.focused is not None
        assert app.focused.id == "cancel"
        assert consent(sandbox, "user-0001", "mkt_sms_flag") == "Subscribed"
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        assert consent(sandbox, "user-0001", "mkt_sms_flag") == "Unsubscribed"
        await pilot.press("escape")
        await see(pilot, "Nothing staged.")


async def test_review_focuses_cancel_and_cancel_sends_nothing(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await review_withdrawal(pilot)
        await pilot.press("enter")
        await see(pilot, "1 edit staged")
    assert not [r for r in sandbox.requests if "update" in r.path]


async def test_a_list_stays_as_rows_and_several_users_are_staged(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0001 nobody-here,user-0002")
        await see(pilot, "user-0001", "not known to the server", "user-0002")

        def ids() -> list[str]:
            rows = app.screen.query_one(UserList).rows.shown
            return [record.identity.value for record in rows]

        await until(pilot, lambda: ids() == ["user-0001", "nobody-here", "user-0002"])
        await focused(pilot, "UserList")
        for moves in (["enter"], ["down", "down", "enter"]):
            await pilot.press(*moves)
            await see(pilot, "go out?", "● given")
            await pilot.press("u")
            await see(pilot, "1 edit staged")
            await pilot.press("escape")
            await see(pilot, "Staged ")
        await pilot.press("f4")
        await see(pilot, "Review: 2 users", "user-0001", "user-0002")


async def test_an_unknown_id_needs_a_confirmation_of_its_own(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "nobody-here")
        await see(pilot, "not known to the server: a write would create it")
        await pilot.press("enter")
        await see(pilot, "▲ nothing set: unknown to the server, or never asked")
        await pilot.press("u", "r")
        await see(pilot, "where the server does not know this", "writing creates it.")
        await pilot.press("ctrl+s")
        await see(pilot, "A warning is not acknowledged", "Nothing is sent.")
        await pilot.press("escape")
        assert not [r for r in sandbox.requests if "update" in r.path]
        await focused(pilot, "Tick")  # where the refusal leads
        await pilot.press("space")
        await press(pilot, "send")
        await see(pilot, "✓ 1 confirmed")


@pytest.mark.parametrize("size", SIZES)
async def test_a_night_consent_opens_the_rule_and_needs_evidence(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox, environment=Environment.PRODUCTION, now=NIGHT)
    async with driven(app, size) as pilot:
        await see(pilot, "PRODUCTION", "22:30 KST", "▲ NIGHT until 08:00")
        await look_up(pilot, "user-0007")
        await see(pilot, "go out?", "○ withdrawn")
        await pilot.press("down", "right", "s")
        await see(pilot, "article 50(3)")
        await pilot.press("escape", "r")
        await see(pilot, "Evidence", "It is night in Korea", "Reason or ticket (required)")
        await see(pilot, "3 of 3 open", "open: A warning is not acknowledged")
        assert app.screen.query_one("#send").disabled
        await pilot.press("ctrl+s")
        await see(pilot, "A warning is not acknowledged")
        await pilot.press("escape")
        await focused(pilot, "Tick")
        await pilot.press("space")
        await see(pilot, "2 of 3 open")
        await pilot.press("ctrl+s")
        await see(pilot, "Evidence is missing")
        await pilot.press("escape")
        await focused(pilot, "#evidence")
        await pilot.press(*"call-17")
        await see(pilot, "1 of 3 open", "open: A reason is missing")
        await pilot.press("ctrl+s")
        await see(pilot, "A reason is missing")
        await pilot.press("escape")
        assert not [r for r in sandbox.requests if "update" in r.path]
        await focused(pilot, "#reason")
        await pilot.press(*"INC-9")
        await press(pilot, "send")
        await see(pilot, "✓ 1 confirmed")


async def test_withdrawing_needs_no_evidence_even_at_night(sandbox: SandboxThread) -> None:
    app = console(sandbox, environment=Environment.PRODUCTION, now=NIGHT)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("p", "enter", "r")
        screen = await see(pilot, "Review: 1 user", "Reason or ticket (required)")
        assert "Evidence" not in screen
        app.screen.query_one("#reason").focus()
        await type_in(pilot, "stop")
        await pilot.press("tab", "tab", "enter")
        await see(pilot, "✓ 1 confirmed")
    assert consent(sandbox, "user-0001", "night_kakao_flag") == "Unsubscribed"
    assert consent(sandbox, "user-0001", "info_flag") == "Subscribed"


@pytest.mark.parametrize("size", SIZES)
async def test_version_2_sends_only_what_was_staged_and_says_so(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "not readable")
        await pilot.press("down", "u", "r")
        await see(pilot, "not readable", "→ ○ withdrawn", "nothing that is sent will be")
        await pilot.press("tab", "enter")
        await see(pilot, "accepted, not verified")
    [request] = [r for r in sandbox.requests if r.path.startswith("/api/v1/user-profile")]
    assert json.loads(request.body)["user_properties"] == {"df_sms_ads_optin": False}


async def test_version_2_offers_all_five_identities(sandbox: SandboxThread) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app) as pilot:
        await see(pilot, "external_id ❭")
        await pilot.press("f2")
        await see(pilot, "phone_no", "email", "kakao_user_id", "line_user_id")
        await pilot.press("down", "down", "enter")
        await see(pilot, "email ❭")


async def test_version_2_asks_about_an_id_with_marks_of_a_chat_unless_its_kind_is_said(
    sandbox: SandboxThread,
) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app) as pilot:
        await look_up(pilot, "[user-0001]")
        await see(pilot, "Is this an id?", "in brackets")
        await pilot.press("escape", "f2", "enter")
        await look_up(pilot, "[user-0001]")
        await see(pilot, "not readable")


async def test_help_and_palette_name_every_key(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("f1")
        await see(pilot, "F5 R", "read this user again", "stage: it is withdrawn", "drop all edits")
        await pilot.press("escape", "ctrl+p")
        await see(pilot, "What to do")
        await pilot.press(*"presets")
        await see(pilot, "Presets")
        await pilot.press("enter")
        await see(pilot, "Stage a preset", "Stop all advertising")


async def test_read_only_is_shown_and_refused(sandbox: SandboxThread) -> None:
    app = console(sandbox, read_only=True)
    async with driven(app) as pilot:
        await see(pilot, "READ-ONLY (--read-only)")
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("u", "r")
        await see(pilot, "open: Read-only")
        await pilot.press("ctrl+s")
        await see(pilot, "may not write", "--read-only")
    assert not [r for r in sandbox.requests if "update" in r.path]


async def test_dropping_all_edits_asks_first(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("u", "X")
        await see(pilot, "Drop all edits of this user?")
        await pilot.press("enter")
        await see(pilot, "1 edit staged")
        await pilot.press("X", "down", "enter")
        await see(pilot, "Nothing staged.")


async def test_pasted_text_triggers_no_key(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.post_message(Paste("u\nr\n"))
        await pilot.press("2")
        await see(pilot, "favourite_store", "Nothing staged.")


async def test_what_was_written_shows_on_the_screens_one_comes_back_to(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0007")
        await see(pilot, "2 ids", "user-0007")
        await focused(pilot, "#users")
        await pilot.press("enter")
        await see(pilot, "go out?", "● given")
        await pilot.press("p", "enter", "r")
        await see(pilot, "Review: 1 user")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape")
        await see(pilot, "○ withdrawn", "Nothing staged.", "stays back")
        await pilot.press("escape")
        await see(pilot, "2 ids", "user-0007")
        rows = app.screen.query_one(UserList).rows
        wanted = {flag: State.UNSUBSCRIBED for flag in Flag if flag is not Flag.INFO}
        await until(pilot, lambda: wanted.items() <= rows.shown[0].consents.items())


async def test_reviewing_again_after_a_conflict_shows_what_is_there_now(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("down", "s", "u", "r")
        await see(pilot, "advertising by push  mkt_push_flag", "● given", "→ ○ withdrawn")
        sandbox.state.query("UPDATE users SET mkt_push_flag = NULL WHERE user_id = 'user-0001'")
        await pilot.press("tab", "enter")
        await see(pilot, "Changed meanwhile", "was", "there now", "? never set", "wanted")
        await pilot.press("tab", "enter")
        await see(pilot, "advertising by push  mkt_push_flag", "? never set", "→ ○ withdrawn")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
    assert consent(sandbox, "user-0001", "mkt_push_flag") == "Unsubscribed"


async def test_a_key_and_the_review_in_one_packet_leave_nothing_out(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        for key in ("down", "u", "down", "u", "r"):  # as a terminal passes them on: no key waits for another
            app.post_message(Key(key, key if len(key) == 1 else None))
        screen = await see(pilot, "Review: 1 user")
        assert screen.count("○ withdrawn") == 2


async def test_ids_pasted_after_a_look_up_take_the_place_of_the_id_before(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await focused(pilot, "ConsentMatrix")
        await pilot.press("escape", "i")
        await focused(pilot, "#ids")
        pilot.app.post_message(Paste("user-0002, user-0003\nuser-0004\n"))
        await until(pilot, lambda: pilot.app.screen.query_one("#ids", Input).value.endswith("user-0004"))
        await pilot.press("enter")
        await see(pilot, "3 ids", "3 found")
