"""What ordinary rows of a table ask for, in few steps: where each holds a name of its own, all are new."""

from collections.abc import Sequence
from json.encoder import encode_basestring

from dfn_tui.service.bulk.input.cells import EMPTY_WORDS, keep
from dfn_tui.service.bulk.input.edits import CellEdits
from dfn_tui.service.changes.fields import EditSet, FieldColumn, FieldEdit, edit_text, quick_set
from dfn_tui.service.changes.values import ValueRefused

_LONGEST = 200  # characters of a text; what is remembered of rows is bounded by it

_Words = tuple[dict[str, FieldEdit | None], dict[str, tuple[FieldEdit | None, str]]]
_Step = tuple[int, _Words | None, FieldColumn | None, str]


class QuickEdits:
    """As `EditSet.of` what `CellEdits` finds, beside what is wanted for all. What it has no answer for is to
    be looked at closely. No two columns may be for one field."""

    def __init__(self, cells: CellEdits, for_all: Sequence[FieldEdit], columns: int, width: int) -> None:
        steps: dict[tuple[str, str], _Step] = {
            (edit.kind, edit.name): (-1, ({"": edit}, {"": (edit, edit_text(edit))}), None, "")
            for edit in for_all
        }
        for place, column, _words, known in cells.fields:
            field = column.field
            assert field is not None
            begin = f'["{field.kind}",{encode_basestring(field.name)},'
            steps[field.kind, field.name] = (place, None if known is None else (known, {}), field, begin)
        self._steps = [steps[key] for key in sorted(steps)]
        self._beyond = slice(columns, width)
        self._wider = width > columns

    def of(self, cells: list[str]) -> EditSet | None:
        """What a row with these cells asks for; None where that is not seen at once."""
        edits: list[FieldEdit] = []
        texts: list[str] = []
        for place, words, field, begin in self._steps:
            cell = cells[place] if place >= 0 else ""
            if words is not None:
                found = words[1].get(cell) or _of_word(words, cell)
                if found is None:
                    return None
                edit, text = found
                if edit is not None:
                    edits.append(edit)
                    texts.append(text)
            elif cell:
                edit = _of_text(field, cell)
                if edit is None:
                    return None
                edits.append(edit)
                texts.append(
                    begin + encode_basestring(edit.value) + "]"
                    if type(edit.value) is str
                    else edit_text(edit)
                )
        if not edits or (self._wider and any(cells[self._beyond])):
            return None
        return quick_set((tuple(edits), f"[{','.join(texts)}]"))


def _of_word(words: _Words, cell: str) -> tuple[FieldEdit | None, str] | None:
    """What a word of a consent asks for, with its text; None where it was not seen yet."""
    known, texts = words
    if cell not in known or cell in EMPTY_WORDS:  # which are counted
        return None
    edit = known[cell]
    found = (edit, "" if edit is None else edit_text(edit))
    keep(texts, cell, found)
    return found


def _of_text(field: FieldColumn | None, cell: str) -> FieldEdit | None:
    """What the text of a property asks for; None where it may mean something else than it says."""
    if len(cell) > _LONGEST or cell.strip() != cell or "=" in cell or field is None:
        return None
    try:
        return field.read(cell) if cell.isascii() or cell.isprintable() else None
    except ValueRefused:
        return None
