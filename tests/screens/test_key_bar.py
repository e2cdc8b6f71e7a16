"""The footer names what there is room for, each key with its whole meaning, and how many more there are."""

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Button, OptionList

from dfn_tui import paths
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.keys import bindings, key
from tests.screens.driving import until


class Keys(ThemedApp):
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        key("a", "apply", "Apply", "plan.apply", "Send it"),
        key("b", "bad", "나쁜 줄", "plan.bad", "나쁜 줄"),
        key("slash", "rare", "Rare", "plan.rare", "Hardly needed", show=False),
        key("z", "leave", "CI", "plan.leave", "Leave"),
        key("question_mark,f1", "help", "Help", "screen.help", "This page"),
        key("ctrl+q", "quit", "Quit", "app.quit", "Leave the console"),
    )

    def __init__(self) -> None:
        super().__init__(paths.style_files())

    def compose(self) -> ComposeResult:
        yield Button("Cancel", id="cancel")
        yield OptionList("one", id="list")
        yield Field(id="field")
        yield KeyBar()

    def action_apply(self) -> None: ...

    def action_bad(self) -> None: ...

    def action_rare(self) -> None: ...

    def action_leave(self) -> None: ...

    def action_help(self) -> None: ...

    @property
    def line(self) -> str:
        return str(self.query_one(KeyBar).render())


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (45, " a apply  b 나쁜 줄  z CI  ^q quit  ? 1 more"),
        (44, " a apply  b 나쁜 줄  z CI          ? 1 more"),
        (34, " a apply  b 나쁜 줄      ? 2 more"),
        (19, " a apply  ? 3 more"),
        (10, " ? 4 more"),
    ],
)
async def test_no_key_is_cut_in_two(width: int, shown: str) -> None:
    app = Keys()
    async with app.run_test(size=(width, 24)) as pilot:
        app.set_focus(None)
        await until(pilot, lambda: app.line == shown)


async def test_more_keys_come_with_more_room() -> None:
    app = Keys()
    async with app.run_test(size=(19, 24)) as pilot:
        app.set_focus(None)
        await until(pilot, lambda: "z CI" not in app.line)
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: "z CI" in app.line)


async def test_what_is_the_same_everywhere_is_not_counted() -> None:
    """Quitting is in no room, and one hidden key of the screen is all that is missed."""
    app = Keys()
    async with app.run_test(size=(36, 24)) as pilot:
        app.set_focus(None)
        await until(pilot, lambda: "z CI" in app.line and "^q" not in app.line)
        assert app.line.endswith("? 1 more")


async def test_in_a_field_only_what_it_does_not_type_is_named() -> None:
    app = Keys()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one("#field").focus()
        await until(pilot, lambda: "apply" not in app.line)
        assert app.line == " ^q quit" + " " * 44 + "F1 help"
        await pilot.press("slash", "question_mark", "a")
        assert app.query_one(Field).value == "/?a"


async def test_enter_is_named_where_it_acts() -> None:
    app = Keys()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one("#cancel").focus()
        await until(pilot, lambda: app.line.startswith(" enter cancel  a apply"))
        app.query_one("#list").focus()
        await until(pilot, lambda: app.line.startswith(" enter choose  a apply"))
        app.enter_does = "Plan it"  # type: ignore[attr-defined]
        await pilot.resize_terminal(61, 24)
        await until(pilot, lambda: app.line.startswith(" enter plan it  a apply"))


async def test_the_same_line_is_not_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Keys()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one("#list").focus()
        await until(pilot, lambda: "choose" in app.line)
        bar, painted = app.query_one(KeyBar), list[object]()
        monkeypatch.setattr(bar, "refresh", lambda *regions, **how: painted.append(regions))
        app.screen.refresh_bindings()
        await pilot.pause()
        assert painted == []
