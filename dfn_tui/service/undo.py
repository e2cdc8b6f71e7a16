"""Taking a journalled change back: what can be restored, what cannot, and what was changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dfn_tui.api.types import Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.records import FieldKind, UserRecord
from dfn_tui.service.staging import Draft
from dfn_tui.service.values import same_value
from dfn_tui.store import Change, Intent, explain_cover
from dfn_tui.text import _


class UndoKind(StrEnum):
    """What can be done about one field of a journalled change.

    RESTORE: its value of before is staged. STAND_IN: a flag that was never set cannot be unset, and
    "Unsubscribed" is staged in its stead. DELETE: the CI field was absent, and its deletion is staged.
    ALREADY: it is as it was before. CONFLICT: somebody changed it since. IMPOSSIBLE: `why` says why.
    """

    RESTORE = "restore"
    STAND_IN = "stand-in"
    DELETE = "delete"
    ALREADY = "already"
    CONFLICT = "conflict"
    IMPOSSIBLE = "impossible"


STAGED = (UndoKind.RESTORE, UndoKind.STAND_IN, UndoKind.DELETE)
"""The kinds that `stage` stages."""


@dataclass(frozen=True, slots=True)
class UndoField:
    """One field of the change to be taken back. `wanted` is what would be staged."""

    change: Change
    kind: UndoKind
    now: Value | None
    wanted: Value | None = None
    why: str = ""


def plan_undo(
    intent: Intent, record: UserRecord, applied: Sequence[str] | None = None
) -> tuple[UndoField, ...]:
    """What taking `intent` back would stage for its user as `record` shows it now.

    `applied` names the fields that were applied as far as is known; None means all of them.
    """
    return tuple(
        _field(change, record) for change in intent.changes if applied is None or change.name in applied
    )


def _field(change: Change, record: UserRecord) -> UndoField:
    kind = FieldKind(change.kind)
    read, now = _now(kind, change, record)
    if change.cover is not None:
        return UndoField(change, UndoKind.IMPOSSIBLE, now, why=explain_cover(change.cover))
    if not change.readable:
        why = _("What was there before could not be read, so it cannot be restored.")
        return UndoField(change, UndoKind.IMPOSSIBLE, now, why=why)
    if read and same_value(now, change.before):
        return UndoField(change, UndoKind.ALREADY, now)
    if read and not same_value(now, change.after):
        return UndoField(change, UndoKind.CONFLICT, now, why=_("Somebody changed it since."))
    if kind is FieldKind.CONSENT and change.before in (State.NEVER_SET.value, None):
        why = _("A flag that was never set cannot be unset; unsubscribed is the safe stand-in.")
        return UndoField(change, UndoKind.STAND_IN, now, State.UNSUBSCRIBED.value, why)
    if kind is FieldKind.CI and change.before is None:
        return UndoField(change, UndoKind.DELETE, now, why=_("There was none before: it is deleted again."))
    if change.before is None:
        why = _("There was no such property before, and a property cannot be removed.")
        return UndoField(change, UndoKind.IMPOSSIBLE, now, why=why)
    return UndoField(change, UndoKind.RESTORE, now, change.before)


def _now(kind: FieldKind, change: Change, record: UserRecord) -> tuple[bool, Value | None]:
    """Whether the field could be read, and what it is now."""
    if kind is FieldKind.CI:
        return record.ci is not None, (record.ci or {}).get(change.name)
    if kind is FieldKind.CONSENT:
        state = record.consents.get(Flag(change.name))
        return state is not None, state.value if state is not None else None
    return record.profile is not None, record.properties.get(change.name)


def stage_undo(draft: Draft, entry: int, fields: Sequence[UndoField], typed_id: str) -> None:
    """Stages what can be staged of the plan, marked as the undo of `entry`.

    `typed_id` confirms the deletion of a CI field; it is not asked for where there is none.
    Raises `DeletionNotConfirmed` before anything is staged.
    """
    deletions = [field for field in fields if field.kind is UndoKind.DELETE]
    for field in deletions:
        draft.stage_ci_deletion(field.change.name, typed_id)
    for field in fields:
        if field.kind not in (UndoKind.RESTORE, UndoKind.STAND_IN) or field.wanted is None:
            continue
        kind = FieldKind(field.change.kind)
        if kind is FieldKind.CONSENT:
            draft.stage_consents({Flag(field.change.name): State(str(field.wanted))})
        elif kind is FieldKind.PROPERTY:
            draft.stage_property(field.change.name, field.wanted)
        else:
            draft.stage_ci(field.change.name, str(field.wanted))
    draft.undo_of = entry
