"""Who was sent from a plan before: each user of a plan is sent once, however often it is applied.

Known on this host and of those that share its folder: by the jobs of the plan, for a job that was cut short
by the journal, and for one that was cleared away by a note that stays. A withdrawal has no other guard
against being sent twice: nothing that can be read tells a consent given since from the one that was taken
back.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dfn_tui.locks import is_held
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.errors import plan_errors
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import PlanError, PlanMetadata
from dfn_tui.service.bulk.plan.totals import SentUsers, totals
from dfn_tui.service.bulk.run.job import Job, job_files, open_outline
from dfn_tui.service.bulk.run.records import UNFINISHED, JobRecord
from dfn_tui.service.bulk.run.resume import number_in
from dfn_tui.store import Filter, Journal, JournalError
from dfn_tui.store.hosts import copied, other_journals
from dfn_tui.temporary import replace_private
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import file_stamp

_PAGE = 500
_ID = 16  # digits of a plan's id in the name of a note
_NOTE = ".sent"
_NOT_SENT = (Outcome.FAILED, Outcome.CONFLICT)
"""Nothing came of these: they may be sent again. Who was found as wanted may have said otherwise since."""


@dataclass(frozen=True, slots=True)
class SentBefore:
    """The `numbers` of the users that were sent. `under_way` is a job of the plan that some process runs at
    this moment, `unreadable` one that may be of the plan, and cannot be read; "" where there is none."""

    numbers: frozenset[int] = frozenset()
    under_way: str = ""
    unreadable: str = ""

    def require_known(self, plan: PlanFile) -> None:
        """Raises PlanError where a user could be sent twice. A damaged file holds up no withdrawals."""
        if self.under_way:
            raise PlanError(
                _("The plan is being sent"),
                _("Job {job} sends it at this moment. Nothing more is sent.").format(
                    job=sanitize(self.under_way, 60)
                ),
                _("Wait for it to end: dfn-tui bulk list"),
            )
        if self.unreadable and totals(plan).granted:
            raise PlanError(
                _("Who was sent already is not known"),
                _("{job} may be a job of this plan, and cannot be read. Nothing is sent.").format(
                    job=sanitize(self.unreadable, 60)
                ),
                _("Make the plan anew: that looks at every user again."),
            )


def sent_before(head: PlanMetadata, folder: Path, journal: Path, but: Path | None = None) -> SentBefore:
    """Who was sent from the plan of that `head`, by the jobs in `folder`, but for the job at `but`. Raises
    PlanError where the folder, and JournalError where the journal cannot be read."""
    numbers: set[int] = set()
    under_way = unreadable = ""
    others = other_journals(journal) if head.id else []
    places = [(folder, journal), *((one.path.parent / "jobs", one.path) for one in others)]
    jobs = ((path, its) for place, its in places for path in job_files(place) if head.id and path != but)
    for path, its in jobs:
        new_enough = path.stem >= file_stamp(head.made)  # an older one knows nothing of this plan
        elsewhere = its != journal
        if elsewhere and not new_enough:
            continue
        try:
            with ExitStack() as stack:
                job = stack.enter_context(
                    open_outline(stack.enter_context(copied(path)) if elsewhere else path)
                )
                if job.plan.head.id != head.id:
                    continue
                if is_held(path.with_suffix(".lock")) if elsewhere else job.under_way:
                    under_way = path.stem
                numbers |= _sent(job, stack.enter_context(copied(its)) if elsewhere else its)
        except PlanError:
            unreadable = path.stem if new_enough else unreadable
        except JournalError:
            if not elsewhere:
                raise
            unreadable = path.stem
    for note in (note for place, _its in places for note in _notes(place, head.id)):
        try:
            numbers |= _noted(note, head.id)
        except PlanError:
            unreadable = note.stem
    return SentBefore(frozenset(numbers), under_way, unreadable)


def note_sent(job: Job, journal: Path) -> None:
    """Notes who was sent by a job whose file is about to go, by their places in the plan: nothing that says
    who they are. Raises PlanError and JournalError."""
    id, numbers = job.plan.head.id, _sent(job, journal)
    if id and numbers:
        note = job.path.with_name(f"{job.path.stem}.{id[:_ID]}{_NOTE}")
        with plan_errors(note):
            replace_private(note, json.dumps({"plan": id, "sent": _ranges(numbers)}).encode())


def _notes(folder: Path, id: str) -> list[Path]:
    with plan_errors(folder), suppress(FileNotFoundError):
        end = f".{id[:_ID]}{_NOTE}"
        return [path for path in folder.iterdir() if id and path.name.endswith(end)]
    return []


def _noted(note: Path, id: str) -> set[int]:
    with plan_errors(note):
        found = json.loads(note.read_bytes())
        if found["plan"] != id:
            return set()
        return {number for first, last in found["sent"] for number in range(first, last + 1)}


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """The same numbers as first and last of each run of them."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _sent(job: Job, journal: Path) -> frozenset[int]:
    found = job.ended_numbers(*_NOT_SENT)
    return found | _journalled(job, journal) if job.record.state in UNFINISHED else found


def _journalled(job: Job, journal: Path) -> set[int]:
    """Who was sent by that job as the journal alone knows: the job's file may be behind it."""
    with Journal(journal) as entries:
        return {number for number, _seq, outcome in _newest(job, entries) if outcome is not Outcome.FAILED}


def sent_and_not_ended(job: Job, entries: Journal) -> dict[int, tuple[int, Outcome | None]]:
    """What the journal knows of an unfinished job beyond its file: the entry of each user's newest sending,
    and how that ended, None where nothing says so. Raises PlanError and JournalError."""
    if job.record.state not in UNFINISHED:
        return {}
    found: dict[int, tuple[int, Outcome | None]] = {}
    for number, seq, outcome in _newest(job, entries):
        found.setdefault(number, (seq, outcome))
    return found


def _newest(job: Job, entries: Journal) -> Iterator[tuple[int, int, Outcome | None]]:
    """Each sending that the job's file may not know of, the newest first: the user's number, the entry, and
    how it ended."""
    before, checkpoint = None, job.checkpoint
    while page := entries.find(Filter(write=job.record.id), limit=_PAGE, before_seq=before):
        newer = [entry for entry in page if entry.seq > checkpoint]
        for entry in newer:
            if (number := number_in(entry.intent.job)) is not None:
                yield number, entry.seq, entry.outcome.outcome if entry.outcome else None
        if len(newer) < len(page):
            return
        before = page[-1].seq


def leave_out_sent(
    job: Job, record: JobRecord, again: Sequence[Outcome], journal: Path, by: str, at: datetime
) -> JobRecord:
    """Takes out of the job who was sent by another one of the same plan, and writes that down. `again`: who
    ended so here is about to be sent once more. Raises PlanError and JournalError."""
    before = sent_before(job.plan.head, job.path.parent, journal, job.path)
    before.require_known(job.plan)
    numbers = before.numbers - job.ended_numbers(*again)
    if not numbers:
        return record
    changed = exclude(job.plan, SentUsers(numbers), at, by, out=True)
    typed = None if record.typed_count is None else record.typed_count - changed
    record = replace(record, digest=job.plan.digest, typed_count=typed)
    job.save(record)
    return record
