"""Korean letters are keys where commands are, and text in inputs."""

from pathlib import Path

import pytest
from textual.events import Key

from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.lookup.list_panel import ListPanel
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, users, write_list
from tests.screens.driving import console, driven, focused, look_up, see, until


async def test_syllables_are_the_keys_they_were_typed_with(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.post_message(Key("ㅕ", "ㅕ"))  # u
        await see(pilot, "1 edit staged", "s give")  # keys are shown in Latin letters
        app.post_message(Key("ㄱ", "ㄱ"))  # r
        await see(pilot, "Review: 1 user")
        app.post_message(Key("쟈", "쟈"))  # w, which means nothing here, then i
        await focused(pilot, "#reason")
        for letter in "고객 ㅇㅇ":
            app.post_message(Key(letter, letter))
        field = app.screen.query_one("#reason", Field)
        await until(pilot, lambda: field.value == "고객 ㅇㅇ")


async def test_a_syllable_is_several_keys_in_their_order(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002 user-0003")
        await see(pilot, "3 found")
        await focused(pilot, "UserList")
        app.post_message(Key("ㅓ", "ㅓ"))  # j
        await until(pilot, lambda: app.screen.query_one(ListPanel).users.cursor == 1)
        app.post_message(Key("히", "히"))  # g l: to the first row, then recent look-ups
        await see(pilot, "Look up again")


async def test_shift_and_control_are_kept(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.post_message(Key("ctrl+ㅔ", None))
        await see(pilot, "What to do")
        await pilot.press("escape")
        before = len(sandbox.requests)
        app.post_message(Key("ㄲ", "ㄲ"))  # R
        await until(pilot, lambda: len(sandbox.requests) > before)


@pytest.mark.slow
async def test_each_newer_screen_knows_them(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    """A plan, a job and pre-flight: one letter each, as a Korean types it."""

    def korean(letters: str) -> None:
        for letter in letters:
            app.post_message(Key(letter, letter))

    app = console(sandbox, journal=journal)
    async with driven(app, (100, 30)) as pilot:
        sandbox.state.write_profiles([(one, {Flag.MKT_SMS: State.SUBSCRIBED}, {}) for one in users(1, 2)])
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "2 found")
        await focused(pilot, "UserList")
        korean("ㅖ")  # P
        await see(pilot, "Advertising by SMS")
        korean("ㅅ")  # t
        await see(pilot, "When does it go out?")
        korean("ㅅ")  # text in a field
        await until(pilot, lambda: app.screen.query_one(Field).value.endswith("ㅅ"))
        await pilot.press("escape")
        await see(pilot, "Advertising by SMS")
        korean("ㅊ")  # c
        await see(pilot, "The campaign goes out by")
        await pilot.press("escape", "escape")
        await focused(pilot, "UserList")
        await make_plan(pilot, write_list(tmp_path, *users(1, 2)), groups=True)
        korean("ㅕ")  # u
        await see(pilot, "All users")
        korean("ㅌ")  # x
        await see(pilot, "Plan: 1 user to be sent")
        korean("ㅌ")
        await see(pilot, "2 users to be sent")
        korean("ㅁ")  # a
        await see(pilot, "Apply: 2 users")
        korean("ㅑ")  # i
        await focused(pilot, "#reason")
        await pilot.press("escape")
        await see(pilot, "2 users to be sent")
        await apply(pilot)
        await see(pilot, "finished", "2 ✓ confirmed")
        korean("ㅍ")  # v
        await see(pilot, "Verify")
        await pilot.press("escape")
        await see(pilot, "finished")
        korean("ㄷ")  # e
        await see(pilot, "Write the results")
