"""Whom a row names, where the rows of an input name users in several ways."""

from collections.abc import Sequence

from dfn_tui.api.types import IdentityKind
from dfn_tui.service.bulk.input.cells import Problem, cell_text, is_empty
from dfn_tui.service.bulk.input.mapping import Mapping, Role
from dfn_tui.service.bulk.input.records import RowFault
from dfn_tui.service.changes.fields import plain_name
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id


class RowIdentity:
    """The first filled one of several columns, from the left; or an `identity` of the kind that a column of
    its own tells, or the word before its colon."""

    def __init__(self, mapping: Mapping) -> None:
        self._columns = [(column.place, IdentityKind(column.name)) for column in mapping.of(Role.USER)]
        self._identity = mapping.place(Role.IDENTITY)
        self._kind = mapping.place(Role.KIND)
        self._kinds = dict(mapping.kinds)

    def of(self, cells: Sequence[str]) -> tuple[IdentityKind, str]:
        """What the user is named by, and the cell or what of it holds the id. Raises Problem."""
        if self._identity is None:
            for place, kind in self._columns:
                bare = bare_id(cells[place])
                if bare and not is_empty(bare):
                    return kind, cells[place]
            raise Problem(RowFault.NO_ID, _("There is no id."))
        text = bare_id(cell_text(cells[self._identity]))
        if self._kind is not None:
            return self._meant(bare_id(cell_text(cells[self._kind]))), text
        word, colon, id = text.partition(":")
        if not colon:
            raise Problem(RowFault.BAD_ID, _("The id does not say its kind, as phone_no:821012345678 does."))
        return self._meant(word), id

    def _meant(self, word: str) -> IdentityKind:
        kind = self._kinds.get(plain_name(word))
        if kind is None:
            raise Problem(RowFault.BAD_ID, _("Nobody said of what kind this id is (--values)."))
        return kind
