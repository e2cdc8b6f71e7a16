"""Which theme the console starts with, and that a change of it reaches what is on the screen."""

import pytest
from textual.app import ComposeResult

from dfn_tui import paths
from dfn_tui.screens.theming import ThemedApp, theme_for
from dfn_tui.widgets.choices import Choices
from dfn_tui.widgets.palette import OWN, TERMINAL, THEMES, text_theme, themes
from dfn_tui.widgets.plain_text import PlainText


@pytest.mark.parametrize(
    ("environ", "asked", "theme"),
    [
        ({"TERM": "xterm-256color"}, None, "dark"),
        ({"TERM": "tmux-256color"}, "light", "light"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, None, "dark"),
        ({"TERM": "xterm"}, "dark", "terminal"),
        ({"TERM": "linux"}, None, "terminal"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "dark", "terminal"),
        ({"TERM": "xterm-256color"}, "terminal", "terminal"),
        ({}, None, "terminal"),
    ],
)
def test_the_theme_to_start_with(environ: dict[str, str], asked: str | None, theme: str) -> None:
    assert theme_for(environ, asked) == theme


def test_every_theme_has_the_same_roles() -> None:
    roles = [set(text_theme(name).styles) for name in THEMES]
    assert roles[0] == roles[1] == roles[2]


class Given(ThemedApp):
    def compose(self) -> ComposeResult:
        from rich.text import Text

        yield PlainText(Text("given", "given"))

    def colour(self) -> str:
        [strip, *_] = self.screen._compositor.render_strips()
        [found] = [one for one in strip if one.text.strip() == "given"]
        assert found.style is not None and found.style.color is not None
        return found.style.color.name


async def test_a_change_of_theme_reaches_what_is_shown() -> None:
    app = Given(paths.style_files("base"), "dark")
    async with app.run_test() as pilot:
        assert app.colour() == OWN["dark"].given
        app.action_theme("light")
        await pilot.pause()
        assert app.colour() == OWN["light"].given
        app.action_theme("terminal")
        await pilot.pause()
        assert app.colour() == "color(2)"


class Long(ThemedApp):
    def compose(self) -> ComposeResult:
        yield Choices(*map(str, range(100)))


async def test_without_colours_the_cursor_of_a_list_is_seen() -> None:
    app = Long(paths.style_files(), TERMINAL)
    async with app.run_test() as pilot:
        await pilot.press("down")
        strips = app.screen._compositor.render_strips()[:2]
        first, second = (next(one.style for one in strip if one.text.strip()) for strip in strips)
        assert second is not None and second.reverse
        assert first is not None and not first.reverse


def test_the_terminals_own_bars_to_scroll_by_are_neither_blue_nor_black() -> None:
    variables = themes()[TERMINAL].variables
    bars = {colour for name, colour in variables.items() if name.startswith("scrollbar")}
    assert bars == {"ansi_bright_black", "ansi_default"}  # blue is for what is staged
