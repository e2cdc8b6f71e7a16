"""Applying a plan, and going on with a job: until its end, or until it is stopped."""

import argparse
import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from dfn_tui.cli.bulk.jobs import check_results, job_line, say_job, write_results
from dfn_tui.cli.bulk.output import check_digest, command, opened_for_many, plan_lines, unseal
from dfn_tui.cli.confirm import all_answered, confirm
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.output import ProgressLine, say
from dfn_tui.cli.session import SILENCE, finishing, nothing_sent_yet
from dfn_tui.cli.stdin import can_ask
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.approving import Signing, approval_status
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import span
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import cost, totals
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.format import left_open_words, unknown_words
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict, Phase, RunProgress
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import count_words
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.context import capabilities_of
from dfn_tui.service.four_eyes.files import beside
from dfn_tui.text import _

_NOT_AS_PLANNED = (Outcome.FAILED, Outcome.DIFFERENT, Outcome.CONFLICT)
_SHOWN_EVERY = 0.25  # seconds


def apply(args: argparse.Namespace) -> int:
    """Sends what a plan says, after asking. Raises `ConsoleError`."""
    check_results(args)
    with opened_for_many(args) as (bulk, runner):
        bulk.signing = Signing(args.key, can_ask())
        with open_plan(args.plan) as plan:
            with nothing_sent_yet():
                approval = _approve(args, bulk, plan)
            digest = plan.digest
        options = Options(OnConflict(args.on_conflict), not args.no_read_back, args.limit)
        return _run(args, bulk, runner, bulk.apply(args.plan, approval, options, digest=digest))


def _approve(args: argparse.Namespace, bulk: BulkSession, plan: PlanFile) -> Approval:
    """The operator's answers to that plan. Raises `GateRefused` where one is missing or is a no."""
    check_digest(args, plan)
    bulk.mark_sent(plan, sending=True)
    found, now = totals(plan), bulk.session.clock()
    limits = bulk.rates(found, args.limit)
    sending = cost(
        found,
        limit=limits[0],
        look_first=args.on_conflict != OnConflict.OVERWRITE,
        read_back=not args.no_read_back,
    )
    for line in plan_lines(plan, found, now, limits, sending):
        say(line)
    status = approval_status(bulk.session, found, beside(plan.path))
    if status and status.approved:  # else the refusal says it
        say(status.words)
    asked = bulk.session.requirements(found.scope)
    approval = all_answered(args, asked, found.to_send)._replace(max_users=args.max_users)
    bulk.guard(plan, approval)  # first what no answer would mend
    look = _("Look at them first: {command}").format(command=command(None, "show", args.plan, "--users"))
    confirm(args, asked, found.to_send, look=look)
    return approval


def resume(args: argparse.Namespace) -> int:
    """Goes on with a job where it was left. Raises `ConsoleError`."""
    check_results(args)
    with opened_for_many(args) as (bulk, runner):
        bulk.signing = Signing(args.key, can_ask())
        job = args.job or _only_unfinished(bulk)
        with nothing_sent_yet():
            unseal(bulk, runner, job)
        rule = None if args.on_conflict is None else OnConflict(args.on_conflict)
        return _run(
            args, bulk, runner, bulk.resume(job, failed=args.failed, limit=args.limit, on_conflict=rule)
        )


def _only_unfinished(bulk: BulkSession) -> str:
    listing = bulk.jobs.all()
    found = [job for job in listing.jobs if job.unfinished]
    if len(found) == 1:
        return found[0].record.id
    for line in [*map(job_line, listing.unreadable), *map(job_line, found)]:
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
        _("See which jobs there are: dfn-tui bulk list"),
    )


