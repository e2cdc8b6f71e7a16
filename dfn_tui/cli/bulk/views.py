"""What is printed of a plan: its users, its groups, and the rows that are in none."""

from collections.abc import Iterator

from dfn_tui.cli.bulk.output import bad_json, group_json, user_json
from dfn_tui.cli.forms import RecordView
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.service.bulk.plan.file import BadRow, NumberedGroup
from dfn_tui.service.bulk.plan.format import (
    bad_words,
    group_users,
    group_words,
    planned_words,
    status_text,
    status_words,
    who_words,
)
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.text import _, sanitize

_WORD = ("evidence", "expressed_on", "expressed_source")
_CHANGES = ("changes", "warnings", "left", *_WORD)
PLAN_COLUMNS = (
    *("digest", "connection", "environment", "base_url", "service_id", "kind", "made", "by", "undo_of_job"),
    *("users", "bad", "duplicates", "blank", "left_out", "already_sent", "to_send"),
    *("granted", "withdrawn", "resubscribed", "proven", "statuses", "flags", "fields", "deleted", "warnings"),
    *("left", "unreadable", "requests", "seconds", "requests_per_minute", "signatures"),
)
"""The columns of a plan as a whole, in CSV."""


def planned_view(*, revealed: bool, kinds: bool) -> RecordView[PlannedUser]:
    """Users of a plan. `kinds`: they are named in several ways, and each says how."""

    def lines(user: PlannedUser) -> Iterator[str]:
        who = who_words(user, revealed=revealed)
        yield f"{who} ({user.kind.value})  {status_text(user)}" if kinds else f"{who}  {status_text(user)}"
        yield from (f"  {line}" for line in planned_words(user, revealed=revealed))

    def cells(user: PlannedUser) -> Iterator[Row]:
        changes = " · ".join(planned_words(user, revealed=revealed))
        who, status = TableCell(who_words(user, revealed=revealed)), TableCell(status_text(user))
        yield who, TableCell(user.kind.value, "label"), status, TableCell(changes)

    columns = ("kind", "user_id", "group", "status", "outcome", "left_out", "code", "message", *_CHANGES)
    headings = (
        Heading(_("user"), least=8, whole=True),
        Heading(_("kind"), least=6),
        Heading(_("status"), least=8),
        Heading(_("changes"), least=12),
    )
    return RecordView(lambda user: user_json(user, revealed=revealed), columns, headings, cells, lines)


def group_view(*, revealed: bool) -> RecordView[NumberedGroup]:
    """Groups of a plan: users of whom the same is sent."""

    def cells(one: NumberedGroup) -> Iterator[Row]:
        changes = " · ".join(group_words(one.group, revealed=revealed))
        status = TableCell(status_words(one.group.status))
        yield TableCell(str(one.number)), TableCell(group_users(one)), status, TableCell(changes)

    columns = ("group", "users", "kind", "left_out", "status", *_CHANGES)
    headings = (
        Heading(_("group"), right=True),
        Heading(_("users"), least=10),
        Heading(_("status"), least=8),
        Heading(_("changes"), least=12),
    )
    return RecordView(
        lambda one: group_json(one, revealed=revealed),
        columns,
        headings,
        cells,
        lambda one: group_lines(one, revealed=revealed),
    )


def group_lines(one: NumberedGroup, *, revealed: bool) -> Iterator[str]:
    """A group, with what is sent of it."""
    words = _("Group {number}: {users}, {status}")
    status = status_words(one.group.status)
    yield words.format(number=one.number, users=group_users(one), status=status)
    yield from (f"  {line}" for line in group_words(one.group, revealed=revealed))


def bad_view() -> RecordView[BadRow]:
    """Rows of the input that are in no plan."""
    columns = ("line", "user_id", "outcome", "code", "message")
    headings = (
        Heading(_("line"), right=True),
        Heading(_("user"), least=8, whole=True),
        Heading(_("reason"), least=12),
    )

    def cells(row: BadRow) -> Iterator[Row]:
        shown, reason = TableCell(sanitize(row.shown or "–", 60)), TableCell(sanitize(row.reason), "danger")
        yield TableCell(f"{row.line:,}"), shown, reason

    return RecordView(bad_json, columns, headings, cells, lambda row: [bad_words(row)])
