"""The list of journal entries that the history of all and the history of one user share."""

from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static
from textual.worker import Worker

from dfn_tui.screens.history.words import columns, detail, row
from dfn_tui.service import Desk, Entry, Filter, JournalError, JournalKeeper
from dfn_tui.text import _
from dfn_tui.widgets.table import Table

PAGE = 200
"""Entries read at a time; the next page is read when the cursor comes to the last row."""


class HistoryList(Vertical):
    """Newest first; Enter opens an entry. `ask` says which ones are listed. A journal that cannot be read is
    said in their place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "o", "open", _("Open"), id="history.open", key_display="Enter/o", tooltip=_("Open this entry")
        ),
    ]

    def __init__(self, keeper: JournalKeeper, desk: Desk | None, *, users: bool) -> None:
        """`desk` is the one the history was opened from; `users`: whether a column names the user."""
        super().__init__()
        self._keeper = keeper
        self._desk = desk
        self._users = users
        self._asked: tuple[Filter, str] | None = None
        self._entries: list[Entry] = []
        self._more = False
        self._reading: Worker[None] | None = None
        self._width_shown = 0

    def compose(self) -> ComposeResult:
        yield Static(classes="said", markup=False)
        yield Table(cursor_type="row", show_row_labels=False)
        yield Static(classes="detail", markup=False)

    @property
    def _table(self) -> Table:
        return self.query_one(Table)

    def ask(self, wanted: Filter, none: str) -> None:
        """Lists the entries that fit; `none` is said where there is none."""
        if (wanted, none) == self._asked:
            self.look_again()
        else:
            self._asked = (wanted, none)
            self._reading = self._read(PAGE)

    def look_again(self) -> None:
        """Reads what is shown anew; the cursor stays with its entry."""
        self._reading = self._read(max(PAGE, len(self._entries)))

    @work(exclusive=True, group="history")
    async def _read(self, limit: int) -> None:
        if self._asked is None:
            return
        wanted, none = self._asked
        try:
            found = await self._keeper.find(wanted, limit=limit)
        except JournalError as error:
            found, none = [], f"! {error.title}. {error.happened} {error.next_step}"
        self._more = len(found) == limit
        if found != self._entries or not found:
            chosen = self._current()
            self._entries = found
            self._fill(chosen)
        self._say("" if found else none)
        self.call_later(self._go_on)

    @work(exclusive=True, group="history")
    async def _read_on(self) -> None:
        assert self._asked is not None
        wanted, _none = self._asked
        try:
            found = await self._keeper.find(wanted, limit=PAGE, before_seq=self._entries[-1].seq)
        except JournalError as error:
            self._say(f"! {error.title}. {error.happened} {error.next_step}")
            return
        self._more = len(found) == PAGE
        self._entries += found
        self._add(found)

    def _say(self, words: str) -> None:
        said = self.query_one(".said", Static)
        said.display = bool(words)
        said.update(words)

    def _current(self) -> Entry | None:
        at = self._table.cursor_row
        return self._entries[at] if at < len(self._entries) else None

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width not in (0, self._width_shown):
            self._width_shown = event.size.width
            self._fill(self._current())

    def _columns(self) -> list[tuple[str, str, int]]:
        scrollbar = 1
        return columns(self._width_shown - scrollbar, users=self._users)

    def _fill(self, chosen: Entry | None) -> None:
        """Builds the table anew: other entries, or another width."""
        if not self._width_shown:
            return  # not laid out yet: on_resize will fill it
        table = self._table
        table.clear(columns=True)
        for key, label, size in self._columns():
            table.add_column(Text(label), key=key, width=size)
        self._add(self._entries)
        numbers = [entry.seq for entry in self._entries]
        if chosen is not None and chosen.seq in numbers:
            table.move_cursor(row=numbers.index(chosen.seq))
        self._show_detail()

    def _add(self, entries: list[Entry]) -> None:
        shown = self._columns()
        for entry in entries:
            self._table.add_row(*row(entry, shown))

    def _show_detail(self) -> None:
        entry = self._current()
        self.query_one(".detail", Static).update(detail(entry) if entry else "")

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self._show_detail()
        self._go_on()

    def _go_on(self) -> None:
        """Reads the next page where the cursor stands at the end of this one."""
        idle = self._reading is None or self._reading.is_finished
        if self._more and idle and self._table.cursor_row == len(self._entries) - 1:
            self._reading = self._read_on()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        from dfn_tui.screens.history.entry import EntryScreen  # noqa: PLC0415  not needed for the first paint

        entry = self._current()
        if entry is not None and self.screen.is_current:  # not twice, where the key was pressed twice
            self.app.push_screen(EntryScreen(self._keeper, entry, self._desk))
