"""Jobs: which there are, how one stands, and how each of its users ended."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from dfn_tui.cli.bulk.output import SHORT, command, opened_for_many
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import STDIN
from dfn_tui.cli.output import say, what_was_done, write_data, write_json, write_lines
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.run.format import conflict_words, state_words
from dfn_tui.service.bulk.run.job import open_job
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import IN_JOBS
from dfn_tui.service.bulk.run.results import INVALID, Result, results, write_rows
from dfn_tui.service.bulk.run.results import write_results as export_results
from dfn_tui.service.change_format import count_words
from dfn_tui.service.context import capabilities_of
from dfn_tui.service.export import NotExported
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import korean_time


def status(args: argparse.Namespace) -> ExitCode:
    """Lists the jobs of a connection, or shows one. Raises `ConsoleError`."""
    check_results(args)
    with opened_for_many(args) as (bulk, _runner):
        found = [bulk.job(args.job)] if args.job else bulk.jobs()
        journal = bulk.session.journal.path
    if args.json:
        write_json(map(_record, found))
    elif args.job is None:
        write_lines(list_jobs(found))
    elif str(args.results) != STDIN:
        write_lines(_details(found[0]))
    if not found:
        say(_("There is no job."))
    if args.results is None or write_file(args.results, found[0], journal, revealed=args.reveal):
        return ExitCode.DONE
    return ExitCode.BAD_USAGE


def list_jobs(found: Iterable[JobSummary]) -> Iterator[str]:
    """A line for each job."""
    for job in found:
        record = job.record
        parts = (
            sanitize(record.id, 60),
            f"{korean_time(record.begun)} KST",
            state_words(record.state, under_way=job.under_way),
            f"{sanitize(job.head.connection, 40)} ({job.head.environment.value})",
            _users(job.total),
            *count_words(job.ended),
        )
        yield "  ".join(parts)


def say_job(job: JobSummary) -> None:
    """Says how a job ended, and what can be done next."""
    for line in (*_status(job), *_next(job)):
        say(line)


def _details(job: JobSummary) -> Iterator[str]:
    record, head = job.record, job.head
    yield from _status(job)
    yield _("Over {connection} ({environment}), begun by {by} at {begun} KST").format(
        connection=sanitize(head.connection, 40),
        environment=head.environment.value,
        by=sanitize(record.by, 80),
        begun=korean_time(record.begun),
    )
    if record.ended is not None:
        yield _("Ended at {ended} KST").format(ended=korean_time(record.ended))
    yield _("Reason: {reason}").format(reason=sanitize(record.reason, 300) or "-")
    if record.evidence:
        yield _("Evidence: {evidence}").format(evidence=sanitize(record.evidence, 300))
    yield from (_("Read: {warning}").format(warning=sanitize(warning, 300)) for warning in record.warnings)
    yield _("Users changed since the plan was made: {rule}").format(rule=conflict_words(record.on_conflict))
    yield _("Digest of the plan: {digest}").format(digest=sanitize(record.digest[:SHORT]))
    if not job.under_way:
        yield from _next(job)


def _status(job: JobSummary) -> Iterator[str]:
    record = job.record
    state = state_words(record.state, under_way=job.under_way)
    yield _("Job {id}: {state}").format(id=sanitize(record.id, 60), state=state)
    if record.why and not job.under_way:
        yield sanitize(record.why, 300)
    left = job.total - job.done
    counts = count_words(job.ended, job.nothing_set)
    if left:
        counts.append(_("{count} still to be done").format(count=f"{left:,}"))
    yield _("{users}: {counts}").format(users=_users(job.total), counts=", ".join(counts))


def _next(job: JobSummary) -> Iterator[str]:
    """What can be done about that job, and by which command."""
    id, connection = job.record.id, job.head.connection
    steps = [(_("How each user ended"), command(connection, "status", id, "--results", "results.csv"))]
    if job.unfinished:
        steps.insert(0, (_("Go on with it"), command(connection, "resume", id)))
    if job.ended.get(Outcome.FAILED):
        steps.append((_("Send those that failed again"), command(connection, "resume", id, "--failed")))
    if job.done and capabilities_of(job.head.api).read_by:
        steps.append((_("Read all users again"), command(connection, "verify", id)))
    if any(job.ended.get(end) for end in (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNKNOWN)):
        steps.append((_("Take it back"), command(connection, "undo", id, "-o", "undo.plan")))
    return (f"{what_for}: {typed}" for what_for, typed in steps)


def _users(count: int) -> str:
    return ngettext("{count} user", "{count} users", count).format(count=f"{count:,}")


def _record(job: JobSummary) -> dict[str, object]:
    record = job.record
    return {
        "job": record.id,
        "state": record.state.value,
        "under_way": job.under_way,
        "unfinished": job.unfinished,
        "connection": job.head.connection,
        "environment": job.head.environment.value,
        "begun": record.begun.isoformat(),
        "ended": record.ended.isoformat() if record.ended else None,
        "by": record.by,
        "reason": record.reason,
        "evidence": record.evidence,
        "digest": record.digest,
        "message": record.why,
        "total": job.total,
        "counts": {one.value: job.ended.get(one, 0) for one in IN_JOBS},
    }


def check_results(args: argparse.Namespace) -> None:
    """Raises `ConsoleError`, before anything is done, where the results could not be written as asked."""
    if args.results is None:
        return
    if str(args.results) == STDIN:
        if args.json:
            raise ConsoleError(
                _("Two things for one output"),
                _("--json and --results - both write to the standard output. Nothing was sent."),
                _("Give one of them, or name a file."),
            )
    elif args.results.exists():
        raise ConsoleError(
            _("This file is there already"),
            _("{path} was left as it is. Nothing was sent.").format(path=sanitize(str(args.results), 200)),
            _("Name another file, or remove that one first."),
        )
    if args.action == "status" and args.job is None:
        raise ConsoleError(
            _("Which job is meant?"),
            _("Results are those of one job."),
            _("Give its id: dfn-tui bulk status"),
        )


def write_results(args: argparse.Namespace, job: JobSummary, journal: Path) -> bool:
    """Writes how each user ended as the options say; False where that failed, which is said."""
    with what_was_done():
        if args.json:
            with open_job(job.path) as opened:  # what is invalid is no user, but a row of the input
                write_json(_result(one) for one in results(opened, journal) if one.outcome != INVALID)
        return args.results is None or write_file(args.results, job, journal)
    return True


def write_file(path: Path, job: JobSummary, journal: Path, *, revealed: bool = False) -> bool:
    """Writes how each user ended to a new file; False where that failed, which is said."""
    if str(path) == STDIN:
        write_data()
        with open_job(job.path) as opened:
            write_rows(opened, journal, sys.stdout, revealed=revealed)
        return True
    try:
        place = export_results(job.path, journal, str(path), revealed=revealed)
    except NotExported as error:
        say(f"{error.title}\n{error.happened}\n{error.next_step}")
        return False
    say(_("How each user ended is in {path}").format(path=sanitize(str(place), 200)))
    return True


def _result(one: Result) -> dict[str, object]:
    value: dict[str, object] = {
        "user_id": one.user,
        "outcome": one.outcome,
        "code": one.code or None,
        "message": one.reason,
        "before": one.before,
        "after": one.after,
    }
    return value | {"now": one.now} if one.now else value
