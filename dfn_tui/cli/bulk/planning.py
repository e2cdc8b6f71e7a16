"""Making plans: of a list, and of a job that is to be taken back. Nothing is written to the server."""

import argparse
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dfn_tui.cli.bulk import WAS
from dfn_tui.cli.bulk.lists import check_new_file, list_name, opened_list
from dfn_tui.cli.bulk.output import SHORT, bad_rows, command, opened_for_many, plan_lines, unseal
from dfn_tui.cli.bulk.views import bad_view
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import OutputFormat, asked_format, is_asked_for, write_records
from dfn_tui.cli.output import say, what_was_done
from dfn_tui.cli.session import server_progress
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import bad_words, reading_words
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import Totals, cost, totals
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text import _, ngettext

_BAD_SHOWN = 20

Make = Callable[[Callable[[Reading], None]], Coroutine[Any, Any, str]]


def plan(args: argparse.Namespace, *, sent_at_once: bool = False) -> ExitCode:
    """Makes a plan of a list of users. `sent_at_once`: whoever sends it says what it holds. Raises
    `ConsoleError`."""
    _check_output(args, args.file)
    with opened_for_many(args) as (bulk, runner):
        with opened_list(args, bulk.session.capabilities) as source:
            for remark in source.source.remarks():
                say(remark)
            make = partial(
                bulk.plan,
                source,
                list_name(args),
                args.output,
                create=args.create,
                resubscribe=args.resubscribe,
                was=WAS.get(args.was),
                stop_at_first_bad=args.stop_at_bad,
                replace_file=args.force,
                limit=args.limit,
            )
            runner.run(_watched(make))
            remarks = source.remarks()
        return _report(args, bulk, remarks, sent_at_once=sent_at_once)


def undo(args: argparse.Namespace) -> ExitCode:
    """Makes the plan that takes a job back. Raises `ConsoleError`."""
    with opened_for_many(args) as (bulk, runner):
        unseal(bulk, runner, args.job)
        with bulk.jobs.open(args.job) as job:
            _check_output(args, job.path)
        make = partial(
            bulk.plan_undo,
            args.job,
            args.output,
            resubscribe=args.resubscribe,
            replace_file=args.force,
            limit=args.limit,
        )
        runner.run(_watched(make))
        return _report(args, bulk)


def _check_output(args: argparse.Namespace, source: Path) -> None:
    words = _("The plan would take the place of its own input")
    check_new_file(args.output, source, words, force=args.force)


async def _watched(make: Make) -> None:
    async with server_progress() as line:
        await make(lambda reading: line.show(reading_words(reading)))


def _report(
    args: argparse.Namespace, bulk: BulkSession, remarks: Sequence[str] = (), *, sent_at_once: bool = False
) -> ExitCode:
    """Says what the plan is, and lists the bad rows. `remarks` are about the list it is of."""
    with open_plan(args.output) as made:
        found = totals(made)
        with what_was_done():
            _tell_bad(args, made, sent_at_once=sent_at_once)
        for line in remarks:
            say(line)
        if not sent_at_once:
            limits = bulk.rates(found, args.limit)
            for line in plan_lines(made, found, bulk.session.clock(), limits, cost(found, limit=limits[0])):
                say(line)
            _tell_next(args, bulk, made, found)
    if not found.head.users:
        return ExitCode.BAD_USAGE
    bad = found.head.bad and not args.allow_bad
    unknown = found.statuses.get(PlanStatus.UNKNOWN) and not args.allow_unknown
    lost = found.unreadable or found.statuses.get(PlanStatus.CHANGED)
    return of_failures([None] if bad or unknown or lost else [])


def _tell_bad(args: argparse.Namespace, made: PlanFile, *, sent_at_once: bool) -> None:
    """In the form asked for. Where the plan is sent at once, its results are what is written in that form:
    lines of JSON alone can stand before them."""
    lines = asked_format(args, has_lines=False) is OutputFormat.JSONL
    if lines or (is_asked_for(args) and not sent_at_once):
        write_records(args, bad_rows(made), bad_view())
        return
    for row in made.bad_rows(limit=_BAD_SHOWN):
        say(bad_words(row))
    more = made.head.bad + made.head.duplicates - _BAD_SHOWN
    if more > 0:
        words = ngettext(
            "… and {count} more row. All of them: {command}",
            "… and {count} more rows. All of them: {command}",
            more,
        )
        say(words.format(count=f"{more:,}", command=command(None, "show", args.output, "--bad")))


def _tell_next(args: argparse.Namespace, bulk: BulkSession, made: PlanFile, found: Totals) -> None:
    say(f"{_('Look through it')}: {command(None, 'show', args.output, '--users')}")
    if found.to_send:
        words = ["apply", args.output, "--reason", "…"]
        if found.granted > found.proven:
            words += ["--evidence", "…"]
        typed = command(bulk.session.connection.name, *words, "--digest", made.digest[:SHORT])
        say(f"{_('Send it')}: {typed}")
