"""On a slow line a key is easily pressed once more before the screen answers the first time."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Button

from dfn_tui.screens.paged_list import PagedList
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.table import REST, Column


class Numbers(PagedList[int]):
    """Opens another screen for each."""

    opened = 0

    def columns(self, width: int) -> Sequence[Column[int]]:
        return [Column("number", REST, lambda number: Text(str(number)))]

    def key(self, item: int) -> int:
        return item

    async def page(self, after: int | None, limit: int) -> Sequence[int]:
        return [1] if after is None else []

    def detail(self, item: int) -> str:
        return ""

    def open(self, item: int) -> None:
        self.opened += 1
        self.app.push_screen(Screen())


class Asking(Screen[None]):
    """Goes on to another screen."""

    begun = 0

    def compose(self) -> ComposeResult:
        yield Numbers()
        yield Buttons(("begin", "Begin"))

    def action_begin(self) -> None:
        self.begun += 1
        self.app.push_screen(Screen())


async def test_a_button_pressed_twice_acts_once() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = Asking()
        await app.push_screen(screen)
        button = screen.query_one(Button)
        button.press()
        button.press()
        await pilot.pause()
        assert screen.begun == 1


async def test_a_row_is_opened_once() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = Asking()
        await app.push_screen(screen)
        numbers = screen.query_one(Numbers)
        numbers.begin()
        await app.workers.wait_for_complete()
        await pilot.pause()
        numbers.action_open()
        numbers.action_open()
        assert numbers.opened == 1
