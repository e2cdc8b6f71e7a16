"""What the cells of a row ask for, by the mapping of their columns."""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence

from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.input.cells import Problem, cell_text, is_empty, problem_with_value, remember
from dfn_tui.service.bulk.input.mapping import MappedColumn, Mapping, Role, meaning_of
from dfn_tui.service.bulk.input.records import RowFault
from dfn_tui.service.changes.fields import FieldColumn, FieldEdit, plain_name
from dfn_tui.service.changes.values import ValueRefused
from dfn_tui.store import FieldKind
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

_Known = dict[str, FieldEdit | None]


class CellEdits:
    """What rows ask for: the fields of their columns, and in the long form the consent of their channel."""

    def __init__(self, mapping: Mapping) -> None:
        columns = mapping.of(Role.FIELD)
        self.texts = frozenset(one.place for one in columns if _kind(one) is FieldKind.PROPERTY)
        """The columns of properties, where a dash may be a value."""
        self.fields = [
            (one.place, one, mapping.words_of(one), None if one.place in self.texts else _Known())
            for one in columns
        ]
        """Each column's place and itself, what its words mean, and the edits of those seen, but of texts."""
        self._channels = dict(mapping.channels)
        self._status = next(iter(mapping.of(Role.STATUS)), None)
        self._channel = next(iter(mapping.of(Role.CHANNEL)), None)
        self._status_words = dict(mapping.words)
        long = [column.place for column in (self._channel, self._status) if column]
        self.places = (*(column.place for column in columns), *long)
        """The columns that say what is wanted."""

    def of(self, cells: Sequence[str]) -> list[FieldEdit]:
        """The edits. Raises Problem."""
        found: list[FieldEdit] = []
        for place, column, words, known in self.fields:
            cell = cells[place]
            if known is None:
                edit = self._of_cell(column, cell, words, dashes=False)
            elif (edit := known.get(cell)) is None and cell not in known:
                edit = self._of_cell(column, cell, words, dashes=True)
                remember(known, cell, edit, len(cell))  # words of consents are few
            if edit is not None:
                found.append(edit)
        if self._channel and self._status:
            edit = self.of_channel(cells[self._channel.place], cells[self._status.place])
            if edit is not None:
                found.append(edit)
        return found

    def _of_cell(
        self, column: MappedColumn, cell: str, words: Dictionary[str, State | None], *, dashes: bool
    ) -> FieldEdit | None:
        text = _bare(cell)
        return None if not text or is_empty(text, dashes=dashes) else self._edit(column, text, words)

    def of_channel(self, channel: str, status: str) -> FieldEdit | None:
        """What the status of a channel asks for; None for nothing. Raises Problem."""
        name, word = _bare(channel), _bare(status)
        if not name or not word or is_empty(name) or is_empty(word):
            return None
        flag = self._channels.get(plain_name(name))
        if flag is None:
            raise Problem(RowFault.VALUE, _("channel: Nobody said which consent this means (--values)."))
        assert self._status is not None
        column = self._status._replace(field=FieldColumn(FieldKind.CONSENT, flag), said=True)
        return self._edit(column, word, self._status_words)

    @staticmethod
    def _edit(column: MappedColumn, text: str, words: Dictionary[str, State | None]) -> FieldEdit | None:
        assert column.field is not None
        try:
            if column.field.kind is FieldKind.CONSENT:
                return meaning_of(column, text, words)
            return column.field.read(text)
        except ValueRefused as refused:
            raise problem_with_value(column.field.name, refused) from None


def _bare(cell: str) -> str:
    return bare_id(cell_text(cell))


def _kind(column: MappedColumn) -> FieldKind | None:
    return column.field.kind if column.field else None
