"""Tables for a slow line."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.text import Text
from textual import events
from textual.coordinate import Coordinate
from textual.widgets import DataTable
from textual.widgets.data_table import CursorType

Item = TypeVar("Item")

PADDING = 2
"""One column on each side of a cell."""
REST = 0
"""The width of a column that takes the room which the others leave, or so much where they leave less:"""
_LEAST = 10


@dataclass(frozen=True, slots=True)
class Column(Generic[Item]):
    """`cell` gives an item's text, inert and not cut yet."""

    label: str
    width: int
    cell: Callable[[Item], Text]


class Table(DataTable[Text], Generic[Item]):
    """A row for each item, its cells cut to columns that are made to fit the terminal.

    The cursor stays with its item, and only cells that changed are painted again. It marks its row in the
    first column, and beyond the last one: to reverse two whole rows for each move would send every one of
    their cells again.
    """

    def __init__(
        self,
        columns: Callable[[int], Sequence[Column[Item]]],
        key: Callable[[Item], object],
        *,
        spare: int = 1,
        id: str | None = None,
    ) -> None:
        """`columns` gives those for a width; `key` tells items apart; `spare` is left for a scrollbar."""
        super().__init__(cursor_type="row", show_row_labels=False, id=id)
        self.items: list[Item] = []
        self._fitting = columns
        self._key = key
        self._spare = spare
        self._fitted: Sequence[Column[Item]] = ()
        self._width_shown = 0

    def _should_highlight(
        self, cursor: Coordinate, target_cell: Coordinate, type_of_cursor: CursorType
    ) -> bool:
        return target_cell.column == 0 and super()._should_highlight(cursor, target_cell, type_of_cursor)

    @property
    def highlighted(self) -> Item | None:
        """The item under the cursor."""
        # Keys put the cursor of a table without rows before the first one.
        return self.items[self.cursor_row] if 0 <= self.cursor_row < len(self.items) else None

    def show(self, items: Iterable[Item], *, place: int | None = None) -> None:
        """Shows these. Where its item is gone the cursor goes to the row `place`, or stays in its own."""
        before, self.items = self.items, list(items)
        if not self._width_shown:
            return  # not laid out yet: on_resize will fill it
        if [*map(self._key, before)] != [*map(self._key, self.items)]:
            self._fill(before, place)
            return
        for row in range(len(self.items)):
            self._paint(row)

    def replace(self, item: Item) -> None:
        """Shows an item anew."""
        row = self.get_row_index(str(self._key(item)))
        self.items[row] = item
        self._paint(row)

    def add(self, items: Iterable[Item]) -> None:
        """Shows these as well, below the others."""
        for item in items:
            self.items.append(item)
            if self._width_shown:
                self.add_row(*self._cells(item), key=str(self._key(item)))

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size.width)

    def fit(self, width: int) -> None:
        """Makes the columns fit into that width."""
        if width not in (0, self._width_shown):
            self._width_shown = width
            self._fill(self.items)

    def say_again(self) -> None:
        """Makes its heads and cells anew: in another language."""
        if self._width_shown:
            self._fill(self.items)

    def _fill(self, before: Sequence[Item], place: int | None = None) -> None:
        """Builds the table anew: other items, or another width."""
        key = self._key(before[self.cursor_row]) if 0 <= self.cursor_row < len(before) else None
        row, scrolled = self.cursor_row if place is None else place, self.scroll_y
        self.clear(columns=True)
        found = self._fitting(self._width_shown)
        taken = sum(column.width + PADDING for column in found) + self._spare
        rest = max(self._width_shown - taken, _LEAST)
        self._fitted = [Column(one.label, one.width or rest, one.cell) for one in found]
        for column in self._fitted:
            self.add_column(Text(column.label), width=column.width)
        shown, self.items = self.items, []
        self.add(shown)
        keys = [*map(self._key, shown)]
        self.move_cursor(row=keys.index(key) if key in keys else min(row, max(len(keys) - 1, 0)))
        self.scroll_to(y=scrolled, animate=False)

    def _paint(self, row: int) -> None:
        for column, cell in enumerate(self._cells(self.items[row])):
            at = Coordinate(row, column)
            shown = self.get_cell_at(at)
            if (shown, shown.style) != (cell, cell.style):
                self.update_cell_at(at, cell)

    def _cells(self, item: Item) -> list[Text]:
        cells = [column.cell(item) for column in self._fitted]
        for cell, column in zip(cells, self._fitted, strict=True):
            cell.no_wrap = True
            cell.truncate(column.width, overflow="ellipsis")
        return cells
