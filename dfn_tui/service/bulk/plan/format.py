"""A plan in words: the same on a screen and in a command's output. All of it is inert, and masked."""

from datetime import datetime

from dfn_tui.api.types import IdentityKind
from dfn_tui.consent.flags import Direction
from dfn_tui.service.bulk.input.records import shown_user
from dfn_tui.service.bulk.plan.file import BadRow
from dfn_tui.service.bulk.plan.records import PlanMetadata, PlannedUser, PlanStatus
from dfn_tui.service.bulk.plan.totals import AllButFirst, Cost, SelectedUsers, Selection, Totals
from dfn_tui.service.change_format import change_words
from dfn_tui.service.changes.policy import warnings
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import korean_time

_HOUR, _MINUTE = 3600, 60


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
    }[status]


def direction_words(direction: Direction) -> str:
    """Which way a consent goes."""
    return {Direction.GRANT: _("given"), Direction.WITHDRAW: _("withdrawn")}[direction]


def head_words(head: PlanMetadata) -> list[str]:
    """Where a plan comes from, and what was narrowed since."""
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
            at=_time(one.at), by=sanitize(one.by, 80), what=sanitize(one.what, 200), users=_users(one.users)
        )
        for one in head.narrowed
    ]
    return lines


def totals_words(found: Totals, at: datetime) -> list[str]:
    """The figures of a plan, and what the rules say of it at the aware instant `at`."""
    head = found.head
    lines = [
        f"{_users(found.statuses[status])}: {status_words(status)}"
        for status in PlanStatus
        if found.statuses.get(status)
    ]
    if found.statuses.get(PlanStatus.UNKNOWN):
        lines.append(_("Nothing set: unknown to the server, or never asked. --create adds them."))
    if found.left_out:
        lines.append(_("{users}: left out of these").format(users=_users(found.left_out)))
    lines += _row_words(head)
    lines += [
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
    lines += [warning.text for warning in warnings(found.scope, at)]
    lines += [
        _("{users} after this: {finding}").format(users=_users(users), finding=sanitize(text, 300))
        for text, users in found.warnings.items()
    ]
    lines.append(_("To be sent: {users}").format(users=_users(found.to_send)))
    return lines


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


def bad_words(row: BadRow) -> str:
    """A row that is in no plan, and why."""
    if not row.shown:
        return _("Line {line}: {reason}").format(line=row.line, reason=sanitize(row.reason, 300))
    return _("Line {line}, {user}: {reason}").format(
        line=row.line, user=sanitize(row.shown, 60), reason=sanitize(row.reason, 300)
    )


def who_words(user: PlannedUser, kind: IdentityKind, *, revealed: bool) -> str:
    """A user's id, masked where it is personal and not `revealed`."""
    return sanitize(user.user, 60) if revealed else shown_user(kind, user.user)


def status_text(user: PlannedUser) -> str:
    """Whether something is sent for that user, and why not."""
    return _("left out") if user.left_out else status_words(user.group.status)


def planned_words(user: PlannedUser, *, revealed: bool) -> list[str]:
    """What the server said, each change, then what is odd. Personal values are masked unless `revealed`."""
    group = user.group
    said = f"{sanitize(group.code, 40)} {sanitize(group.message, 300)}".strip()
    lines = [said] if said else []
    lines += [change_words(change, revealed) for change in group.changes]
    lines += [sanitize(text, 300) for text in group.warnings]
    return lines


def narrowing_words(which: Selection | SelectedUsers | AllButFirst, *, out: bool) -> str:
    """What was left out of a plan or put back, as its history keeps it: without any id."""
    what = _which_words(which)
    return _("left out: {what}").format(what=what) if out else _("put back: {what}").format(what=what)


def _which_words(which: Selection | SelectedUsers | AllButFirst) -> str:
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
        status_words(which.status) if which.status else "",
        {None: "", True: _("with warnings"), False: _("without warnings")}[which.warned],
    ]
    return [*filter(None, parts)]


def _users(count: int) -> str:
    return ngettext("{count} user", "{count} users", count).format(count=f"{count:,}")


def _time(at: datetime) -> str:
    return f"{korean_time(at)} KST"


def span(seconds: float) -> str:
    """`2 min 5 s`: a time to wait."""
    whole = round(seconds)
    if whole >= _HOUR:
        return _("{hours} h {minutes} min").format(hours=whole // _HOUR, minutes=whole % _HOUR // _MINUTE)
    if whole >= _MINUTE:
        return _("{minutes} min {seconds} s").format(minutes=whole // _MINUTE, seconds=whole % _MINUTE)
    return _("{seconds} s").format(seconds=max(1, whole))
