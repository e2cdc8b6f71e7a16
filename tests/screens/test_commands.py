"""The palette: what can be done, found by the words people use, with the keys that do the same."""

import pytest

from dfn_tui.screens.commands import Command, CommandsDialog, found
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, shown, until

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]


def command(words: str, about: str = "", keys: str = "", also: str = "") -> Command:
    return Command(words, lambda: None, about, keys, also)


def test_a_command_is_found_by_the_beginnings_of_its_words_in_any_order() -> None:
    stop = command("Stop advertising by SMS", also="ads withdraw")
    history = command("Go to history", "What was changed, by whom", "F7 h")
    other = command("Copy", "Stop here and copy the history")
    known = [other, stop, history]
    assert found(known, "stop sms") == found(known, "SMS ads") == [stop]
    assert found(known, "hist") == [history, other]  # its own words count for more
    assert found(known, "f7") == [history]
    assert found(known, "tory") == []
    assert found(known, "  ") == known


@pytest.mark.parametrize("size", SIZES)
async def test_presets_are_commands_where_there_is_somebody(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("ctrl+p", *"stop sms")
        await see(pilot, "Nothing here does that.")
        await pilot.press("escape")
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("asterisk", "ctrl+p")
        await see(pilot, "Stop all advertising", "Stop night advertising")
        await pilot.press(*"stop sms")
        await see(pilot, "Stop advertising by SMS")
        await pilot.press("enter")
        await see(pilot, "›○", "Staged")
    staged = app.connections.session("here").staging.changes()
    assert {change.identity.value for change in staged} == {"user-0001", "user-0002"}


@pytest.mark.parametrize("size", SIZES)
async def test_a_preset_of_one_user(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await focused(pilot, "ConsentMatrix")
        await see(pilot, "● given")
        await pilot.press("ctrl+p", *"stop all ads")
        await see(pilot, "Stop all advertising")
        await pilot.press("enter")
        await see(pilot, "› ○ withdrawn")


async def test_a_place_and_a_key_are_named_with_their_keys(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("ctrl+p")
        await see(pilot, "Go to history", "F7 h", "Go to jobs", "F8 J")
        await pilot.press(*"go history", "enter")
        await see(pilot, "Nothing was changed from this host yet.")


async def test_nothing_of_textuals_own_is_offered(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (140, 60)) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("ctrl+p")
        dialog = app.screen
        assert isinstance(dialog, CommandsDialog)
        words = " ".join(one.words for one in dialog._commands)
        assert {"Theme: dark", "Manual", "Lock now"} <= {one.words for one in dialog._commands}
        assert "Screenshot" not in words
        assert "Keys" not in words
        assert "Maximize" not in words


async def test_a_theme_and_the_lock_are_commands(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("ctrl+p", *"theme light", "enter")
        await until(pilot, lambda: app.theme == "light")
        await pilot.press("ctrl+p", *"lock", "enter")
        await see(pilot, "Locked")
        await pilot.press("ctrl+p")
        assert app.locked
        assert "What to do" not in shown(app)


async def test_from_the_help_come_the_commands_of_the_screen_beneath(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("question_mark", "ctrl+p")
        await see(pilot, "Stop all advertising")
        await pilot.press("ctrl+p", "escape")  # not one palette over the other
        await see(pilot, "Users · 2 ids")
        assert len(app.screen_stack) == 2


async def test_the_arrows_move_in_the_list_while_one_types(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("ctrl+p", *"theme", "down", "down", "up", "down")
        dialog = app.screen
        assert isinstance(dialog, CommandsDialog)
        assert dialog.query_one(Field).has_focus
        assert dialog.option_list.highlighted == 2
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "terminal")
