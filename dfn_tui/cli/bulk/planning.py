"""Making plans: of a list, and of a job that is to be taken back. Nothing is written to the server."""

import argparse
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from dfn_tui.cli.assignments import edits_for_all
from dfn_tui.cli.bulk.output import SHORT, bad_json, bad_rows, command, expected, opened_for_many, plan_lines
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import STDIN, identity_kind
from dfn_tui.cli.output import say, write_json
from dfn_tui.cli.session import server_progress
from dfn_tui.cli.stdin import piped_bytes
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import bad_words
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text import _, ngettext, sanitize

_BAD_SHOWN = 20

Make = Callable[[Callable[[Reading], None]], Coroutine[Any, Any, str]]


def plan(args: argparse.Namespace) -> ExitCode:
    """Makes a plan of a list of users. Raises `ConsoleError`."""
    _check_output(args)
    with opened_for_many(args) as (bulk, runner):
        has = bulk.session.capabilities
        edits = edits_for_all(args.words, has)
        kind = None if args.kind is None else identity_kind(args.kind, has)
        piped = str(args.file) == STDIN
        given: Path | BinaryIO = piped_bytes() if piped else args.file
        with open_input(given, has, edits, kind) as source:
            make = partial(
                bulk.plan,
                source,
                _("standard input") if piped else args.file.name,
                args.output,
                create=args.create,
                stop_at_first_bad=args.stop_at_bad,
                limit=args.limit,
            )
            runner.run(_watched(make))
        return _report(args, bulk)


def undo(args: argparse.Namespace) -> ExitCode:
    """Makes the plan that takes a job back. Raises `ConsoleError`."""
    _check_output(args)
    with opened_for_many(args) as (bulk, runner):
        runner.run(_watched(partial(bulk.plan_undo, args.job, args.output, limit=args.limit)))
        return _report(args, bulk)


def _check_output(args: argparse.Namespace) -> None:
    if args.output.exists() and not args.force:
        raise ConsoleError(
            _("This file is there already"),
            _("{path} was left as it is.").format(path=sanitize(str(args.output), 200)),
            _("Name another file, or give --force."),
        )


async def _watched(make: Make) -> None:
    async with server_progress() as line:
        await make(lambda reading: line.show(_reading_words(reading)))


def _reading_words(reading: Reading) -> str:
    if reading.total is None:
        return _("{count} rows taken in").format(count=f"{reading.taken:,}")
    words = _("{done} of {total} users read")
    return words.format(done=f"{reading.read:,}", total=f"{reading.total:,}")


def _report(args: argparse.Namespace, bulk: BulkSession) -> ExitCode:
    """Says what the plan is, and lists the bad rows."""
    with open_plan(args.output) as made:
        found = totals(made)
        _tell_bad(args, made)
        for line in plan_lines(made, found, bulk.session.clock(), expected(found, limit=args.limit)):
            say(line)
        _tell_next(args, bulk, made, found)
    if not found.head.users:
        return ExitCode.BAD_USAGE
    return ExitCode.SOME_FAILED if found.statuses.get(PlanStatus.UNREADABLE) else ExitCode.DONE


def _tell_bad(args: argparse.Namespace, made: PlanFile) -> None:
    if args.json:
        write_json(map(bad_json, bad_rows(made)))
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
        if found.granted:
            words += ["--evidence", "…"]
        typed = command(bulk.session.connection.name, *words, "--digest", made.digest[:SHORT])
        say(f"{_('Send it')}: {typed}")
