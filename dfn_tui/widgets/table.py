"""A table for a slow line."""

from typing import Literal

from rich.text import Text
from textual.coordinate import Coordinate
from textual.widgets import DataTable

CursorType = Literal["cell", "row", "column", "none"]


class Table(DataTable[Text]):
    """Marks the row under the cursor in its first column, and beyond its last one.

    To reverse two whole rows for each move would send every one of their cells again.
    """

    def _should_highlight(
        self, cursor: Coordinate, target_cell: Coordinate, type_of_cursor: CursorType
    ) -> bool:
        return target_cell.column == 0 and super()._should_highlight(cursor, target_cell, type_of_cursor)
