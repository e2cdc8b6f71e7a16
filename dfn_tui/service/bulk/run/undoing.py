"""What a job wrote, as edits that take it back."""

from collections.abc import Iterator
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.classify import UndoEdit, undo_edit
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.changes.reading import common
from dfn_tui.store import FieldChange, Journal

_PAGE = 2000
_MAY_HAVE_CHANGED = (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.DIFFERENT)


def undo_edits(job: Job, journal: Path) -> Iterator[UndoEdit]:
    """What is wanted back for every user that the job changed, as far as is known. For a thread of its own.
    Raises PlanError and JournalError."""
    after = -1
    with Journal(journal) as entries:
        while found := job.planned(after, _PAGE):
            after = found[-1][0].number
            for user, ended in found:
                if ended is None or ended.seq is None:
                    continue
                # As "failed" with that code in jobs of the first version.
                if ended.outcome in _MAY_HAVE_CHANGED or ended.code == "different":
                    sent = _sent(user.group.changes, ended.seq, entries)
                    yield undo_edit(user.number, user.user, sent, ended.seq)


def _sent(changes: tuple[FieldChange, ...], seq: int, journal: Journal) -> tuple[FieldChange, ...]:
    """What was sent of what was planned: a field that was as wanted by then was not."""
    if len(changes) == 1:
        return changes
    entry = journal.entry(seq)
    return common(changes, entry.intent.changes if entry else ())
