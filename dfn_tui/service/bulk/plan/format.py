"""A plan in words: the same on a screen and in a command's output. All of it is inert, and masked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from dfn_tui.consent.flags import Direction
from dfn_tui.consent.messages import state_name
from dfn_tui.service.bulk.input.records import PersonsWord, shown_user
from dfn_tui.service.bulk.plan.file import BadRow, NumberedGroup
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanMetadata, PlannedUser, PlanStatus
from dfn_tui.service.bulk.plan.totals import (
    AllButFirst,
    Cost,
    SelectedUsers,
    Selection,
    SentUsers,
    Totals,
)
from dfn_tui.service.change_format import change_words
from dfn_tui.service.changes.grounds import ground_words
from dfn_tui.service.changes.policy import warnings
from dfn_tui.service.changes.undocumented import nobody_known, unregistered_words
from dfn_tui.service.context import capabilities_of
from dfn_tui.store import FieldKind
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock, korean_date, spoken_time

_HOUR, _MINUTE = 3600, 60
_MOST_REASONS = 5  # are told of those why users could not be read

Narrowed = Selection | SelectedUsers | SentUsers | AllButFirst
"""Users that are left out of a plan, or put back."""


def status_words(status: PlanStatus) -> str:
    """What the plan found of a user, in a few words."""
    return {
        PlanStatus.CHANGE: _("to be changed"),
        PlanStatus.CREATE: _("nothing set, to be created"),
        PlanStatus.ALREADY: _("already as wanted"),
        PlanStatus.UNKNOWN: _("nothing set, not sent"),
        PlanStatus.UNREADABLE: _("could not be read, not sent"),
        PlanStatus.BLIND: _("to be sent blind, their values cannot be read"),
        PlanStatus.CHANGED: _("changed by someone else since, not sent"),
        PlanStatus.SAID_NO: _("had said no, not sent"),
    }[status]


def direction_words(direction: Direction) -> str:
    """Which way a consent goes."""
    return {Direction.GRANT: _("given"), Direction.WITHDRAW: _("withdrawn")}[direction]


def head_words(head: PlanMetadata) -> list[str]:
    """Where a plan comes from, and who was left out since."""
    lines = [
        _("For {connection} ({environment}), made by {by} at {made}.").format(
            connection=sanitize(head.connection, 40),
            environment=head.environment.value,
            by=sanitize(head.by, 80),
            made=_time(head.made),
        )
    ]
    if head.undo_of_job:
        lines.append(_("It takes back job {job}.").format(job=sanitize(head.undo_of_job, 60)))
    elif head.source:
        of = ", ".join(filter(None, (head.form, head.encoding)))
        lines.append(
            _("Of {source} ({form}).").format(source=sanitize(head.source, 80), form=sanitize(of, 60))
        )
    lines += [
        _("{at}, {by}: {what} ({users})").format(
            at=_time(one.at), by=sanitize(one.by, 80), what=sanitize(one.what, 300), users=_users(one.users)
        )
        for one in head.narrowed
    ]
    return lines


def totals_words(found: Totals, at: datetime, *, changes: bool = True) -> list[str]:
    """The figures of a plan, and what the rules say of it at the aware instant `at`. Without `changes` it is
    not said what is sent, and to how many: whoever asks says so already."""
    head = found.head
    lines = [
        f"{_users(found.statuses[status])}: {status_words(status)}"
        for status in PlanStatus
        if found.statuses.get(status)
    ]
    if found.statuses.get(PlanStatus.BLIND):
        lines.append(nobody_known(head.kinds, capabilities_of(head.api)))
    if found.statuses.get(PlanStatus.UNKNOWN):
        lines.append(_("Nothing set: unknown to the server, or never asked. --create adds them."))
    lines += [
        _("{users}: {why}").format(users=_users(users), why=sanitize(why, 300))
        for why, users in islice(found.unreadable.items(), _MOST_REASONS)
    ]
    if found.left_out:
        lines.append(_("{users}: left out of these").format(users=_users(found.left_out)))
    if found.sent:
        lines.append(_("already sent from this plan: {users}").format(users=_users(found.sent)))
    lines += _given_words(found)
    if found.proven:
        words = _("evidence in their own rows: {proven} of the {granted} who are given a consent")
        lines.append(words.format(proven=f"{found.proven:,}", granted=f"{found.granted:,}"))
    lines += _row_words(head)
    lines += [*_change_words(found), *_untold_words(found)] if changes else _untold_words(found)
    lines += [warning.text for warning in warnings(found.scope, at)]
    lines += [
        _("{users} after this: {finding}").format(users=_users(users), finding=sanitize(text, 300))
        for text, users in found.warnings.items()
    ]
    lines += [
        _("{finding}: {users}").format(finding=sanitize(text, 300).rstrip("."), users=_users(users))
        for text, users in found.left.items()
    ]
    if changes:
        lines.append(_("To be sent: {users}").format(users=users_words(found.to_send, head.named_by)))
    return lines


def _change_words(found: Totals) -> list[str]:
    """To how many users each change is sent."""
    lines = [
        _("{name} {direction}: {users}").format(
            name=flag.value, direction=direction_words(direction), users=_users(users)
        )
        for (flag, direction), users in found.flags.items()
    ]
    lines += [
        _("{name} set: {users}").format(name=sanitize(name, 40), users=_users(users))
        for (_kind, name), users in found.fields.items()
    ]
    lines += [
        _("{name} deleted: {users}").format(name=sanitize(name, 40), users=_users(users))
        for name, users in found.deleted.items()
    ]
    return lines


def _untold_words(found: Totals) -> list[str]:
    """What is said elsewhere of a property that none of the users has: it may be a slip in its name."""
    standard = {prop.name for prop in capabilities_of(found.head.api).standard_properties}
    own = [name for kind, name in found.fields if kind is FieldKind.PROPERTY and name not in standard]
    if not own or not found.statuses.get(PlanStatus.BLIND):
        return []
    words = _("NEW or not cannot be told, as no user is read: {names}")
    dropped = unregistered_words(found.fields, capabilities_of(found.head.api))
    return [words.format(names=sanitize(", ".join(own), 200)), *filter(None, [dropped])]


def _given_words(found: Totals) -> list[str]:
    """What the word of those was who are given a consent, in one line: a no is not lightly passed over."""
    no, kept_out = found.resubscribed, found.statuses.get(PlanStatus.SAID_NO, 0)
    if not found.granted and not kept_out:
        return []
    if found.statuses.get(PlanStatus.BLIND):
        words = _("whether they had said no cannot be read → yes: {users}")
        return [words.format(users=_users(found.granted))]
    parts = []
    if found.granted > no:
        again, new = _("yes before → yes again: {users}"), _("never asked → yes: {users}")
        words = again if found.head.undo_of_job else new
        parts.append(words.format(users=_users(found.granted - no)))
    if no:
        parts.append(_("said no → yes: {users}").format(users=_users(no)))
    if kept_out:
        words = _("said no → yes: {users}, left out (--resubscribe takes them in)")
        parts.append(words.format(users=_users(kept_out)))
    return [" · ".join(parts)]


def _row_words(head: PlanMetadata) -> list[str]:
    again = ngettext(
        "{count} row: the same user again, counted once",
        "{count} rows: the same user again, counted once",
        head.duplicates,
    )
    words = (
        (head.bad, ngettext("{count} row: cannot be done", "{count} rows: cannot be done", head.bad)),
        (head.duplicates, again),
        (head.blank, ngettext("{count} row: blank", "{count} rows: blank", head.blank)),
    )
    return [text.format(count=f"{count:,}") for count, text in words if count]


def cost_words(expected: Cost) -> str:
    """What sending takes."""
    return ngettext(
        "About {count} request, {time} at the least.",
        "About {count} requests, {time} at the least.",
        expected.requests,
    ).format(count=f"{expected.requests:,}", time=span(expected.seconds))


def end_words(requests: int, limits: Sequence[int], at: datetime) -> str:
    """When so many requests that begin at the aware instant `at` end, at each of these rates a minute."""
    found = []
    each = (_("until {clock} KST at {limit} a minute"), _("{clock} at {limit}"))
    for words, limit in zip(each, limits, strict=False):
        end = at + timedelta(minutes=requests / limit)
        same_day = korean_date(end) == korean_date(at)
        clock = korean_clock(end) if same_day else spoken_time(end)
        found.append(words.format(limit=f"{limit:,}", clock=clock))
    return _("Begun now: {ends}.").format(ends=", ".join(found))


def reading_words(reading: Reading) -> str:
    """How far the making of a plan is."""
    if reading.total is None:
        return _("{rows} rows taken in").format(rows=f"{reading.taken:,}")
    return _("{read} of {total} users read").format(read=f"{reading.read:,}", total=f"{reading.total:,}")


def bad_words(row: BadRow) -> str:
    """A row that is in no plan, and why."""
    if not row.shown:
        return _("Line {line}: {reason}").format(line=row.line, reason=sanitize(row.reason, 300))
    return _("Line {line}, {user}: {reason}").format(
        line=row.line, user=sanitize(row.shown, 60), reason=sanitize(row.reason, 300)
    )


def who_words(user: PlannedUser, *, revealed: bool) -> str:
    """A user's id, masked where it is personal and not `revealed`."""
    return sanitize(user.user, 60) if revealed else shown_user(*user.identity)


