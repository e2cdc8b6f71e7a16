"""The list with the user beside it, and the way between that and a screen for the user alone."""

from typing import Any

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.lookup.screen import LookupScreen
from dfn_tui.screens.lookup.workbench import Workbench
from dfn_tui.screens.user.panel import UserPanel
from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, shown, until

WIDE = [(140, 40), pytest.param((200, 50), marks=pytest.mark.slow)]
THREE = "user-0001 user-0002 user-0003"


def lookup(pilot: Any) -> LookupScreen:
    found = pilot.app.screen_stack[1]
    assert isinstance(found, LookupScreen)
    return found


def bench(pilot: Any) -> Workbench:
    found = lookup(pilot).query_one(Workbench)
    assert isinstance(found, Workbench)
    return found


async def three(pilot: Any) -> None:
    await look_up(pilot, THREE)
    await see(pilot, "3 ids")
    await focused(pilot, "#users")


@pytest.mark.parametrize("size", WIDE)
async def test_the_user_beside_the_list_follows_the_cursor(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    async with driven(console(sandbox), size) as pilot:
        await three(pilot)
        await see(pilot, "user-0001 user_id")
        asked = len(sandbox.requests)
        for _press in range(2):
            await pilot.press("down")
            record = bench(pilot).list_panel.users.highlighted
            assert record is not None and bench(pilot).beside.identity == record.identity
            await see(pilot, f"{record.identity.value} user_id")
        assert len(sandbox.requests) == asked  # shown from what was read


async def test_below_that_width_the_list_has_all_the_room(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (139, 40)) as pilot:
        await three(pilot)
        assert not bench(pilot).query("#beside")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))


async def test_enter_goes_to_the_user_and_escape_back_to_the_list(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        await pilot.press("down", "down", "u")
        await see(pilot, "Staged 1 user, 1 edit", "SMS → ○ 1", "›○")
        await pilot.press("escape")
        await focused(pilot, "#users")
        await pilot.press("escape")
        await focused(pilot, "#ids")


async def test_what_is_staged_in_the_list_is_seen_beside_it(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("u", "4")
        await see(pilot, "1 edit staged", "› ○ withdrawn")
        await pilot.press("x")
        await until(pilot, lambda: not bench(pilot).beside.aside)


async def test_no_row_moves_when_something_is_staged(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (160, 45)) as pilot:
        await three(pilot)
        parts = [bench(pilot).list_panel, bench(pilot).beside, bench(pilot).spread]
        before = [part.region for part in parts]
        await see(pilot, "Advertising by SMS in this list of 3")
        await pilot.press("u", "4")
        await see(pilot, "Staged 1 user, 1 edit")
        assert [part.region for part in parts] == before
        await pilot.press("x")
        await until(pilot, lambda: not lookup(pilot).staged_bar.visible)
        assert [part.region for part in parts] == before


async def test_of_one_user_alone_no_bars_are_drawn(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (160, 45)) as pilot:
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        await pilot.press("u")
        await see(pilot, "Staged 1 user, 1 edit")
        assert bench(pilot).spread.words is None


async def test_one_known_id_is_worked_on_at_once(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        assert len(pilot.app.screen_stack) == 2


async def test_what_there_is_room_for_is_there_once_the_terminal_grew_and_goes_with_the_room(
    sandbox: SandboxThread,
) -> None:
    spread, sentence = "Advertising by SMS in this list of 3", "may get SMS advertising"
    app = console(sandbox)
    async with driven(app, (80, 24)) as pilot:
        await three(pilot)
        await pilot.resize_terminal(160, 45)
        await see(pilot, spread, sentence)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: sentence not in shown(app))
        assert spread not in shown(app)


@pytest.mark.slow
async def test_the_place_is_kept_from_wide_to_narrow_and_back(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        await pilot.press("down", "down", "u")
        await until(pilot, lambda: len(lookup(pilot).session.staging) == 1)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))
        await see(pilot, "user-0002", "withdrawn")
        await pilot.press("n")
        await see(pilot, "user-0003 user_id")
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        record = bench(pilot).list_panel.users.highlighted
        assert record is not None and record.identity.value == "user-0003"
        assert bench(pilot).beside.identity == record.identity
        assert len(lookup(pilot).session.staging) == 1


async def test_the_tab_is_kept_from_wide_to_narrow_and_back(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("enter", "4")
        await see(pilot, "Nothing was changed of this user")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))
        await see(pilot, "Nothing was changed of this user")
        await pilot.press("2")
        await until(pilot, lambda: pilot.app.screen.query_one(UserPanel).tab == "properties")
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await until(pilot, lambda: bench(pilot).beside.tab == "properties" and bench(pilot).in_user)


