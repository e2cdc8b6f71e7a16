"""What reading back means: the one judge of a change, for a user at the screen and for a million in a job."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity, Value
from dfn_tui.outcomes import Outcome, gravest
from dfn_tui.service.changes.reading import Seen, seen
from dfn_tui.service.changes.values import format_value, same_value
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _

STILL_AT_WORK = timedelta(minutes=1)
"""How long after a write the server may still be about to apply it: longer than a client waits."""

NOT_APPLIED, NOT_READ_BACK, NOT_SENT = "not-applied", "not-read-back", "not-sent"
"""Codes of ours: what reading back, or the lack of it, says, and that a run was stopped before."""
NOT_READABLE = "not-readable"
"""The code of a field that was not sent because it could not be read again first."""

PROFILE, CI_SET, CI_DELETE = "profile", "ci-set", "ci-delete"
Replies = Mapping[tuple[Identity, str], Reply]
"""What was said of each user and part of their change; each part is a request of its own."""


class FieldResult(NamedTuple):
    """How one field's change ended. `now` is what reading back showed, where `read_back` is True."""

    change: FieldChange
    outcome: Outcome
    read_back: bool = False
    now: Value | None = None
    code: str | None = None
    message: str = ""


class UserResult(NamedTuple):
    """How the change of one user ended; `errors` are those of requests that failed as a whole. `entry` is its
    number in the journal, and `read_at` when the user was read back, None where that was not done."""

    identity: Identity
    fields: tuple[FieldResult, ...]
    errors: tuple[Reply, ...] = ()
    entry: int | None = None
    read_at: datetime | None = None

    @property
    def outcome(self) -> Outcome:
        """The gravest of the fields'."""
        return gravest({result.outcome for result in self.fields})

    @property
    def decisive(self) -> FieldResult:
        """The field that the outcome is that of."""
        return next(field for field in self.fields if field.outcome is self.outcome)


def merged(results: Iterable[UserResult]) -> list[UserResult]:
    """One result for each user, with all their fields."""
    found: dict[Identity, UserResult] = {}
    for one in results:
        had = found.get(one.identity)
        found[one.identity] = (
            one
            if had is None
            else one._replace(fields=one.fields + had.fields, errors=one.errors + had.errors)
        )
    return list(found.values())


def part_of(change: FieldChange) -> str:
    """Which part of a user's change that field is sent with."""
    if change.kind is not FieldKind.CI:
        return PROFILE
    return CI_DELETE if change.after is None else CI_SET


def judge_user(
    identity: Identity,
    changes: Sequence[FieldChange],
    replies: Replies,
    record: UserRecord | None,
    *,
    settled: bool,
) -> UserResult:
    """How the change of one user ended; see `judge`. `record` is None where nobody read the user back."""
    fields = tuple(
        judge(
            item, replies.get((identity, part_of(item))), seen(record, item.kind, item.name), settled=settled
        )
        for item in changes
    )
    parts = dict.fromkeys(part_of(item) for item in changes)
    said = (replies.get((identity, part)) for part in parts)
    errors = tuple(reply for reply in said if reply is not None and reply.error)
    read_at = record.read_at if record is not None and record.failure is None else None
    return UserResult(identity, fields, errors, read_at=read_at)


def shows_all(changes: Sequence[FieldChange], record: UserRecord | None) -> bool:
    """Whether reading back shows all that was wanted: CONFIRMED, whatever was said."""
    for item in changes:
        found = seen(record, item.kind, item.name)
        if not (found.read and same_value(found.now, item.after)):
            return False
    return True


def judge(change: FieldChange, reply: Reply | None, found: Seen, *, settled: bool) -> FieldResult:
    """How one field's change ended, by what reading back `found`; the answer is a remark beside it.

    `reply` is None where the console ended before one came. `settled`: so long after the write that the
    server cannot be at work on it any more.
    """
    outcome, code, message = _judged(change, reply, found, settled=settled)
    return FieldResult(change, outcome, found.read, found.now if found.read else None, code, message)


def _judged(
    change: FieldChange, reply: Reply | None, found: Seen, *, settled: bool
) -> tuple[Outcome, str | None, str]:
    said = "" if reply is None or reply.ok else reply.message
    code = None if reply is None else reply.code
    if not found.read:
        return _unread(change, reply, found.why, said)
    if reply is not None and reply.error is not None and not reply.refused:
        # Its message says that nobody knows what was applied, which is known by now.
        said = _("The request itself ended with: {title}.").format(title=reply.error.title)
    if same_value(found.now, change.after):
        if reply is not None and reply.ok:
            return Outcome.CONFIRMED, None, ""
        return Outcome.CONFIRMED, None, _join(_("Reading back shows the change."), said)
    if reply is not None and reply.ok:
        return Outcome.DIFFERENT, "different", _accepted_but(change, found.now)
    if reply is not None and reply.refused:
        return Outcome.FAILED, code, said
    if not (change.readable and same_value(found.now, change.before)):
        words = _("Reading back shows another value than the one of before, and not the one that was sent.")
        return Outcome.DIFFERENT, code or "different", _join(words, said)
    if (reply is None or reply.pending) and not settled:
        words = _("It is not applied yet, and the server may still be at work on it.")
        return Outcome.UNKNOWN, code, _join(said, words)
    return Outcome.FAILED, code or NOT_APPLIED, _join(said, _("Reading back shows that it was not applied."))


def _accepted_but(change: FieldChange, now: Value | None) -> str:
    """What reading back shows in place of what the server accepted."""
    if change.readable and same_value(now, change.before):
        return _("The server accepted the change, but reading back still shows the value of before.")
    alike = now is not None and change.after is not None and format_value(now) == format_value(change.after)
    if alike:
        kind = _("a string") if isinstance(now, str) else _("a number or boolean")
        return _("The server accepted the change, but reading back shows it as {kind}.").format(kind=kind)
    return _("The server accepted the change, but reading back shows another value.")


def _unread(change: FieldChange, reply: Reply | None, why: str, said: str) -> tuple[Outcome, str | None, str]:
    """What is known of a field that was not read back."""
    # By itself "The request was not sent" would be taken for a word about the change.
    not_read = _("Reading back: {why}").format(why=why) if why else ""
    if reply is None:
        return Outcome.UNKNOWN, None, _join(_("The console ended before an answer came."), not_read)
    if reply.ok:
        if why:
            return Outcome.ACCEPTED, NOT_READ_BACK, _join(_("Accepted, but not read back."), why)
        return Outcome.ACCEPTED, None, reply.message if change.kind is FieldKind.PROPERTY else ""
    if reply.refused:
        return Outcome.FAILED, reply.code, said
    return Outcome.UNKNOWN, reply.code, _join(said, not_read)


def _join(*sentences: str) -> str:
    return " ".join(dict.fromkeys(filter(None, sentences)))
