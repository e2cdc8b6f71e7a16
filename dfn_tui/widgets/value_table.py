"""A table of named values: what is there now, and what is staged."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from dfn_tui.widgets.table import PADDING, Column, Table


@dataclass(frozen=True, slots=True)
class Row:
    """One value, in words that are inert already; `key` tells rows apart and may be any text."""

    key: str
    name: Text
    current: Text
    staged: Text


class ValueTable(Table[Row]):
    """Three columns as wide as the terminal allows."""

    def __init__(self, heads: tuple[str, str, str]) -> None:
        super().__init__(self._columns_within, lambda row: row.key)
        self._heads = heads

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        return self.highlighted.key if self.highlighted else None

    def _columns_within(self, width: int) -> Sequence[Column[Row]]:
        room = max(width - 3 * PADDING, 10)
        name = room * 3 // 10
        current = (room - name) // 2
        heads = self._heads
        return [
            Column(heads[0], name, lambda row: row.name.copy()),
            Column(heads[1], current, lambda row: row.current.copy()),
            Column(heads[2], room - name - current, lambda row: row.staged.copy()),
        ]
