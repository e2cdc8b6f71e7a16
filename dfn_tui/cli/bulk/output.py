"""What the commands for many users have in common: their session, and what they say."""

import argparse
import asyncio
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from getpass import getpass
from pathlib import Path

from dfn_tui import paths
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import change_json
from dfn_tui.cli.session import started
from dfn_tui.cli.stdin import can_ask
from dfn_tui.config import ConfigError, load
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.plan.file import BadRow, NumberedGroup, PlanFile
from dfn_tui.service.bulk.plan.format import cost_words, end_words, head_words, totals_words
from dfn_tui.service.bulk.plan.records import PlanGroup, PlannedUser
from dfn_tui.service.bulk.plan.totals import Cost, Totals, cost
from dfn_tui.service.bulk.rates import rates
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.tokens import KeyNeeded, StillLocked
from dfn_tui.text import _, sanitize

SHORT = 12
"""So many digits of a digest are said."""


@contextmanager
def opened_for_many(args: argparse.Namespace) -> Iterator[tuple[BulkSession, asyncio.Runner]]:
    """The session for many users of the connection asked for, and the loop that its work is run in.

    At the end a job under way is stopped after what was sent. Raises `ConsoleError`.
    """
    with started(args) as (connections, name, runner):
        bulk = connections.bulk(name)
        say_removed(bulk.jobs.expire())
        yield bulk, runner


def unseal(bulk: BulkSession, runner: asyncio.Runner, job: str) -> None:
    """Has the key at hand where that job is sealed. Where the keyring is locked and somebody is there, its
    password is asked for, until it is right or nothing is typed. Raises `KeyNeeded` and `PlanError`."""
    while True:
        try:
            runner.run(bulk.unseal(job))
        except KeyNeeded as needed:
            if not (needed.locked and can_ask()):
                raise
            say(needed.happened)
            if not (password := _password()):
                raise
            try:
                runner.run(bulk.key.unlock(password))
            except StillLocked as wrong:
                say(wrong.happened)
        else:
            return


def _password() -> str:
    with suppress(EOFError):
        return getpass(_("Password of the keyring (it is not shown): "))
    return ""


def say_removed(jobs: Sequence[str]) -> None:
    """Says which jobs were removed."""
    for job in jobs:
        say(_("Job {job} was removed from this host.").format(job=sanitize(job, 60)))


def command(connection: str | None, *words: str | Path) -> str:
    """`dfn-tui bulk …` as it is typed, for the connection of that name."""
    place = ("-c", sanitize(connection, 64)) if connection else ()
    return shlex.join(["dfn-tui", "bulk", *(sanitize(str(word), 200) for word in words), *place])


def usual_rates(found: Totals) -> tuple[int, ...]:
    """The rates of a plan over its connection, as far as the configuration knows that."""
    usual = None
    with suppress(ConfigError):
        connection = load(paths.config_file()).connections.get(found.head.connection)
        usual = connection.requests_per_minute if connection else None
    return rates(found, usual)


def plan_lines(
    plan: PlanFile, found: Totals, at: datetime, limits: Sequence[int], sending: Cost
) -> list[str]:
    """A plan as a whole: where it is from, its figures, what sending takes and when it would end at each of
    these rates, and its digest."""
    lines = [*head_words(found.head), *totals_words(found, at)]
    if found.to_send:
        lines += [cost_words(sending), end_words(sending.requests, limits, at)]
    return [*lines, _("Digest: {digest}").format(digest=plan.digest[:SHORT])]


def check_digest(args: argparse.Namespace, plan: PlanFile) -> None:
    """Raises `GateRefused` where another plan is meant by `--digest`."""
    if args.digest and not plan.digest.startswith(args.digest):
        raise GateRefused(
            _("This is another plan"),
            _("Its digest is {digest}. Nothing was sent.").format(digest=plan.digest[: len(args.digest)]),
            _("Look at it: {command}").format(command=command(None, "show", args.plan)),
        )


def totals_json(plan: PlanFile, found: Totals) -> dict[str, object]:
    """A plan as a whole, for scripts."""
    head = found.head
    statuses = {status.value: users for status, users in found.statuses.items()}
    limits = usual_rates(found)
    sending = cost(found, limit=limits[0])
    return {
        "digest": plan.digest,
        "connection": head.connection,
        "environment": head.environment.value,
        "base_url": head.base_url,
        "service_id": head.service_id or None,
        "kind": head.named_by,
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
        "already_sent": found.sent,
        "to_send": found.to_send,
        "granted": found.granted,
        "withdrawn": found.withdrawn,
        "resubscribed": found.resubscribed,
        "proven": found.proven,
        "flags": [
            {"name": flag.value, "direction": direction.value, "users": users}
            for (flag, direction), users in found.flags.items()
        ],
        "fields": {name: users for (_kind, name), users in found.fields.items()},
        "deleted": dict(found.deleted),
        "warnings": dict(found.warnings),
        "left": dict(found.left),
        "unreadable": dict(found.unreadable),
        "requests": sending.requests,
        "seconds": round(sending.seconds),
        "requests_per_minute": limits[0],
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


def group_json(one: NumberedGroup, *, revealed: bool) -> dict[str, object]:
    """A group of a plan, for scripts."""
    group = one.group
    return {
        "group": one.number,
        "users": one.users,
        "kind": group.kind,
        "left_out": one.left_out,
        "status": group.status.value,
        "changes": [change_json(item, revealed) for item in group.asked],
        "warnings": list(group.warnings),
        "left": list(group.left),
        **_word_json(group),
    }


def _word_json(group: PlanGroup) -> dict[str, str]:
    return group.word._asdict() if group.word else {}


def user_json(user: PlannedUser, *, revealed: bool) -> dict[str, object]:
    """A user of a plan, for scripts."""
    group = user.group
    return {
        "user_id": user.user,
        "kind": user.kind.value,
        "group": user.group_id,
        "outcome": "planned" if group.changes and not (user.left_out or user.sent) else "not-sent",
        "code": group.code or None,
        "message": group.message,
        "status": group.status.value,
        "standing": group.status.value,  # its name in version 0.1
        "left_out": user.left_out,
        "warnings": list(group.warnings),
        "left": list(group.left),
        "changes": [change_json(item, revealed) for item in group.asked],
        **_word_json(group),
    }
