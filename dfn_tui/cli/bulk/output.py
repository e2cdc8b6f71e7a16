"""What the commands for many users have in common: their session, and what they say."""

import argparse
import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dfn_tui.cli.reading import change_json
from dfn_tui.cli.session import started
from dfn_tui.service.bulk.plan.file import BadRow, PlanFile
from dfn_tui.service.bulk.plan.format import cost_words, head_words, totals_words
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.plan.totals import Cost, Totals, cost
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.context import capabilities_of
from dfn_tui.text import _, sanitize

SHORT = 12
"""So many digits of a digest are said."""


@contextmanager
def opened_for_many(args: argparse.Namespace) -> Iterator[tuple[BulkSession, asyncio.Runner]]:
    """The session for many users of the connection asked for, and the loop that its work is run in.

    At the end a job under way is stopped after what was sent. Raises `ConsoleError`.
    """
    with started(args) as (connections, name, runner):
        yield connections.bulk(name), runner


def command(connection: str | None, *words: str | Path) -> str:
    """`dfn-tui bulk …` as it is typed, for the connection of that name."""
    place = ("-c", sanitize(connection, 64)) if connection else ()
    return shlex.join(["dfn-tui", "bulk", *(sanitize(str(word), 200) for word in words), *place])


def expected(
    found: Totals, *, limit: int = DOCUMENTED_LIMIT, look_first: bool = True, read_back: bool = True
) -> Cost:
    """What sending that plan takes."""
    has = capabilities_of(found.head.api)
    return cost(found, has, limit=limit, look_first=look_first, read_back=read_back)


def plan_lines(plan: PlanFile, found: Totals, at: datetime, sending: Cost) -> list[str]:
    """A plan as a whole: where it is from, its figures, what sending takes, and its digest."""
    lines = [*head_words(found.head), *totals_words(found, at)]
    if found.to_send:
        lines.append(cost_words(sending))
    return [*lines, _("Digest: {digest}").format(digest=plan.digest[:SHORT])]


def totals_json(plan: PlanFile, found: Totals) -> dict[str, object]:
    """A plan as a whole, for scripts."""
    head = found.head
    statuses = {status.value: users for status, users in found.statuses.items()}
    sending = expected(found)
    return {
        "digest": plan.digest,
        "connection": head.connection,
        "environment": head.environment.value,
        "made": head.made.isoformat(),
        "by": head.by,
        "undo_of_job": head.undo_of_job or None,
        "users": head.users,
        "bad": head.bad,
        "duplicates": head.duplicates,
        "blank": head.blank,
        "statuses": statuses,
        "standings": statuses,  # its name in version 0.1
        "left_out": found.left_out,
        "to_send": found.to_send,
        "granted": found.granted,
        "withdrawn": found.withdrawn,
        "flags": [
            {"name": flag.value, "direction": direction.value, "users": users}
            for (flag, direction), users in found.flags.items()
        ],
        "fields": {name: users for (_kind, name), users in found.fields.items()},
        "deleted": dict(found.deleted),
        "warnings": dict(found.warnings),
        "requests": sending.requests,
        "seconds": round(sending.seconds),
    }


def bad_rows(plan: PlanFile) -> Iterator[BadRow]:
    """Every row of the input that is in no plan."""
    after = -1
    while found := plan.bad_rows(after):
        yield from found
        after = found[-1].line


def bad_json(row: BadRow) -> dict[str, object]:
    """A row that is in no plan, for scripts. The id is masked where it is personal."""
    return {
        "line": row.line,
        "user_id": row.shown or None,
        "outcome": "invalid",
        "code": row.fault,
        "message": row.reason,
    }


def user_json(user: PlannedUser, *, revealed: bool) -> dict[str, object]:
    """A user of a plan, for scripts."""
    group = user.group
    return {
        "user_id": user.user,
        "outcome": "planned" if group.changes and not user.left_out else "not-sent",
        "code": group.code or None,
        "message": group.message,
        "status": group.status.value,
        "standing": group.status.value,  # its name in version 0.1
        "left_out": user.left_out,
        "warnings": list(group.warnings),
        "changes": [change_json(item, revealed) for item in group.changes],
    }
