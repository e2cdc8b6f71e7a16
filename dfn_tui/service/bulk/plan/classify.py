"""What is planned for one user, by what they are now, and what takes back what a job wrote.

Pure rules: nothing here reads or writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from dfn_tui.api.types import Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.lints import new_lints
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanStatus, edit_set
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.inverse import UndoKind
from dfn_tui.service.changes.inverse import inverse_of as field_way_back
from dfn_tui.service.changes.reading import seen
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _, sanitize

UNKNOWN_VALUE = "unknown-value"
"""The code of a user who has a consent that is none of its three states."""
NO_INVERSE = "no-way-back"
"""The fault of a user for whom nothing can be taken back."""

_MESSAGE = 300  # characters kept of what a server says


class Classified(NamedTuple):
    """What an undo takes back of one user, aligned with the edits: what the job wrote, what `was` there
    before, and in sentences what is `left` as it is because there is no way back."""

    written: tuple[Value | None, ...]
    was: tuple[Value | None, ...]
    left: tuple[str, ...] = ()


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


def blind(wanted: EditSet, written: Classified | None) -> PlanGroup:
    """The group of a user whom this API version cannot read."""
    left = written.left if written else ()
    return PlanGroup(PlanStatus.BLIND, wanted, (None,) * len(wanted.edits), left)


def judge(wanted: EditSet, written: Classified | None, record: UserRecord, *, create: bool) -> PlanGroup:
    """The group of a user who was looked up. `written` is there for an undo; `create`: users the server knows
    nothing of are to be created."""
    failure = record.failure
    if failure is not None:
        code, message = sanitize(failure.code or "", 40), sanitize(failure.message, _MESSAGE)
        return PlanGroup(PlanStatus.UNREADABLE, wanted, code=code, message=message)
    found = [seen(record, edit.kind, edit.name) for edit in wanted.edits]
    before = tuple(one.now for one in found)
    if written is None and record.unknown_to_server:
        if create:
            return PlanGroup(PlanStatus.CREATE, wanted, before, _warnings(record, wanted))
        return PlanGroup(PlanStatus.UNKNOWN, wanted)
    for one in found:
        if not one.read:
            return PlanGroup(
                PlanStatus.UNREADABLE, wanted, code=UNKNOWN_VALUE, message=sanitize(one.why, _MESSAGE)
            )
    if written is not None:
        return _judge_undo(wanted, written, record, before)
    if all(same_value(was, edit.value) for edit, was in zip(wanted.edits, before, strict=True)):
        return PlanGroup(PlanStatus.ALREADY, wanted, before)
    return PlanGroup(PlanStatus.CHANGE, wanted, before, _warnings(record, wanted))


def _judge_undo(
    wanted: EditSet, written: Classified, record: UserRecord, before: tuple[Value | None, ...]
) -> PlanGroup:
    fields = list(zip(wanted.edits, before, written.written, written.was, strict=True))
    # What is again as it was before the job needs no way back, even where that would be a stand-in.
    left = [
        (edit, now, wrote)
        for edit, now, wrote, was in fields
        if not (same_value(now, edit.value) or same_value(now, was))
    ]
    if not left:
        return PlanGroup(PlanStatus.ALREADY, wanted, before, written.left)
    if not all(same_value(now, wrote) for _edit, now, wrote in left):
        return PlanGroup(PlanStatus.CHANGED, wanted, before, written.left)
    if len(left) < len(fields):
        wanted = EditSet.of([edit for edit, _now, _wrote in left])
    warnings = (*written.left, *_warnings(record, wanted))
    return PlanGroup(PlanStatus.CHANGE, wanted, tuple(now for _edit, now, _wrote in left), warnings)


def _warnings(record: UserRecord, wanted: EditSet) -> tuple[str, ...]:
    return _new_findings(tuple(record.consents.items()), wanted.text)


@lru_cache(4096)  # most users of a plan have a handful of consents in common
def _new_findings(consents: tuple[tuple[Flag, State], ...], wanted: str) -> tuple[str, ...]:
    before = dict(consents)
    changed = {
        Flag(edit.name): State(str(edit.value))
        for edit in edit_set(wanted).edits
        if edit.kind is FieldKind.CONSENT
    }
    return tuple(one.text for one in new_lints(before, before | changed)) if changed else ()


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


def undo_edit(number: int, user: str, changes: Sequence[FieldChange], undo_of: int | None) -> UndoEdit:
    """What takes back these `changes`, which a job sent for that user."""
    edits, reasons = inverse_of(changes)
    wanted = EditSet.of(edits)
    made = {(change.kind, change.name): change for change in changes}
    aligned = [made[edit.kind, edit.name] for edit in wanted.edits]
    written = Classified(
        tuple(change.after for change in aligned), tuple(change.before for change in aligned), tuple(reasons)
    )
    return UndoEdit(number, user, wanted, written, undo_of)