def _run(
    args: argparse.Namespace, bulk: BulkSession, runner: asyncio.Runner, starting: Coroutine[Any, Any, Run]
) -> int:
    stop = partial(runner.get_loop().call_soon_threadsafe, bulk.stop)
    words = _("Stopping: what was sent is waited for, and the job can be resumed. (8 s at most.)")
    with finishing(stop, words):
        run, record = runner.run(_watched(bulk, starting))
        if run.error is not None:
            _say_error(run.error)
        try:
            job = bulk.jobs.summary(record.id)
        except ConsoleError as lost:
            return _without_file(run, lost)
        say_job(job)
        if run.left_open:
            say(left_open_words(run.left_open))
        write_results(args, job, bulk)
    return _exit_code(job, run, stopped=bulk.stopping and job.unfinished)


def _without_file(run: Run, lost: ConsoleError) -> ExitCode:
    """Says what the run itself knows, where the file of its job cannot be read any more. Whoever was sent is
    of unknown outcome: nothing tells who they are but the journal."""
    if run.error is None:
        _say_error(lost)
    counts = run.progress().counts
    known = ", ".join(count_words(counts)) or _("none")
    say(_("As far as it was written down: {counts}.").format(counts=known))
    if run.left_open:
        say(left_open_words(run.left_open))
    sent = run.left_open or any(counts[one] for one in Outcome if one is not Outcome.UNCHANGED)
    return of_failures([run.error or lost], unknown=bool(sent))


def _say_error(error: ConsoleError) -> None:
    say(f"{error.title}\n{error.happened}\n{error.next_step}")


def _exit_code(job: JobSummary, run: Run, *, stopped: bool) -> ExitCode:
    error = run.error
    readable = bool(capabilities_of(job.head.api).read_by)
    unread = job.ended.get(Outcome.ACCEPTED) if readable and job.record.read_back else 0
    # --allow-unknown of the plan is about the ones; the others are left out on purpose.
    lost = job.set_aside.keys() - {PlanStatus.UNKNOWN, PlanStatus.SAID_NO}
    failed = lost or any(map(job.ended.get, _NOT_AS_PLANNED))
    unknown = job.ended.get(Outcome.UNKNOWN) or unread or run.left_open
    failures = [*([error] if error else []), *([None] if failed else [])]
    return of_failures(failures, unknown=bool(unknown), stopped=stopped)


async def _watched(bulk: BulkSession, starting: Coroutine[Any, Any, Run]) -> tuple[Run, JobRecord]:
    with ProgressLine() as line:
        run = await starting
        ended = asyncio.ensure_future(bulk.wait())
        while not ended.done():
            progress = run.progress()
            if not line.terminal and progress.waiting_seconds > SILENCE:
                line.wait(_waiting_words(progress))
            elif not line.terminal and progress.waiting:
                line.wait(unknown_words(progress.waiting))
            line.show(_line(progress))
            await asyncio.wait([ended], timeout=_SHOWN_EVERY if line.terminal else 1.0)
        return run, await ended


def _waiting_words(at: RunProgress) -> str:
    return _("the server asks to wait {seconds:.0f} s").format(seconds=at.waiting_seconds)


def _line(at: RunProgress) -> str:
    """How far a run is, in a line."""
    reading = {
        Phase.READING_BACK: _("reading back: {count}"),
        Phase.LOOKING: _("looking for users changed by someone else: {count}"),
    }.get(at.phase, "")
    left = "" if at.seconds_left is None else _("{time} left").format(time=span(at.seconds_left))
    parts = (
        _("{done} of {total}").format(done=f"{at.done:,}", total=f"{at.total:,}"),
        reading.format(count=f"{at.checked:,}"),
        _("{count} failed").format(count=f"{at.counts[Outcome.FAILED]:,}"),
        _("{count} waiting").format(count=f"{at.waiting:,}"),
        _("{users:.0f} users/s").format(users=at.users_per_second),
        _waiting_words(at) if at.waiting_seconds else left,
        _("{limit}/min").format(limit=f"{at.limit:,}"),
    )
    return " · ".join(filter(None, parts))
