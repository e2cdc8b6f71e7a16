"""The journal's entries of a run: the same for every user but for whom they are about."""

from collections.abc import Iterable, Sequence

from dfn_tui import __version__
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import Connection
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.intents import is_personal_id
from dfn_tui.service.intents import outcome as recorded
from dfn_tui.store import IntentGroup, IntentUser, Operator, OutcomeGroup, Subject


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

    def intents(self, groups: Sequence[ChangeGroup]) -> list[IntentGroup]:
        """What is about to be sent to the users of these groups."""
        record = self._record
        return [
            IntentGroup(
                connection=self._connection.name,
                environment=self._connection.environment.value,
                generation=self._connection.api.value,
                changes=group.fields,
                operator=self._operator,
                program=__version__,
                write=record.id,
                users=tuple(
                    IntentUser(
                        Subject(self.kind.value, user.identity.value, self._personal),
                        user.undo_of,
                        f"{record.id}/{user.number}",
                    )
                    for user in group.users
                ),
                warnings=record.warnings,
                reason=record.reason,
                evidence=record.evidence,
            )
            for group in groups
        ]

    def all_ended(self, intents: Iterable[int], outcome: Outcome, message: str = "") -> OutcomeGroup:
        """The users of these entries ended so, as a whole."""
        return OutcomeGroup(tuple(intents), outcome, message=message)

    def ended(self, seq: int, result: UserResult) -> OutcomeGroup:
        """How a user ended, field by field where there is more to say than that all is confirmed."""
        if result.outcome is Outcome.CONFIRMED:
            return self.all_ended([seq], Outcome.CONFIRMED)
        return recorded(seq, result)


def number_in(job: str | None) -> int | None:
    """The user's number that an entry's `job` tells; None where it tells none."""
    _id, _slash, number = (job or "").rpartition("/")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
