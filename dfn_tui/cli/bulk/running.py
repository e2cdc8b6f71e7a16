"""Applying a plan, and going on with a job: until its end, or until it is stopped."""

import argparse
import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from dfn_tui.cli.bulk.jobs import check_results, list_jobs, say_job, write_results
from dfn_tui.cli.bulk.output import command, expected, opened_for_many, plan_lines
from dfn_tui.cli.confirm import all_answered, confirm
from dfn_tui.cli.exit_codes import ExitCode, of_error
from dfn_tui.cli.output import INTERRUPTED, ProgressLine, say
from dfn_tui.cli.session import SILENCE, finishing
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import span
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict, Phase, RunProgress
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.session import BulkSession, Options
from dfn_tui.service.changes.policy import Approval, requirements
from dfn_tui.service.context import capabilities_of
from dfn_tui.text import _

_NOT_AS_PLANNED = (Outcome.FAILED, Outcome.DIFFERENT, Outcome.CONFLICT)
_SHOWN_EVERY = 0.25  # seconds


def apply(args: argparse.Namespace) -> int:
    """Sends what a plan says, after asking. Raises `ConsoleError`."""
    check_results(args)
    with opened_for_many(args) as (bulk, runner):
        with open_plan(args.plan) as plan:
            try:
                approval = _approve(args, bulk, plan)
            except KeyboardInterrupt:
                say(_("Stopped. Nothing was sent."))
                raise
            digest = plan.digest
        options = Options(OnConflict(args.on_conflict), not args.no_read_back, args.limit)
        return _run(args, bulk, runner, bulk.apply(args.plan, approval, options, digest=digest))


def _approve(args: argparse.Namespace, bulk: BulkSession, plan: PlanFile) -> Approval:
    """The operator's answers to that plan. Raises `GateRefused` where one is missing or is a no."""
    if args.digest and not plan.digest.startswith(args.digest):
        raise GateRefused(
            _("This is another plan"),
            _("Its digest is {digest}. Nothing was sent.").format(digest=plan.digest[: len(args.digest)]),
            _("Look at it: {command}").format(command=command(None, "show", args.plan)),
        )
    found, now = totals(plan), bulk.session.clock()
    sending = expected(
        found,
        limit=args.limit,
        look_first=args.on_conflict != OnConflict.OVERWRITE,
        read_back=not args.no_read_back,
    )
    for line in plan_lines(plan, found, now, sending):
        say(line)
    asked = requirements(found.scope, bulk.session.connection, now)
    approval = all_answered(args, asked, found.to_send)._replace(max_users=args.max_users)
    bulk.guard(plan, approval)  # first what no answer would mend
    look = _("Look at them first: {command}").format(command=command(None, "show", args.plan, "--users"))
    confirm(args, asked, found.to_send, look=look)
    return approval


def resume(args: argparse.Namespace) -> int:
    """Goes on with a job where it was left. Raises `ConsoleError`."""
    check_results(args)
    with opened_for_many(args) as (bulk, runner):
        job = args.job or _only_unfinished(bulk)
        return _run(args, bulk, runner, bulk.resume(job, failed=args.failed, limit=args.limit))


def _only_unfinished(bulk: BulkSession) -> str:
    found = bulk.unfinished()
    if len(found) == 1:
        return found[0]
    for line in list_jobs([job for job in bulk.jobs() if job.unfinished]):
        say(line)
    if found:
        raise ConsoleError(
            _("Which job is meant?"),
            _("More than one is unfinished. Nothing was sent."),
            _("Give the id of one."),
        )
    raise ConsoleError(
        _("There is no unfinished job"),
        _("None over {connection} was stopped or cut short. Nothing was sent.").format(
            connection=bulk.session.connection.name
        ),
        _("See which jobs there are: dfn-tui bulk status"),
    )


def _run(
    args: argparse.Namespace, bulk: BulkSession, runner: asyncio.Runner, starting: Coroutine[Any, Any, Run]
) -> int:
    stop = partial(runner.get_loop().call_soon_threadsafe, bulk.stop)
    words = _("Stopping: what was sent is waited for, and the job can be resumed. (8 s at most.)")
    with finishing(stop, words):
        run, record = runner.run(_watched(bulk, starting))
        job = bulk.job(record.id)
        if run.error is not None:
            error = run.error
            say(f"{error.title}\n{error.happened}\n{error.next_step}")
        say_job(job)
        written = write_results(args, job, bulk.session.journal.path)
    code = _exit_code(job, run.error, interrupted=bulk.stopping and job.unfinished)
    return code if code or written else ExitCode.BAD_USAGE


def _exit_code(job: JobSummary, error: ConsoleError | None, *, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    readable = bool(capabilities_of(job.head.api).read_by)
    unread = job.ended.get(Outcome.ACCEPTED) if readable and job.record.read_back else 0
    if job.ended.get(Outcome.UNKNOWN) or unread:
        return ExitCode.UNKNOWN
    if error is not None:
        return of_error(error)
    return ExitCode.SOME_FAILED if any(map(job.ended.get, _NOT_AS_PLANNED)) else ExitCode.DONE


async def _watched(bulk: BulkSession, starting: Coroutine[Any, Any, Run]) -> tuple[Run, JobRecord]:
    with ProgressLine() as line:
        run = await starting
        ended = asyncio.ensure_future(bulk.wait())
        while not ended.done():
            progress = run.progress()
            if progress.waiting_seconds > SILENCE and not line.terminal:
                line.wait(_waiting_words(progress))
            line.show(_line(progress))
            await asyncio.wait([ended], timeout=_SHOWN_EVERY if line.terminal else 1.0)
        return run, await ended


def _waiting_words(at: RunProgress) -> str:
    return _("the server asks to wait {seconds:.0f} s").format(seconds=at.waiting_seconds)


def _line(at: RunProgress) -> str:
    """How far a run is, in a line."""
    reading = _("reading back: {count}").format(count=f"{at.checked:,}")
    left = "" if at.seconds_left is None else _("{time} left").format(time=span(at.seconds_left))
    parts = (
        _("{done} of {total}").format(done=f"{at.done:,}", total=f"{at.total:,}"),
        reading if at.phase is Phase.READING_BACK else "",
        _("{count} failed").format(count=f"{at.counts[Outcome.FAILED]:,}"),
        _("{count} waiting").format(count=f"{at.waiting:,}"),
        _("{users:.0f} users/s").format(users=at.users_per_second),
        _waiting_words(at) if at.waiting_seconds else left,
        _("{limit}/min").format(limit=f"{at.limit:,}"),
    )
    return " · ".join(filter(None, parts))
