"""Taking a journalled change back: what can be restored, what cannot, and what was changed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.reading import common, seen, unread
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.history import state_of, user_of
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Draft, Staging
from dfn_tui.store import Entry, FieldChange, FieldKind, Intent, Ref, explain_redaction
from dfn_tui.text import _, mask, sanitize

if TYPE_CHECKING:
    from dfn_tui.service.session import Session


class UndoRefused(ConsoleError):
    """The undo was not staged."""


class UndoKind(StrEnum):
    """What can be done about one field of a journalled change.

    RESTORE: its value of before is staged. STAND_IN: a flag cannot go back to what it was, and
    "Unsubscribed" is staged in its stead. DELETE: the CI field was absent, and its deletion is staged.
    ALREADY: nothing is left to be taken back. CONFLICT: somebody changed it since, and it is staged only
    if the operator says so. IMPOSSIBLE: `why` says why.
    """

    RESTORE = "restore"
    STAND_IN = "stand-in"
    DELETE = "delete"
    ALREADY = "already"
    CONFLICT = "conflict"
    IMPOSSIBLE = "impossible"


_STAGED = (UndoKind.RESTORE, UndoKind.STAND_IN, UndoKind.DELETE)


@dataclass(frozen=True, slots=True)
class UndoField:
    """One field of the change to be taken back, and what it is `now` where it could be read.

    `wanted` is what would be staged. `despite` is how a CONFLICT would be taken back all the same, and
    otherwise the kind itself.
    """

    change: FieldChange
    kind: UndoKind
    now: Value | None
    despite: UndoKind
    wanted: Value | None = None
    why: str = ""

    @property
    def stageable(self) -> bool:
        """Whether it can be staged, if only against somebody else's change."""
        return self.despite in _STAGED


def still_applied(entry: Entry) -> tuple[FieldChange, ...]:
    """The changes of an entry that were applied as far as is known; the others need no undo."""
    return tuple(c for c in entry.intent.changes if entry.outcome_of(c) is not Outcome.FAILED)


class UndoPlan(NamedTuple):
    """What taking `entry` back would do, for its user as `record` shows them now. A user who could not be
    read has no fields."""

    entry: Entry
    record: UserRecord
    fields: tuple[UndoField, ...]


async def prepare_undos(session: "Session", entries: Sequence[Entry]) -> list[UndoPlan]:
    """What taking these back would do. `session` is the one of their connection, and each is of another user;
    the CI fields of many are read only where they are about to change.

    Raises `UndoRefused`, `JournalError` and what reading raises, that too where no user could be read.
    """
    intents = [await session.journal.reveal(entry) for entry in entries]
    users = [_user_of(intent) for intent in intents]
    ci = len(users) == 1 or any(
        change.kind == FieldKind.CI for intent in intents for change in intent.changes
    )
    records = [record async for record in session.look_up(users, ci=ci)]
    failed = [record.failure for record in records if record.failure is not None]
    if failed and len(failed) == len(records):
        raise unread(failed[0])
    return [
        UndoPlan(entry, record, () if record.failure else plan_undo(entry, intent, record))
        for entry, intent, record in zip(entries, intents, records, strict=True)
    ]


def _user_of(intent: Intent) -> Identity:
    user, subject = user_of(intent), intent.subject
    if user is None:
        raise UndoRefused(
            _("This entry cannot be undone here"),
            _("Whom it was about is not known: {why}").format(
                why=explain_redaction(subject.redaction) if subject.redaction else sanitize(subject.kind, 40)
            ),
            _("Look the user up, and change what is to be changed."),
        )
    return user


def stage_undos(staging: Staging, plans: Sequence[UndoPlan]) -> None:
    """Stages what can be staged of these, whatever nobody changed since and needs no word of the operator.
    Raises `UndoRefused` before anything is staged."""
    todo = [plan for plan in plans if any(field.kind in _STAGED for field in plan.fields)]
    # Who has staged edits of their own is refused, so they come first.
    for plan in sorted(todo, key=lambda plan: staging.draft(plan.record).empty):
        stage_undo(staging.draft(plan.record), plan.entry.seq, plan.fields, "")


def plainly_undone(plans: Sequence[UndoPlan]) -> bool:
    """Whether every value of before comes back that can, and nobody changed any of them since. What was never
    set stays withdrawn where it is, and nothing is to be decided about it."""
    kinds = {field.kind for plan in plans for field in plan.fields}
    restored = UndoKind.RESTORE in kinds and kinds <= {UndoKind.RESTORE, UndoKind.ALREADY}
    return restored and all(plan.fields for plan in plans)


def taken_back(results: Iterable[UserResult]) -> tuple[list[int], int]:
    """The entries of a result that can be taken back, and of how many users none can: their consents were
    never set, and are withdrawn."""
    entries, left = [], 0
    for one in results:
        if one.outcome in (Outcome.FAILED, Outcome.UNCHANGED, Outcome.CONFLICT):
            continue
        changes = [field.change for field in one.fields]
        if all(inverse_of(item)[:2] == (UndoKind.STAND_IN, item.after) for item in changes):
            left += 1
        elif one.entry is not None:
            entries.append(one.entry)
    return entries, left


