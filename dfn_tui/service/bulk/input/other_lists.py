"""A head amid the rows, as where two lists were put together: what is below may be of other columns."""

import re
from collections.abc import Sequence
from typing import Final

from dfn_tui.service.bulk.input.cells import Problem
from dfn_tui.service.bulk.input.mapping import Mapping
from dfn_tui.service.bulk.input.records import RowFault
from dfn_tui.service.changes.fields import PLATFORM_NAMES, plain_name
from dfn_tui.service.changes.identities import is_head
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

_NEAR: Final = 2
"""So many rows below a head may be more of it, in whatever words: the same names in Korean, a second line."""
_BELOW: Final = re.compile(
    r"string|str|text|(?:var)?char(?:\([0-9]+\))?|int(?:eger)?|bigint|number|numeric|float|bool(?:ean)?|uuid|object"
    r"|필수|선택|예시|example|sample|required|optional|(?:예시?|ex)\s*[):].*",
    re.IGNORECASE,
)
"""What templates show below their heads: types, what has to be filled in, an example."""


class OtherLists:
    """Finds heads amid the rows of one list. Rows below one of other columns are nobody's here."""

    def __init__(self, mapping: Mapping) -> None:
        self._own = [plain_name(column.head) for column in mapping.columns]
        heads = [column.head for column in mapping.users]
        self._names = PLATFORM_NAMES | {bare_id(head).casefold() for head in heads if head}
        self.heads = frozenset(filter(None, heads))
        """The heads of users as they are written: no user is called so."""
        self.below = 0
        """The line of the other list's head that the row is below; 0 where there is none."""
        self._near = _NEAR if self.heads else 0

    @property
    def closely(self) -> bool:
        """Whether each row is for `check`, however plain it looks."""
        return bool(self.below or self._near)

    def concerns(self, user: str) -> bool:
        """Whether a row that names this user, in a plain id, is for `check`."""
        return self.closely or user.casefold() in self._names

    def check(self, line: int, user: str, cells: Sequence[str]) -> None:
        """Raises Problem where the row, which names this user, is a head or is below one of other columns."""
        near, self._near = self._near, max(0, self._near - 1)
        if bare_id(user).casefold() in self._names:
            names = [plain_name(" ".join(cell.split())) for cell in cells]
            while names and not names[-1]:
                names.pop()
            self.below = line if names != self._own and self._own else 0
            raise Problem(RowFault.BAD_ID, _("This is the name of a column, and no id."))
        if near and is_head(user):
            raise Problem(RowFault.BAD_ID, _("This is the name of a column, and no id."))
        if near and _BELOW.fullmatch(bare_id(user)):
            raise Problem(RowFault.BAD_ID, _("This explains the column, and is no id."))
        if self.below:
            words = _("Another list begins in line {line}, of other columns. Give it as a file of its own.")
            raise Problem(RowFault.CELLS, words.format(line=self.below))
