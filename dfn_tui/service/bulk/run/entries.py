"""The journal's entries of a run: the same for every user but for whom they are about."""

from collections.abc import Sequence

from dfn_tui import __version__
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import Connection
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.intents import is_personal_id
from dfn_tui.service.intents import outcome as recorded
from dfn_tui.store import Change, Ending, Intent, Operator, Subject
from dfn_tui.store import Outcome as JournalOutcome


class Entries:
    """Makes the intents and outcomes of one job. `write` is the job's id; `job` tells the user's number too,
    so that a later start finds them however their id is sealed."""

    def __init__(
        self, record: JobRecord, kind: IdentityKind, connection: Connection, operator: Operator
    ) -> None:
        self.kind = kind
        self._record = record
        self._connection = connection
        self._operator = operator
        self._personal = is_personal_id(kind)

    def intents(self, groups: Sequence[ChangeGroup]) -> list[Intent]:
        """What is about to be sent for each user of these groups, in order."""
        record, found = self._record, []
        for group in groups:
            changes = tuple(
                Change(f.kind.value, f.name, f.before, f.after, f.readable, f.personal) for f in group.fields
            )
            found += [
                Intent(
                    connection=self._connection.name,
                    environment=self._connection.environment.value,
                    generation=self._connection.api.value,
                    subject=Subject(self.kind.value, user.identity.value, self._personal),
                    changes=changes,
                    operator=self._operator,
                    program=__version__,
                    write=record.id,
                    warnings=record.warnings,
                    reason=record.reason,
                    evidence=record.evidence,
                    undo_of=user.undo_of,
                    job=f"{record.id}/{user.number}",
                )
                for user in group.users
            ]
        return found

    def all_ended(self, seq: int, outcome: Outcome, message: str = "") -> JournalOutcome:
        """The whole user ended so."""
        return JournalOutcome(seq, Ending(outcome.value), message=message, by=None)

    def ended(self, seq: int, result: UserResult) -> JournalOutcome:
        """How a user ended, field by field where there is more to say than that all is confirmed."""
        if result.outcome is Outcome.CONFIRMED:
            return self.all_ended(seq, Outcome.CONFIRMED)
        return recorded(seq, result)


def number_in(job: str | None) -> int | None:
    """The user's number that an entry's `job` tells; None where it tells none."""
    _id, _slash, number = (job or "").rpartition("/")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