def status_text(user: PlannedUser) -> str:
    """Whether something is sent for that user, and why not."""
    if user.sent:
        return _("already sent from this plan")
    return _("left out") if user.left_out else status_words(user.group.status)


def planned_words(user: PlannedUser, *, revealed: bool) -> list[str]:
    """What is planned for that user, as `group_words` says it."""
    return group_words(user.group, revealed=revealed)


def group_users(one: NumberedGroup) -> str:
    """How many users a group has, and how many of them are left out."""
    users = users_words(one.users, one.group.kind or "")
    return _("{users}, {count} left out").format(users=users, count=one.left_out) if one.left_out else users


def group_words(group: PlanGroup, *, revealed: bool) -> list[str]:
    """What the server said, each change, then what is odd. Personal values are masked unless `revealed`."""
    lines = [said] if (said := said_words(group)) else []
    lines += [change_words(change, revealed) for change in group.asked]
    return lines + remark_words(group)


def said_words(group: PlanGroup) -> str:
    """What the server said of users of a group; mostly nothing."""
    return f"{sanitize(group.code, 40)} {sanitize(group.message, 300)}".strip()


def remark_words(group: PlanGroup, *, word: bool = True) -> list[str]:
    """What of the wanted is not done, the evidence of the rows but without `word`, and what is odd after the
    changes."""
    lines = [sanitize(text, 300) for text in (*group.left, *(word_words(group.word) if word else ()))]
    return lines + [_("after this: {finding}").format(finding=sanitize(text, 300)) for text in group.warnings]