def plan_undo(entry: Entry, intent: Intent, record: UserRecord) -> tuple[UndoField, ...]:
    """What taking `entry` back would stage for its user as `record` shows it now.

    `intent` is the entry's own, uncovered as far as its values are kept.
    """
    return tuple(_field(change, record) for change in common(intent.changes, still_applied(entry)))


def _field(change: FieldChange, record: UserRecord) -> UndoField:
    if not _sound(change):
        why = _("The entry holds something that this console cannot have written.")
        return UndoField(change, UndoKind.IMPOSSIBLE, None, UndoKind.IMPOSSIBLE, why=why)
    kind = FieldKind(change.kind)
    read, now, *_why = seen(record, kind, change.name)
    doing, wanted, why = inverse_of(change)
    known = change.readable and (change.redaction is None or change.before is None)  # no mask hides absence
    if read and known and same_value(now, change.before):
        return UndoField(change, UndoKind.ALREADY, now, UndoKind.ALREADY)
    if doing is UndoKind.IMPOSSIBLE:
        return UndoField(change, doing, now, doing, why=why)
    if read and doing is not UndoKind.DELETE and same_value(now, wanted):
        return UndoField(change, UndoKind.ALREADY, now, UndoKind.ALREADY, why=why)
    found = UndoField(change, doing, now, doing, wanted, why)
    shown = now if change.redaction is None or now is None else mask(str(now))
    if read and not same_value(shown, change.after):
        return replace(found, kind=UndoKind.CONFLICT)
    return found


def _sound(change: FieldChange) -> bool:
    """Whether a console wrote this, and not somebody who altered the journal."""
    if change.kind != FieldKind.CONSENT:
        return change.kind in [*FieldKind]
    values = (change.after,) if change.before is None else (change.before, change.after)
    return change.name in [*Flag] and all(state_of(value) for value in values)


Way = tuple[UndoKind, Value | None, str]


def inverse_of(change: FieldChange) -> Way:
    """What would be done about a field to take this back, with which value, and what is to be said of it."""
    kind, before = change.kind, change.before
    if change.redaction is not None and not (change.readable and before is None):
        return UndoKind.IMPOSSIBLE, None, explain_redaction(change.redaction)
    if not change.readable:
        return _blind_inverse(kind, before, change.after)
    if before == State.NEVER_SET.value:  # as earlier versions took down what was absent
        before = None
    if kind == FieldKind.CONSENT and before is None:
        why = _("A flag that was never set cannot be unset; withdrawn is the safe stand-in.")
        return UndoKind.STAND_IN, State.UNSUBSCRIBED.value, why
    if kind == FieldKind.CI and before is None:
        why = _("There was none before: it is deleted again.")
        if change.redaction is not None:
            why += " " + _("Of what was written only a mask was kept: compare it with what is there now.")
        return UndoKind.DELETE, None, why
    if before is None:
        why = _("There was no such property before, and a property cannot be removed.")
        return UndoKind.IMPOSSIBLE, None, why
    return UndoKind.RESTORE, before, ""


def _blind_inverse(kind: FieldKind, before: Value | None, after: Value | None) -> Way:
    """What takes back a change whose value of before could not be read; `before` is all the same there
    for an identity that was deleted."""
    if kind == FieldKind.CONSENT and after == State.SUBSCRIBED.value:
        why = _("What it was before could not be read; withdrawn is the safe stand-in.")
        return UndoKind.STAND_IN, State.UNSUBSCRIBED.value, why
    if kind == FieldKind.CI and after is None and before is not None:
        return UndoKind.RESTORE, before, _("It was deleted: it is linked again.")
    if kind == FieldKind.CI and after is not None:
        why = _("No call of this API version removes one identifier, so a link cannot be taken back.")
        return UndoKind.IMPOSSIBLE, None, why
    why = _("What was there before could not be read, so it cannot be restored.")
    return UndoKind.IMPOSSIBLE, None, why


def stage_undo(
    draft: Draft, entry: Ref, fields: Sequence[UndoField], typed_id: str, despite: Sequence[UndoField] = ()
) -> None:
    """Stages what can be staged of the plan, marked as the undo of `entry`.

    Fields that somebody changed since are left as they are but for those in `despite`. `typed_id` confirms
    the deletion of a CI field; it is not asked for where there is none. Raises `UndoRefused` and
    `DeletionNotConfirmed` before anything is staged.
    """
    if not draft.empty:
        raise UndoRefused(
            _("Not staged"),
            _("This user has staged edits already, and an undo is journalled on its own."),
            _("Apply those edits or drop them first."),
        )
    todo = [field for field in fields if field.kind in _STAGED or (field in despite and field.stageable)]
    if not todo:
        raise UndoRefused(
            _("Not staged"),
            _("There is nothing to stage."),
            _("Tick what is to be restored all the same, or leave it as it is."),
        )
    for field in todo:  # first, because these may be refused
        if field.despite is UndoKind.DELETE:
            draft.stage_ci_deletion(field.change.name, typed_id)
    for field in todo:
        if field.despite is not UndoKind.DELETE and field.wanted is not None:
            draft.stage(FieldKind(field.change.kind), field.change.name, field.wanted)
    draft.undo_of = entry
