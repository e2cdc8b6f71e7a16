"""What a job wrote, as edits that take it back."""

from collections.abc import Iterator
from pathlib import Path

from dfn_tui.api.types import Value
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.classify import UndoEdit, undo_edit
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.changes.reading import common
from dfn_tui.store import FieldChange, FieldKind, Journal

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
                if ended.outcome in _MAY_HAVE_CHANGED or ended.partly or ended.code == "different":
                    sent = _sent(user.group.changes, ended.seq, entries)
                    said = _said_before(user.undo_of, entries)
                    yield undo_edit(user.number, user.identity, sent, ended.seq, said)


def _said_before(undo_of: int | None, journal: Journal) -> dict[str, Value | None]:
    """The consents as they were before our own writes, of which the latest took back that entry: what we
    wrote is nobody's word."""
    said: dict[str, Value | None] = {}
    while isinstance(undo_of, int) and (entry := journal.entry(undo_of)) is not None and entry.seq == undo_of:
        said |= {one.name: one.before for one in entry.intent.changes if one.kind is FieldKind.CONSENT}
        before = entry.intent.undo_of
        undo_of = before if isinstance(before, int) and before < undo_of else None
    return said


def _sent(changes: tuple[FieldChange, ...], seq: int, journal: Journal) -> tuple[FieldChange, ...]:
    """What was sent of what was planned: a field that was as wanted by then was not."""
    if len(changes) == 1:
        return changes
    entry = journal.entry(seq)
    return common(changes, entry.intent.changes if entry else ())
