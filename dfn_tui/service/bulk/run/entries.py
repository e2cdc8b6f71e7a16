"""The journal's entries of a run: the same for every user but for whom they are about."""

from collections.abc import Mapping

from dfn_tui import __version__
from dfn_tui.api.calls import Outcome as Answer
from dfn_tui.api.calls import Status
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import Connection
from dfn_tui.service.apply import part_of
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.intents import is_personal_id
from dfn_tui.service.records import FieldChange, UserChange
from dfn_tui.store import Change, Ending, FieldOutcome, Intent, Operator, Outcome, Subject

_REMEMBERED = 4096


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
        self._changes: dict[int, tuple[tuple[FieldChange, ...], tuple[Change, ...]]] = {}

    def intent(self, number: int, change: UserChange) -> Intent:
        """What is about to be sent for the user of that number."""
        record = self._record
        return Intent(
            connection=self._connection.name,
            environment=self._connection.environment.value,
            generation=self._connection.api.value,
            subject=Subject(self.kind.value, change.identity.value, self._personal),
            changes=self._of(change.fields),
            operator=self._operator,
            program=__version__,
            write=record.id,
            warnings=record.warnings,
            reason=record.reason,
            evidence=record.evidence,
            undo_of=change.undo_of,
            job=f"{record.id}/{number}",
        )

    def _of(self, fields: tuple[FieldChange, ...]) -> tuple[Change, ...]:
        """The same object for the same fields: many users share them, and then they are written quicker."""
        found = self._changes.get(id(fields))
        if found is None or found[0] is not fields:
            if len(self._changes) >= _REMEMBERED:
                self._changes.clear()
            made = tuple(
                Change(f.kind.value, f.name, f.before, f.after, f.readable, f.personal) for f in fields
            )
            found = self._changes[id(fields)] = (fields, made)
        return found[1]

    def outcome(self, seq: int, ending: Ending, message: str = "") -> Outcome:
        """The whole user ended so."""
        return Outcome(seq, ending, message=message, by=None)

    def refused(self, seq: int, change: UserChange, parts: Mapping[str, Answer], worst: Answer) -> Outcome:
        """A part of the change at least was refused."""
        fields = tuple(
            FieldOutcome(
                item.kind.value,
                item.name,
                Ending.ACCEPTED if parts[part_of(item)].status is Status.DONE else Ending.FAILED,
                code=parts[part_of(item)].code,
                message=parts[part_of(item)].message,
                personal=item.personal,
            )
            for item in change.fields
        )
        return Outcome(seq, Ending.FAILED, fields, worst.code, worst.message)


def number_in(job: str | None) -> int | None:
    """The user's number that an entry's `job` tells; None where it tells none."""
    _id, _slash, number = (job or "").rpartition("/")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
