"""The users of a job whose change did not come out as wanted: the gravest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.listing import JobFolder
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.store import FieldOutcome, Journal

TROUBLED = (Outcome.FAILED, Outcome.DIFFERENT, Outcome.UNKNOWN, Outcome.CONFLICT)
"""How these users ended, in the order they are listed in."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A user, how they ended, and the fields that reading back showed then; personal values are masked."""

    user: PlannedUser
    ended: UserEnd
    shown: tuple[FieldOutcome, ...] = ()


def troubles(
    jobs: JobFolder, id: str, journal: Path, after: Trouble | None, limit: int, only: Outcome | None = None
) -> list[Trouble]:
    """Those that follow `after`, or the first; `only` who ended so. Raises PlanError, KeyNeeded and
    JournalError."""
    found: list[Trouble] = []
    with jobs.open(id) as opened, Journal(journal) as entries:
        for outcome in _left(after, only):
            number = after.user.number if after and after.ended.outcome is outcome else -1
            found += [
                Trouble(user, ended, _shown(entries, ended))
                for user, ended in opened.ended_in(outcome, number, limit - len(found))
            ]
            if len(found) == limit:
                break
    return found


def _left(after: Trouble | None, only: Outcome | None) -> Sequence[Outcome]:
    wanted = TROUBLED if only is None else (only,)
    return wanted[wanted.index(after.ended.outcome) :] if after else wanted


def _shown(journal: Journal, ended: UserEnd) -> tuple[FieldOutcome, ...]:
    if ended.seq is None or not (outcomes := journal.outcomes(ended.seq)):
        return ()
    return tuple(field for field in outcomes[0].fields if field.read_back)
