"""The help of each screen and dialog: its keys by what they are for, the legend, finding a key, Esc."""

import pytest
from textual.binding import Binding
from textual.widgets import Static

from dfn_tui.screens.help import HelpScreen, KeyLine, grouped, key_columns
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import CHANGE, GROUPS, KnownKey, key, key_name, lowered
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, shown, until

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]


def known(id: str, *names: str, words: str, about: str, group: Binding.Group | None = None) -> KnownKey:
    return KnownKey(key(names[0], "do", words, id, about, group=group), Static(), names, True)


def test_keys_stand_by_what_they_are_for_and_once_where_they_do_the_same() -> None:
    keys = [
        known("list.drop", "x", "backspace", words="Drop", about="Drop the edit", group=CHANGE),
        known("app.quit", "^q", words="Quit", about="Leave the console"),
        known("user.one", "1", words="Consents", about="Show this tab"),
        known("user.two", "2", words="CI", about="Show this tab"),
    ]
    assert grouped(keys) == [
        ("Change", [KeyLine("x", "drop the edit")]),
        ("Here", [KeyLine("1 2", "show this tab")]),
        ("Always", [KeyLine("^q", "leave the console")]),
    ]
    assert grouped(keys, "QUIT") == [("Always", [KeyLine("^q", "leave the console")])]
    assert grouped(keys, "nothing of it") == []
    assert len({group.description for group in GROUPS}) == len(GROUPS)


@pytest.mark.parametrize(("width", "columns"), [(50, 1), (72, 2), (132, 3)])
def test_there_are_as_many_columns_as_fit(width: int, columns: int) -> None:
    groups = [(str(at), [KeyLine("x", "drop")]) for at in range(6)]
    assert len(key_columns(groups, width).columns) == columns


def test_keys_are_named_as_people_write_them() -> None:
    named = {"f5": "F5", "ctrl+q": "^q", "escape": "esc", "enter": "enter", "slash": "/", "X": "X"}
    assert {one: key_name(Binding(one, "do")) for one in named} == named
    assert lowered("Read again") == "read again"
    assert lowered("A page up") == "a page up"
    assert lowered("CI") == "CI"


@pytest.mark.parametrize("size", SIZES)
async def test_the_help_of_the_list(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("question_mark")
        await see(pilot, "Help · list of users", "Keys here", "Mark", "Change", "Find", "F6 c", "esc close")
        await pilot.press("end")
        await see(pilot, "A withdrawal never waits.", "may go out without a yes", "not sent yet")
        await pilot.press("question_mark")
        await see(pilot, "user-0002")


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_mark_is_typed_in_a_field_and_f1_helps_there(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("c", "h", "J", "question_mark")
        assert app.screen.query_one("#ids", Field).value == "chJ?"
        await pilot.press("f1")
        await see(pilot, "Keys here", "jobs: many users at once")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        assert app.screen.query_one("#ids", Field).value == "chJ?"


async def test_a_key_is_found_by_a_word(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("question_mark", "slash", *"copy")
        screen = await see(pilot, "y         copy the ids")
        assert "Network Act" not in screen
        assert "mark this user" not in screen
        await pilot.press(*"cat")
        await see(pilot, "No key of this screen does that.")
        await pilot.press("escape")
        await see(pilot, "mark this user")
        await pilot.press("escape")
        await see(pilot, "Users · 2 ids")


@pytest.mark.parametrize("size", SIZES)
async def test_esc_closes_one_layer_a_press(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await pilot.press("f6")
        await see(pilot, "▸")
        await pilot.press("question_mark")
        await see(pilot, "enter     open", "add a connection to the")
        await pilot.press("escape")
        await pilot.press("a")
        await see(pilot, "Add a connection")
        await pilot.press("f1")
        await see(pilot, "Help · add a connection", "Keys here")
        await pilot.press("f1")
        await see(pilot, "start: from nothing to the first change"[:5])
        for left in (4, 3, 2, 1):
            await until(pilot, lambda: len(app.screen_stack) == left + 2)  # noqa: B023  awaited here
            await pilot.press("escape")
        assert len(app.screen_stack) == 2
        assert "one or many" in shown(app)


async def test_the_help_of_the_help_is_the_manual(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await pilot.press("f1", "f1")
        await see(pilot, "troubleshooting", "consents-and-night")