@pytest.mark.parametrize("ids", [THREE, "user-0001"])
async def test_the_place_beside_the_list_is_made_when_the_terminal_grows(
    sandbox: SandboxThread, ids: str
) -> None:
    async with driven(console(sandbox), (80, 24)) as pilot:
        await look_up(pilot, ids)
        if ids is THREE:
            await focused(pilot, "#users")
            await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))
        assert not bench(pilot).query("#beside")
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        await see(pilot, "user-0001 user_id")
        assert len(bench(pilot).query("#beside")) == 1


async def test_a_dialog_stays_while_the_terminal_grows_and_the_user_moves_after_it(
    sandbox: SandboxThread,
) -> None:
    async with driven(console(sandbox), (80, 24)) as pilot:
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))
        await see(pilot, "go out?")
        await pilot.press("p")
        await see(pilot, "Stage a preset")
        await pilot.resize_terminal(140, 40)
        await see(pilot, "Stage a preset")
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await see(pilot, "Staged 1 user")
        assert len(lookup(pilot).session.staging) == 1


async def test_a_dialog_stays_while_the_terminal_shrinks_and_the_user_moves_after_it(
    sandbox: SandboxThread,
) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: isinstance(pilot.app.focused, ConsentMatrix))
        await see(pilot, "go out?")
        await pilot.press("p")
        await see(pilot, "Stage a preset")
        await pilot.resize_terminal(80, 24)
        await see(pilot, "Stage a preset")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UserScreen))
        await see(pilot, "Staged 1 user")
        assert len(lookup(pilot).session.staging) == 1


async def test_in_the_list_the_place_is_kept_as_well(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("down", "space")
        await pilot.resize_terminal(80, 24)
        await focused(pilot, "#users")
        await pilot.resize_terminal(140, 40)
        await focused(pilot, "#users")
        await see(pilot, "1 marked", "user-0003 user_id")


async def test_identifiers_are_read_only_when_their_tab_is_opened(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        assert not [one for one in sandbox.requests if "ci" in one.path.lower()]
        await pilot.press("3")
        await pilot.press("enter")
        await pilot.press("3")
        await see(pilot, "phone_number", "••")
        assert [one for one in sandbox.requests if "ci" in one.path.lower()]


async def test_who_was_written_to_is_read_again_in_both(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        identity = bench(pilot).list_panel.users.rows.shown[0].identity
        sandbox.state.write_profiles([(identity.value, {Flag.INFO: State.UNSUBSCRIBED}, {})])
        lookup(pilot).session.writes.add([identity])  # as what another screen sends is counted
        lookup(pilot).on_screen_resume()
        records = bench(pilot).list_panel.users.rows.records
        await until(pilot, lambda: records[identity].consents[Flag.INFO] is State.UNSUBSCRIBED)
        beside = bench(pilot).beside
        await until(
            pilot,
            lambda: beside.record is not None and beside.record.consents[Flag.INFO] is State.UNSUBSCRIBED,
        )


async def test_users_of_version_2_are_staged_from_the_list_too(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox, api=ApiVersion.V2), (140, 40)) as pilot:
        await look_up(pilot, "shopper-1 shopper-2")
        await see(pilot, "2 ids", "not readable")
        await focused(pilot, "#users")
        await pilot.press("asterisk", "u")
        await see(pilot, "Withdraw: 2 users")
        await pilot.press("3")
        await see(pilot, "Staged 2 users, 2 edits", "›○")


async def test_nobody_shown_is_said_beside_the_list(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), (140, 40)) as pilot:
        await three(pilot)
        await pilot.press("slash", *"nobody at all")
        await see(pilot, "0 shown", "Nobody fits the filter. esc shows all.")


async def test_what_is_told_while_the_list_is_being_made_ends_nothing(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        screen = app.screen
        assert isinstance(screen, LookupScreen)
        await until(pilot, lambda: bool(screen.query("#progress")))
        screen._made = Workbench(screen.session, id="workbench")  # and not mounted yet
        screen._progress_line("")
        screen.look_at_writes()
        screen._mounting = screen.mount(screen._made, after="#ask")
        screen.look_up((screen.session.identity("user-0001"), screen.session.identity("user-0002")))
        await see(pilot, "user-0001 이지우", "user-0002 조현우")
