"""Lines that are made when they are seen, and a cursor among the items in them."""

from typing import Any

from rich.text import Text
from textual.app import ComposeResult

from dfn_tui import paths
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.widgets.lines import Lines, Page, Spot


class LinesApp(ThemedApp):
    """Three users a line."""

    def __init__(self, lines: int) -> None:
        super().__init__(paths.style_files())
        self.animation_level = "none"
        self.made: set[int] = set()
        self.chosen: list[object] = []
        self._count = lines

    def compose(self) -> ComposeResult:
        yield Lines(self._page, id="lines", classes="panel", said="all of it")

    def _page(self, width: int) -> Page:
        lines = [lambda on, at=at: self._line(at, on) for at in range(self._count)]
        targets = [Spot(at, column, f"{at}-{column}") for at in range(self._count) for column in range(3)]
        return Page(lines, targets)

    def _line(self, at: int, on: object) -> Text:
        self.made.add(at)
        items = [f"{at}-{column}" for column in range(3)]
        return Text("  ".join(f"[{item}]" if item == on else item for item in items))

    def on_lines_picked(self, event: Lines.Picked) -> None:
        self.chosen.append(event.item)


def shown(app: Any) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def test_of_thousands_those_are_made_that_are_seen() -> None:
    app = LinesApp(5000)
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Lines).styles.height = "100%"
        await pilot.pause()
        assert 0 < len(app.made) <= 24
        assert "4,978 more lines" in shown(app)
        await pilot.press("end")
        await pilot.pause()
        assert len(app.made) <= 48
        assert "4999-0" in shown(app)
        assert "all of it" in shown(app)


async def test_the_cursor_goes_from_item_to_item_and_enter_chooses() -> None:
    app = LinesApp(5)
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Lines).focus()
        await pilot.pause()
        assert "[0-0]" in shown(app)
        await pilot.press("right", "down", "down", "up", "enter")
        await pilot.press("left", "left", "enter")  # to the one before, on the line above
        await pilot.press("up", "enter")
        await pilot.press("down", "down", "down", "down", "down", "enter")
        await pilot.press("right", "enter")
        assert app.chosen == ["1-1", "0-2", "0-2", "4-2", "4-2"]


async def test_the_cursor_stays_with_its_item_when_all_is_made_anew() -> None:
    app = LinesApp(5)
    async with app.run_test(size=(80, 24)) as pilot:
        lines = app.query_one(Lines)
        lines.focus()
        await pilot.press("down", "right")
        lines.rebuild()
        await pilot.pause()
        assert lines.item == "1-1"
        assert len(lines.items) == 15
