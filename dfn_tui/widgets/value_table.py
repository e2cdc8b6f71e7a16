"""A table of named values: what is there now, and what is staged."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events

from dfn_tui.widgets.table import Table

_COLUMNS = 3
_PADDING = 2  # one column on each side of a cell


@dataclass(frozen=True, slots=True)
class Cell:
    """Text for display, already inert, and a style for the whole of it."""

    text: str
    style: str = ""

    def text_within(self, width: int) -> Text:
        """As one line of at most that many columns."""
        line = Text(self.text, self.style, no_wrap=True)
        line.truncate(width, overflow="ellipsis")
        return line


@dataclass(frozen=True, slots=True)
class Row:
    """One value; `key` tells rows apart and may be any text."""

    key: str
    name: Cell
    current: Cell
    staged: Cell

    @property
    def cells(self) -> tuple[Cell, Cell, Cell]:
        return self.name, self.current, self.staged


class ValueTable(Table):
    """Three columns as wide as the terminal allows. Only cells that changed are painted again."""

    def __init__(self, heads: Sequence[str]) -> None:
        super().__init__(cursor_type="row", show_row_labels=False)
        self._heads = tuple(heads)
        self._rows_shown: tuple[Row, ...] = ()
        self._width_shown = 0

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        return self._rows_shown[self.cursor_row].key if self._rows_shown else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Shows these; the cursor stays with its row."""
        before, self._rows_shown = self._rows_shown, tuple(rows)
        if self._width_shown == 0:
            return  # not laid out yet: on_resize will fill it
        if [row.key for row in before] != [row.key for row in rows]:
            self._fill(before)
            return
        for at, (old, new) in enumerate(zip(before, rows, strict=True)):
            for column, (was, now) in enumerate(zip(old.cells, new.cells, strict=True)):
                if was != now:
                    self.update_cell(str(at), str(column), now.text_within(self._widths()[column]))

    def on_resize(self, _event: events.Resize) -> None:
        if self.size.width not in (0, self._width_shown):
            self._width_shown = self.size.width
            self._fill(self._rows_shown)

    def _widths(self) -> tuple[int, int, int]:
        room = max(self._width_shown - _COLUMNS * _PADDING, 10)
        name = room * 3 // 10
        current = (room - name) // 2
        return name, current, room - name - current

    def _fill(self, before: Sequence[Row]) -> None:
        """Builds the table anew: other rows, or another width."""
        key = before[self.cursor_row].key if before and self.row_count else None
        place, scrolled = self.cursor_row, self.scroll_y
        widths = self._widths()
        self.clear(columns=True)
        for column, (head, width) in enumerate(zip(self._heads, widths, strict=True)):
            self.add_column(Text(head), width=width, key=str(column))
        for at, row in enumerate(self._rows_shown):
            cells = zip(row.cells, widths, strict=True)
            self.add_row(*(cell.text_within(width) for cell, width in cells), key=str(at))
        keys = [row.key for row in self._rows_shown]
        self.move_cursor(row=keys.index(key) if key in keys else min(place, max(len(keys) - 1, 0)))
        self.scroll_to(y=scrolled, animate=False)
