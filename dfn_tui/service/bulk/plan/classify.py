"""What is planned for one user, by what they are now, and what takes back what a job wrote.

Pure rules: nothing here reads or writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.lints import new_lints
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanStatus, edit_set
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.inverse import UndoKind
from dfn_tui.service.changes.inverse import inverse_of as field_inverse
from dfn_tui.service.changes.reading import seen
from dfn_tui.service.changes.undocumented import foreign_number
from dfn_tui.service.changes.values import same_value, type_change
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _, sanitize, spoken

UNKNOWN_VALUE = "unknown-value"
"""The code of a user of whom a field that is wanted cannot be read."""
NO_INVERSE = "no-way-back"
"""The fault of a user for whom nothing can be taken back."""

_MESSAGE = 300  # characters kept of what a server says


class Classified(NamedTuple):
    """What an undo takes back of one user, aligned with the edits: what the job wrote, what `was` there
    before, in sentences what is `left` as it is because there is no way back, and what the person's own word
    was: other than `was` where an earlier job had written that."""

    written: tuple[Value | None, ...]
    was: tuple[Value | None, ...]
    left: tuple[str, ...]
    said: tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class UndoEdit:
    """What is wanted back for the user who had that `number` in the job; nothing where there is no way back.

    `undo_of` is the journal entry that would be taken back.
    """

    number: int
    user: Identity
    wanted: EditSet
    written: Classified
    undo_of: int | None = None


def blind(user: Identity, wanted: EditSet, written: Classified | None) -> PlanGroup:
    """The group of a user whom this API version cannot read."""
    left = (*written.left, *map(_unknown_before_words, wanted.edits)) if written else ()
    if odd := foreign_number(user):
        left = (*left, odd)
    return PlanGroup(PlanStatus.BLIND, wanted, (None,) * len(wanted.edits), left=left)


def classify(
    wanted: EditSet,
    written: Classified | None,
    record: UserRecord,
    *,
    create: bool,
    resubscribe: bool = False,
) -> PlanGroup:
    """The group of a user who was looked up. `written` is there for an undo; `create`: users the server knows
    nothing of are to be created; `resubscribe`: who had said no is to be given consents all the same."""
    failure = record.failure
    if failure is not None:
        code, message = sanitize(failure.code or "", 40), sanitize(failure.message, _MESSAGE)
        return PlanGroup(PlanStatus.UNREADABLE, wanted, code=code, message=message)
    found = [seen(record, edit.kind, edit.name) for edit in wanted.edits]
    if written is None and record.unknown_to_server:
        if create:
            before = tuple(one.now for one in found)
            return PlanGroup(PlanStatus.CREATE, wanted, before, _warnings(record, wanted))
        return PlanGroup(PlanStatus.UNKNOWN, wanted)
    lost = " ".join(one.why for one in found if not one.read)
    if not lost:
        return _judge_read(wanted, written, record, tuple(one.now for one in found), resubscribe)
    # What cannot be read is left alone, and holds up nothing else of the user.
    kept = [at for at, one in enumerate(found) if one.read]
    group = _judge_read(
        EditSet.of([wanted.edits[at] for at in kept]),
        written and _written_of(kept, written),
        record,
        _those(kept, tuple(one.now for one in found)),
        resubscribe,
    )
    message = sanitize(lost, _MESSAGE)
    if group.status in (PlanStatus.CHANGE, PlanStatus.SAID_NO):
        return replace(group, code=UNKNOWN_VALUE, message=message)
    return PlanGroup(PlanStatus.UNREADABLE, wanted, code=UNKNOWN_VALUE, message=message)


def _those(kept: Sequence[int], values: tuple[Value | None, ...]) -> tuple[Value | None, ...]:
    return tuple(values[at] for at in kept)


def _written_of(kept: Sequence[int], written: Classified) -> Classified:
    return Classified(
        _those(kept, written.written), _those(kept, written.was), written.left, _those(kept, written.said)
    )


def _judge_read(
    wanted: EditSet,
    written: Classified | None,
    record: UserRecord,
    before: tuple[Value | None, ...],
    resubscribe: bool,
) -> PlanGroup:
    """The group of a user of whom all that is wanted was read."""
    if written is not None:
        group = _classify_undo(wanted, written, record, before)
    elif all(same_value(was, edit.value) for edit, was in zip(wanted.edits, before, strict=True)):
        return PlanGroup(PlanStatus.ALREADY, wanted, before)
    else:
        group = PlanGroup(PlanStatus.CHANGE, wanted, before, _warnings(record, wanted))
    if group.status is PlanStatus.CHANGE and not resubscribe and group.resubscribes:
        return _held_back(group, record)
    return group


def _held_back(group: PlanGroup, record: UserRecord) -> PlanGroup:
    """The group of a user who had said no. What the same row withdraws is withdrawn all the same."""
    said = group.said or group.before
    kept = [
        both
        for both in zip(group.wanted.edits, group.before, said, strict=True)
        if both[0].kind is FieldKind.CONSENT and both[0].value == State.UNSUBSCRIBED
    ]
    if all(same_value(was, edit.value) for edit, was, _said in kept):
        return replace(group, status=PlanStatus.SAID_NO, warnings=())
    wanted = EditSet.of([edit for edit, _was, _said in kept])
    return PlanGroup(
        PlanStatus.CHANGE,
        wanted,
        tuple(was for _edit, was, _said in kept),
        _warnings(record, wanted),
        left=(*group.left, _("had said no: only what is withdrawn is sent")),
        said=tuple(said for _edit, _was, said in kept) if group.said else (),
    )


def _classify_undo(
    wanted: EditSet, written: Classified, record: UserRecord, before: tuple[Value | None, ...]
) -> PlanGroup:
    fields = list(zip(wanted.edits, before, written.written, written.was, written.said, strict=True))
    # What is again as it was before the job needs no way back, even where that would be a stand-in.
    left = [
        (edit, now, wrote, said)
        for edit, now, wrote, was, said in fields
        if not (same_value(now, edit.value) or same_value(now, was))
    ]
    remarks = written.left + tuple(
        _stand_in_words(edit)
        for edit, now, _wrote, was, _said in fields
        if edit.kind is FieldKind.CONSENT and not (same_value(edit.value, was) or same_value(now, was))
    )
    if not left:
        return PlanGroup(PlanStatus.ALREADY, wanted, before, left=remarks)
    if not all(same_value(now, wrote) for _edit, now, wrote, _said in left):
        return PlanGroup(PlanStatus.CHANGED, wanted, before, left=remarks)
    if len(left) < len(fields):
        wanted = EditSet.of([edit for edit, _now, _wrote, _said in left])
    return PlanGroup(
        PlanStatus.CHANGE,
        wanted,
        tuple(now for _edit, now, _wrote, _said in left),
        _warnings(record, wanted),
        left=remarks,
        said=tuple(said for _edit, _now, _wrote, said in left),
    )


def _stand_in_words(edit: FieldEdit) -> str:
    return _("{name} cannot be unset, Unsubscribed stands in").format(name=sanitize(edit.name, 40))


def _unknown_before_words(edit: FieldEdit) -> str:
    words = _("what {name} was before is not known, {value} stands in")
    return words.format(name=sanitize(edit.name, 40), value=sanitize(str(edit.value), 40))


def _warnings(record: UserRecord, wanted: EditSet) -> tuple[str, ...]:
    types = (
        type_change(edit.name, record.properties.get(edit.name), edit.value)
        for edit in wanted.edits
        if edit.kind is FieldKind.PROPERTY
    )
    return (*filter(None, types), *_new_findings(tuple(record.consents.items()), wanted.text, spoken()))


@lru_cache(4096)  # most users of a plan have a handful of consents in common
def _new_findings(consents: tuple[tuple[Flag, State], ...], wanted: str, _language: str) -> tuple[str, ...]:
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
        kind, value, why = field_inverse(change)
        if kind is UndoKind.IMPOSSIBLE:
            reasons.append(_("{name}: {reason}").format(name=sanitize(change.name, 40), reason=why))
        else:
            edits.append(FieldEdit(change.kind, change.name, None if kind is UndoKind.DELETE else value))
    return edits, reasons


def undo_edit(
    number: int,
    user: Identity,
    changes: Sequence[FieldChange],
    undo_of: int | None,
    said: Mapping[str, Value | None] = MappingProxyType({}),
) -> UndoEdit:
    """What takes back these `changes`, which a job sent for that user. `said` is the person's own word where
    the job itself found what an earlier one had written, by the consent's name."""
    edits, reasons = inverse_of(changes)
    wanted = EditSet.of(edits)
    made = {(change.kind, change.name): change for change in changes}
    aligned = [made[edit.kind, edit.name] for edit in wanted.edits]
    written = Classified(
        tuple(change.after for change in aligned),
        tuple(change.before for change in aligned),
        tuple(reasons),
        tuple(said.get(change.name, change.before) for change in aligned),
    )
    return UndoEdit(number, user, wanted, written, undo_of)
