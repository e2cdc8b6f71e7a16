"""How each user of a job ended, for a file: nothing of the plan is missing from it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from dfn_tui.outcomes import NOT_JOURNALLED, Outcome
from dfn_tui.service.bulk.plan.records import SENT, PlannedUser, PlanStatus
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.listing import JobFolder
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.sent import sent_and_not_ended
from dfn_tui.service.change_format import nothing_set
from dfn_tui.service.changes.outcome import NOT_READ_BACK
from dfn_tui.service.changes.undocumented import nobody_known, unregistered_words
from dfn_tui.service.context import capabilities_of
from dfn_tui.service.export import export
from dfn_tui.service.history_export import spreadsheet_cell
from dfn_tui.service.personal import shown_value
from dfn_tui.service.types import Value
from dfn_tui.store import FieldChange, Journal
from dfn_tui.text import _

COLUMNS = ("user", "before", "after", "outcome", "code", "reason", "now", "kind")
NOT_SENT, INVALID = "not-sent", "invalid"
"""The outcomes that no user of a job has: those still to be done or left out, and rows that are no user."""

_PAGE = 2000


class Result(NamedTuple):
    """How one user ended. `before` and `after` name fields with their values, personal ones masked; so does
    `now` where reading back showed something else than was sent. `kind` is what users are named by."""

    user: str
    before: str
    after: str
    outcome: str
    code: str
    reason: str
    now: str = ""
    kind: str = ""

    def cells(self) -> list[str]:
        """As a row under `COLUMNS`: inert, and nothing a spreadsheet would run."""
        return [spreadsheet_cell(value) for value in self]


def write_results(
    jobs: JobFolder, id: str, journal: Path, name: str, *, revealed: bool = False, bom: bool = False
) -> Path:
    """Writes how each user of the job of that id ended to a new file of that name, as `export` does. Personal
    values are masked unless `revealed`. Raises PlanError, KeyNeeded and NotExported."""
    with jobs.open(id) as opened:
        return export(name, lambda file: write_rows(opened, journal, file, revealed=revealed, bom=bom))


def write_rows(job: Job, journal: Path, file: TextIO, *, revealed: bool = False, bom: bool = False) -> None:
    """Writes the same as CSV to an open file; `bom` is the mark that Excel looks for. Raises PlanError and
    OSError."""
    if bom:
        file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(row.cells() for row in results(job, journal, revealed=revealed))


def results(job: Job, journal: Path, *, revealed: bool = False) -> Iterator[Result]:
    """Every user of the plan in order, then the rows of the input that are none. `journal` knows what was
    read back. `revealed` uncovers personal values. Raises PlanError and JournalError."""
    after, record = -1, job.record
    unread = _("Accepted, but not read back. {why}").format(why=record.why).strip()
    if not (record.read_back and capabilities_of(job.plan.head.api).read_by):
        unread = ""  # nor was it to be
    with Journal(journal) as entries:
        newer = sent_and_not_ended(job, entries)
        while found := job.everyone(after, _PAGE):
            for user, in_file in found:
                ended = _as_journalled(in_file, newer.get(user.number), user.number)
                one = _result(user, ended, revealed)
                if unread and one.outcome == Outcome.ACCEPTED and one.code != NOT_READ_BACK:
                    one = one._replace(code=NOT_READ_BACK, reason=" ".join([unread, one.reason]).strip())
                if one.outcome == Outcome.ACCEPTED:
                    one = one._replace(reason=" ".join(filter(None, [one.reason, _untold(job, user)])))
                if ended is not None and ended.outcome is Outcome.DIFFERENT and ended.seq is not None:
                    one = one._replace(now=_now(entries, ended.seq, revealed))
                yield one._replace(kind=user.kind.value)
            after = found[-1][0].number
    line, kind = -1, job.plan.head.named_by
    while bad := job.plan.bad_rows(line, _PAGE):
        for row in bad:
            reason = _("Line {line}: {reason}").format(line=row.line, reason=row.reason)
            yield Result(row.shown, "", "", INVALID, row.fault, reason, kind=kind)
        line = bad[-1].line


def _as_journalled(
    in_file: UserEnd | None, newest: tuple[int, Outcome | None] | None, number: int
) -> UserEnd | None:
    """How a user ended as the journal has it, where that knows of a later sending than its file: who was
    sent is never still to be done."""
    if newest is None or (in_file is not None and in_file.seq is not None and in_file.seq >= newest[0]):
        return in_file
    seq, outcome = newest
    if outcome is Outcome.FAILED:  # nothing came of it: done as if new
        return in_file
    if outcome is None:
        words = _("Sent; how that ended is not in the journal. Look this user up, or go on with the job.")
        return UserEnd(number, seq, Outcome.UNKNOWN, NOT_JOURNALLED, words)
    return UserEnd(number, seq, outcome)


def _untold(job: Job, user: PlannedUser) -> str:
    """What version 2 does not say of what it took."""
    has = capabilities_of(job.plan.head.api)
    fields = ((change.kind, change.name) for change in user.group.changes)
    return " ".join(filter(None, [nobody_known({user.kind}, has), unregistered_words(fields, has)]))


def _result(user: PlannedUser, ended: UserEnd | None, revealed: bool) -> Result:
    group = user.group
    before, after = _fields(group.changes, revealed)
    if group.status in SENT:
        if user.left_out:
            return Result(user.user, before, after, NOT_SENT, "left-out", _("Left out of the plan."))
        if ended is None:
            return Result(user.user, before, after, NOT_SENT, "", _("Still to be done."))
        message = " ".join(filter(None, (ended.message, group.message)))
        return Result(user.user, before, after, ended.outcome.value, ended.code or group.code, message)
    if group.status is PlanStatus.ALREADY:
        return Result(user.user, "", "", Outcome.UNCHANGED.value, "", "")
    if group.status is PlanStatus.UNKNOWN:
        return Result(user.user, "", "", NOT_SENT, "unknown-user", nothing_set())
    return Result(user.user, "", "", NOT_SENT, group.code or group.status.value, group.message)


def _now(journal: Journal, seq: int, revealed: bool) -> str:
    fields = journal.outcomes(seq)[0].fields
    other = [one for one in fields if one.outcome is Outcome.DIFFERENT and one.read_back]
    # What is personal is masked in the journal already.
    return "; ".join(_field(one.name, one.now, revealed or one.personal) for one in other)


def _fields(changes: tuple[FieldChange, ...], revealed: bool) -> tuple[str, str]:
    before = [_field(c.name, c.before, revealed) for c in changes if c.readable and c.before is not None]
    after = [_field(c.name, c.after, revealed) for c in changes]
    return "; ".join(before), "; ".join(after)


def _field(name: str, value: Value | None, revealed: bool) -> str:
    return f"{name}=" if value is None else f"{name}={shown_value(name, value, revealed=revealed)}"
