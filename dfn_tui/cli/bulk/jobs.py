"""Jobs: which there are, how one stands, and how each of its users ended."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

from dfn_tui.cli.bulk.output import SHORT, command, opened_for_many, say_removed, unseal
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, is_asked_for, is_data, write_records, writing
from dfn_tui.cli.ids import STDIN
from dfn_tui.cli.output import say, what_was_done, write_data
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import IN_SNAPSHOT, Outcome
from dfn_tui.service.bulk.plan.format import users_words
from dfn_tui.service.bulk.run.format import (
    conflict_lines,
    conflict_words,
    counts_of,
    decision_words,
    kept_lines,
    state_words,
    unreadable_words,
)
from dfn_tui.service.bulk.run.listing import JobSummary, UnreadableJob
from dfn_tui.service.bulk.run.records import IN_JOBS, JobState
from dfn_tui.service.bulk.run.results import INVALID, Result, results, write_rows
from dfn_tui.service.bulk.run.results import write_results as export_results
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.bulk.troubles import TROUBLED
from dfn_tui.service.change_format import ended_words, outcome_role
from dfn_tui.service.changes.undocumented import nobody_known
from dfn_tui.service.context import capabilities_of
from dfn_tui.service.export import require_room
from dfn_tui.service.tokens import KeyNeeded
from dfn_tui.service.types import IdentityKind
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import korean_minute, korean_time, spoken_time


def list_(args: argparse.Namespace) -> ExitCode:
    """Lists the jobs of a connection, and those that cannot be read. Raises `ConsoleError`."""
    with opened_for_many(args) as (bulk, runner):
        found = runner.run(bulk.list_jobs())
    jobs, lost = found
    shown: list[AnyJob] = [*jobs, *lost] if is_data(args) else [*lost, *jobs]
    write_records(args, shown, job_view())
    if not any(found):
        say(_("There is no job."))
    return ExitCode.SOME_FAILED if found.unreadable else ExitCode.DONE


def clean(args: argparse.Namespace) -> ExitCode:
    """Removes the files of old jobs, and says whose. Raises `ConsoleError`."""
    with opened_for_many(args) as (bulk, _runner):
        removed = bulk.jobs.clean(args.older_than, unfinished=args.unfinished)
    if is_asked_for(args):
        write_records(args, removed, _removed_view())
    else:
        say_removed(removed)
    if not removed:
        say(_("There is no such job: nothing was removed."))
    return ExitCode.DONE


def status(args: argparse.Namespace) -> ExitCode:
    """Shows a job, or lists them. Raises `ConsoleError`. Without the key of a sealed one its counts are shown
    all the same."""
    check_results(args)
    if args.job is None and (args.results is not None or args.users or args.troubled):
        raise ConsoleError(
            _("Which job is meant?"),
            _("Results are those of one job."),
            _("Give its id: dfn-tui bulk list"),
        )
    if args.job is None:
        return list_(args)
    with opened_for_many(args) as (bulk, runner):
        try:
            unseal(bulk, runner, args.job)
        except KeyNeeded:
            if args.results is not None or args.users or args.troubled:
                raise
        found = bulk.jobs.summary(args.job)
        if args.users or args.troubled:
            _write_users(args, found, bulk)
            return ExitCode.DONE
    if is_data(args) or str(args.results) != STDIN:
        view = replace(job_view(), lines=lambda _job: _details(found))
        write_records(args, [found], view, lines_seen=True)
    if args.results is not None:
        _write_file(args, found, bulk)
    return ExitCode.DONE


def _removed_view() -> RecordView[str]:
    """The ids of jobs that were removed."""
    return RecordView(
        lambda job: {"job": job, "state": "removed"},
        ("job", "state"),
        (Heading(_("job"), least=15), Heading(_("state"))),
        lambda job: [(TableCell(sanitize(job, 60)), TableCell(_("removed")))],
    )


AnyJob = JobSummary | UnreadableJob


def job_view() -> RecordView[AnyJob]:
    """Jobs, those that cannot be read among them."""
    headings = (
        Heading(_("job"), least=15, whole=True),
        Heading(_("begun (KST)"), least=16),
        Heading(_("state"), least=8),
        Heading(_("connection"), least=6),
        Heading(_("users"), right=True),
        Heading(_("outcomes"), least=12),
    )
    counts = tuple(f"counts.{one.value}" for one in IN_JOBS)
    columns = (*_BEFORE_COUNTS, *counts, "partly_failed", "set_aside", "sealed", "locked")
    return RecordView(_record, columns, headings, lambda job: [_cells(job)], lambda job: [job_line(job)])


_BEFORE_COUNTS = (
    *("job", "state", "under_way", "unfinished", "connection", "environment", "kind", "begun", "ended"),
    *("by", "reason", "evidence", "digest", "message", "total"),
)
_ROLES = {JobState.FINISHED: "ok", JobState.ABORTED: "label"}


def _cells(job: AnyJob) -> Row:
    none = TableCell("")
    if isinstance(job, UnreadableJob):
        words = TableCell(unreadable_words(job), "danger")
        return TableCell(sanitize(job.id, 60)), none, none, none, none, words
    record, head = job.record, job.head
    counts = ((one, job.ended.get(one, 0)) for one in (*TROUBLED, *IN_JOBS))
    gravest = next((outcome_role(one) for one, count in counts if count), "")
    return (
        TableCell(sanitize(record.id, 60)),
        TableCell(korean_minute(record.begun)),
        TableCell(state_words(record.state, under_way=job.under_way), _ROLES.get(record.state, "warn")),
        TableCell(f"{sanitize(head.connection, 40)} ({head.environment.value})"),
        TableCell(f"{job.total:,}"),
        TableCell(", ".join(counts_of(job)), gravest),
    )


def job_line(job: AnyJob) -> str:
    """A job in a line."""
    if isinstance(job, UnreadableJob):
        return f"{sanitize(job.id, 60)}  {unreadable_words(job)}"
    record = job.record
    parts = (
        sanitize(record.id, 60),
        f"{korean_time(record.begun)} KST",
        state_words(record.state, under_way=job.under_way),
        f"{sanitize(job.head.connection, 40)} ({job.head.environment.value})",
        users_words(job.total, job.head.named_by),
        *counts_of(job),
    )
    return "  ".join(parts)


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
        begun=spoken_time(record.begun, seconds=True),
    )
    if record.ended is not None:
        yield _("Ended at {ended} KST").format(ended=spoken_time(record.ended, seconds=True))
    if not job.locked:
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
    counts = counts_of(job)
    if left:
        counts.append(_("{count} still to be done").format(count=f"{left:,}"))
    yield _("{users}: {counts}").format(
        users=users_words(job.total, job.head.named_by), counts=", ".join(counts)
    )
    if job.ended.get(Outcome.ACCEPTED) and (
        words := nobody_known(job.head.kinds, capabilities_of(job.head.api))
    ):
        yield words
    yield from conflict_lines(job)
    yield from kept_lines(job)


def _next(job: JobSummary) -> Iterator[str]:
    """What can be done about that job, and by which command."""
    id, connection = job.record.id, job.head.connection
    steps = [(_("How each user ended"), command(connection, "status", id, "--results", "results.csv"))]
    if job.unfinished:
        steps.insert(0, (_("Go on with it"), command(connection, "resume", id)))
        if job.conflicts:
            steps[1:1] = [
                (words, command(connection, "resume", id, "--on-conflict", rule))
                for rule, words in decision_words().items()
            ]
    if job.repeatable:
        steps.append((_("Send those that failed again"), command(connection, "resume", id, "--failed")))
    if job.done and not job.blind:
        steps.append((_("Read all users again"), command(connection, "verify", id)))
    elif job.ended.get(Outcome.ACCEPTED) and IdentityKind.EXTERNAL_ID in job.head.kinds:
        steps.append((_("After a new snapshot, see who is as planned"), command(connection, "verify", id)))
    if job.partly or any(map(job.ended.get, (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNKNOWN))):
        # What was there before is known of nobody then.
        words = _("Take back the consents it gave") if job.blind else _("Take it back")
        steps.append((words, command(connection, "undo", id, "-o", "undo.plan")))
    return (f"{what_for}: {typed}" for what_for, typed in steps)


def _record(job: AnyJob) -> dict[str, object]:
    if isinstance(job, UnreadableJob):
        return {"job": job.id, "state": "unreadable", "message": unreadable_words(job)}
    record = job.record
    return {
        "job": record.id,
        "state": record.state.value,
        "under_way": job.under_way,
        "unfinished": job.unfinished,
        "connection": job.head.connection,
        "environment": job.head.environment.value,
        "kind": job.head.named_by,
        "begun": record.begun.isoformat(),
        "ended": record.ended.isoformat() if record.ended else None,
        "by": record.by,
        "reason": record.reason,
        "evidence": record.evidence,
        "digest": record.digest,
        "message": record.why,
        "total": job.total,
        "counts": {one.value: job.ended.get(one, 0) for one in IN_JOBS},
        "partly_failed": job.partly,
        "set_aside": {status.value: users for status, users in job.set_aside.items()},
        "sealed": job.sealed,
        "locked": job.locked,
    }


def check_results(args: argparse.Namespace) -> None:
    """Raises `ConsoleError`, before anything is done, where the results could not be written as asked."""
    if args.results is None:
        return
    if str(args.results) == STDIN:
        if is_asked_for(args):
            raise ConsoleError(
                _("Two things for one output"),
                _("--json and --results - both write to the standard output. Nothing was sent."),
                _("Give one of them, or name a file."),
            )
    else:
        try:
            require_room(str(args.results))
        except ConsoleError as error:
            happened = _("{happened} Nothing was sent.").format(happened=error.happened)
            raise ConsoleError(error.title, happened, error.next_step) from error


def write_results(args: argparse.Namespace, job: JobSummary, bulk: BulkSession) -> None:
    """Writes how each user ended as the options say. What cannot be written is said: it changes nothing of
    what was done."""
    try:
        with what_was_done():
            if is_asked_for(args):
                _write_users(args, job, bulk)
            if args.results is not None:
                _write_file(args, job, bulk)
    except ConsoleError as error:
        say(f"{error.title}\n{error.happened}\n{error.next_step}")


def _write_users(args: argparse.Namespace, job: JobSummary, bulk: BulkSession) -> None:
    """Writes how each user ended as data. Raises `ConsoleError`."""
    troubled, revealed = getattr(args, "troubled", False), getattr(args, "reveal", False)
    with bulk.jobs.open(job.id) as opened, writing(args, ended_view()) as writer:
        for one in results(opened, bulk.session.journal.path, revealed=revealed):
            # What is invalid is no user, but a row of the input.
            if one.outcome in _TROUBLED if troubled else one.outcome != INVALID:
                writer.put(one)


def ended_view() -> RecordView[Result]:
    """How each user of a job ended."""
    headings = (
        Heading(_("user"), least=8, whole=True),
        Heading(_("before"), least=8),
        Heading(_("after"), least=8),
        Heading(_("outcome"), least=9),
        Heading(_("now"), least=6),
        Heading(_("reason"), least=8),
    )

    def cells(one: Result) -> list[Row]:
        outcome = Outcome(one.outcome) if one.outcome in [*Outcome] else None
        words, role = one.outcome, "label"
        if outcome is not None:
            words = ended_words(outcome, in_snapshot=one.code == IN_SNAPSHOT)
            role = outcome_role(outcome)
        texts = [TableCell(sanitize(text)) for text in (one.user, one.before, one.after)]
        why = sanitize("  ".join(filter(None, (one.code, one.reason))))
        return [(*texts, TableCell(words, role), TableCell(sanitize(one.now)), TableCell(why, "label"))]

    columns = ("kind", "user_id", "before", "after", "outcome", "code", "message", "now")
    return RecordView(_result, columns, headings, cells)


_TROUBLED = frozenset(one.value for one in TROUBLED)


def _write_file(args: argparse.Namespace, job: JobSummary, bulk: BulkSession) -> None:
    """Writes how each user ended to a new file, or as data. Raises `ConsoleError`."""
    revealed, bom, journal = getattr(args, "reveal", False), args.bom, bulk.session.journal.path
    if str(args.results) == STDIN:
        write_data()
        with bulk.jobs.open(job.id) as opened:
            write_rows(opened, journal, sys.stdout, revealed=revealed, bom=bom)
        return
    place = export_results(bulk.jobs, job.id, journal, str(args.results), revealed=revealed, bom=bom)
    say(_("How each user ended is in {path}").format(path=sanitize(str(place), 200)))


def _result(one: Result) -> dict[str, object]:
    value: dict[str, object] = {
        "user_id": one.user,
        "kind": one.kind,
        "outcome": one.outcome,
        "code": one.code or None,
        "message": one.reason,
        "before": one.before,
        "after": one.after,
    }
    return value | {"now": one.now} if one.now else value