def word_words(word: PersonsWord | None) -> list[str]:
    """The evidence of a row, in a line."""
    if word is None:
        return []
    said = _("evidence: {evidence}, said on {day}, source: {source}")
    parts = {name: sanitize(text, 100) or "-" for name, text in word._asdict().items()}
    line = said.format(
        evidence=parts["evidence"], day=parts["expressed_on"], source=parts["expressed_source"]
    )
    return [f"{line}, {ground_words(word.ground)}" if word.ground else line]


def exclusion_words(which: Narrowed, *, out: bool) -> str:
    """What was left out of a plan or put back, as its history keeps it: without any id."""
    what = _which_words(which)
    return _("left out: {what}").format(what=what) if out else _("put back: {what}").format(what=what)


def _which_words(which: Narrowed) -> str:
    if isinstance(which, SentUsers):
        return _("already sent from this plan")
    if isinstance(which, SelectedUsers):
        return _("users by id")
    if isinstance(which, AllButFirst):
        return _("all but the first {count}").format(count=f"{which.count:,}")
    by_id = _("by a part of the id") if which.text else ""
    return ", ".join(filter(None, [*selection_words(which), by_id])) or _("all users")


def selection_words(which: Selection) -> list[str]:
    """What of a user's part in the plan is asked for."""
    parts = [
        which.flag.value if which.flag else "",
        direction_words(which.direction) if which.direction else "",
        _("was {state}").format(state=state_name(which.was)) if which.was else "",
        _("group {number}").format(number=which.group) if which.group is not None else "",
        status_words(which.status) if which.status else "",
        {None: "", True: _("with warnings"), False: _("without warnings")}[which.warned],
    ]
    return [*filter(None, parts)]


def users_words(count: int, named_by: str) -> str:
    """`80 users (phone_no)`: how many, and what they are named by."""
    return _("{users} ({kind})").format(users=_users(count), kind=named_by)


def _users(count: int) -> str:
    return ngettext("{count} user", "{count} users", count).format(count=f"{count:,}")


def _time(at: datetime) -> str:
    return f"{spoken_time(at, seconds=True)} KST"


def span(seconds: float) -> str:
    """`2 min 5 s`: a time to wait."""
    whole = round(seconds)
    if whole >= _HOUR:
        return _("{hours} h {minutes} min").format(hours=whole // _HOUR, minutes=whole % _HOUR // _MINUTE)
    if whole >= _MINUTE:
        return _("{minutes} min {seconds} s").format(minutes=whole // _MINUTE, seconds=whole % _MINUTE)
    return _("{seconds} s").format(seconds=max(1, whole))
