"""A list that is read a page at a time."""

from collections.abc import Sequence
from typing import Generic

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import Column, Item, Table

SOON = 0.2
"""Seconds after which it is said that something is being read."""
PAGE = 200
"""Items read at a time; the next page is read when the cursor comes to the last row."""


class PagedList(Vertical, Generic[Item]):
    """Enter opens an item; the one under the cursor is shown below the table with the width of the terminal.
    What cannot be read is said in the list's place."""

    said_text = getters.query_one(".said", PlainText)
    table = getters.query_one(Table)

    def __init__(self, none: str = "") -> None:
        """`none` is said where there is no item."""
        super().__init__()
        self.none = none
        self._more = False
        self._reading: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield PlainText(classes="said")
        table = Table(self.columns, self.key)
        table.show_header = False  # until there is a row
        yield table
        yield PlainText(classes="detail")

    def columns(self, width: int) -> Sequence[Column[Item]]:
        """Those for a list so wide."""
        raise NotImplementedError

    def key(self, item: Item) -> object:
        """What tells items apart."""
        raise NotImplementedError

    async def page(self, after: Item | None, limit: int) -> Sequence[Item]:
        """The items that follow this one, or the first ones. Raises ConsoleError."""
        raise NotImplementedError

    def detail(self, item: Item) -> Text | str:
        """All of an item that has to be seen without opening it."""
        raise NotImplementedError

    def open(self, item: Item) -> None:
        """Opens an item."""
        raise NotImplementedError

    def begin(self) -> None:
        """Reads the first page of what is asked for now."""
        self._reading = self._read(PAGE, place=0)

    def look_again(self) -> None:
        """Reads what is shown anew; the cursor stays with its item."""
        self._reading = self._read(max(PAGE, len(self.table.items)))

    @property
    def _is_reading(self) -> bool:
        return self._reading is not None and not self._reading.is_finished

    @work(exclusive=True, group="page")
    async def _read(self, limit: int, place: int | None = None) -> None:
        waiting = self.set_timer(SOON, self._say_reading)
        try:
            found, said = await self._page(None, limit)
        finally:
            waiting.stop()  # also where another read took this one's place
        if not self.query(".said"):
            return  # closed meanwhile
        self.table.show_header = bool(found)
        self.table.show(found, place=place)
        self.said_text.say(said if said or found else self.none)
        self._show_detail()
        self.was_read()
        self.refresh_bindings()
        self.call_later(self._go_on)

    def was_read(self) -> None:
        """Called when what is shown was read just now."""

    def _say_reading(self) -> None:
        """No blank list stands there without a word."""
        if not self.table.items:
            self.said_text.say(_("Reading…"))

    @work(exclusive=True, group="page")
    async def _read_on(self) -> None:
        found, said = await self._page(self.table.items[-1], PAGE)
        self.table.add(found)
        self.said_text.say(said)

    async def _page(self, after: Item | None, limit: int) -> tuple[Sequence[Item], str]:
        """The items, and in their place why they cannot be read."""
        try:
            found = await self.page(after, limit)
        except ConsoleError as error:
            return (), f"! {error.title}. {error.happened} {error.next_step}"
        self._more = len(found) == limit
        return found, ""

    def _show_detail(self) -> None:
        item = self.table.highlighted
        self.query_one(".detail", PlainText).update(self.detail(item) if item is not None else "")

    def on_data_table_row_highlighted(self) -> None:
        self._show_detail()
        self._go_on()

    def _go_on(self) -> None:
        """Reads the next page where the cursor stands at the end of this one."""
        if self._more and not self._is_reading and self.table.cursor_row == len(self.table.items) - 1:
            self._reading = self._read_on()

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An empty list has nothing to open."""
        return action != "open" or bool(self.table.items)

    def action_open(self) -> None:
        item = self.table.highlighted
        if item is not None and self.screen.is_active:  # not twice, where the key was pressed twice
            self.open(item)
