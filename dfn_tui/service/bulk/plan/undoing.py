"""The way back from what a job wrote, by the same rules as for a single user."""

from collections.abc import Sequence
from dataclasses import dataclass

from dfn_tui.service.bulk.plan.classify import Classified
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.inverse import UndoKind
from dfn_tui.service.changes.inverse import inverse_of as field_way_back
from dfn_tui.store import FieldChange
from dfn_tui.text import _, sanitize

NO_INVERSE = "no-way-back"
"""The fault of a user for whom nothing can be taken back."""


@dataclass(frozen=True, slots=True)
class UndoEdit:
    """What is wanted back for the user who had that `number` in the job; nothing where there is no way back.

    `undo_of` is the journal entry that would be taken back.
    """

    number: int
    user: str
    wanted: EditSet
    written: Classified
    undo_of: int | None = None


def inverse_of(changes: Sequence[FieldChange]) -> tuple[list[FieldEdit], list[str]]:
    """The edits that take these changes back, and in sentences what cannot be."""
    edits, reasons = [], []
    for change in changes:
        kind, value, why = field_way_back(change)
        if kind is UndoKind.IMPOSSIBLE:
            reasons.append(_("{name}: {reason}").format(name=sanitize(change.name, 40), reason=why))
        else:
            edits.append(FieldEdit(change.kind, change.name, None if kind is UndoKind.DELETE else value))
    return edits, reasons


def undo_wish(number: int, user: str, changes: Sequence[FieldChange], undo_of: int | None) -> UndoEdit:
    """What takes back these `changes`, which a job sent for that user."""
    edits, reasons = inverse_of(changes)
    wanted = EditSet.of(edits)
    made = {(change.kind, change.name): change for change in changes}
    aligned = [made[edit.kind, edit.name] for edit in wanted.edits]
    written = Classified(
        tuple(change.after for change in aligned),
        tuple(change.before for change in aligned),
        tuple(reasons),
    )
    return UndoEdit(number, user, wanted, written, undo_of)
