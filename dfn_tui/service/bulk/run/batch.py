"""One batch of a run: looked at again, journalled, sent, and what remained unclear read back."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from dfn_tui.api.calls import Outcome as Answer
from dfn_tui.api.calls import Status
from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Flag
from dfn_tui.service.apply import NOT_MENTIONED, TIMEOUT, Answers, part_of, send
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.book import Book
from dfn_tui.service.bulk.run.calls import Calls
from dfn_tui.service.bulk.run.entries import Entries
from dfn_tui.service.bulk.run.records import End, Ended, OnConflict
from dfn_tui.service.records import FieldChange, FieldKind, UserChange, UserRecord
from dfn_tui.service.settling import STILL_AT_WORK
from dfn_tui.service.values import same_value
from dfn_tui.store import Ending, Outcome
from dfn_tui.text import _

TRIES = 3
"""How often a user is sent whose change was found not applied after its answer was lost."""

SHORTLY = 1.0
"""Seconds until a user is read whose answer was lost, though not for want of time."""

_LOOKS = 5
"""How often a user of unknown outcome is looked at until they are left for the next start."""


class Sent(NamedTuple):
    """A user whose change is in the journal under `seq`."""

    user: PlannedUser
    change: UserChange
    seq: int


class Batches:
    """Takes batches to their end. `again` is given the users that are to be sent once more; `on_conflict`
    says what is done about users that somebody changed since the plan was made."""

    def __init__(
        self,
        calls: Calls,
        book: Book,
        entries: Entries,
        on_conflict: OnConflict,
        again: Callable[[Sequence[PlannedUser]], None],
    ) -> None:
        self._calls = calls
        self._book = book
        self._entries = entries
        self._again = again
        self._reads = bool(calls.api.capabilities.read_by)
        self._look_first = self._reads and on_conflict is not OnConflict.OVERWRITE
        self._stop_at_conflict = on_conflict is OnConflict.STOP
        self._tries: Counter[int] = Counter()
        self._looking: set[asyncio.Task[None]] = set()
        self._leaving = asyncio.Event()
        self.waiting = 0
        """Users of unknown outcome that are looked at again."""
        self.held: set[int] = set()
        """The numbers of the users that were ever of unknown outcome: only `again` sends them again."""
        self.conflict = False
        """Whether the run was stopped because somebody else changed a user."""

    async def send(self, users: Sequence[PlannedUser]) -> None:
        """Sends what is still so as it was planned. Raises what the book raises, before anything is sent."""
        changes = await self._fresh(users) if self._look_first else [self._planned(user) for user in users]
        if not changes or self._calls.over:
            return
        numbers = await self._book.begin([self._entries.intent(user.number, c) for user, c in changes])
        sent = [Sent(user, change, seq) for (user, change), seq in zip(changes, numbers, strict=True)]
        answers = await send(self._calls, [one.change for one in sent])
        self._judge(sent, answers)

    def _planned(self, user: PlannedUser) -> tuple[PlannedUser, UserChange]:
        identity = Identity(self._entries.kind, user.user)
        return user, UserChange(identity, user.shape.changes, undo_of=user.undo_of)

    async def _read(self, changes: Sequence[UserChange]) -> Mapping[Identity, UserRecord]:
        """The fields of these changes as they are now."""
        fields = {(item.kind, item.name) for change in changes for item in change.fields}
        names = sorted(name for kind, name in fields if kind is not FieldKind.CI)
        ci = any(kind is FieldKind.CI for kind, _name in fields)
        return await self._calls.read([change.identity for change in changes], names=names or None, ci=ci)

    async def _fresh(self, users: Sequence[PlannedUser]) -> list[tuple[PlannedUser, UserChange]]:
        """The users that are still as the plan saw them; the others are set aside."""
        planned = [self._planned(user) for user in users]
        records = await self._read([change for _user, change in planned])
        fresh, ended = [], []
        for user, change in planned:
            record = records[change.identity]
            if record.failure is not None:
                if not self._calls.over:
                    ended.append(_unread(user, record.failure))
                continue
            left = tuple(item for item in change.fields if not same_value(value_of(record, item), item.after))
            if not left:
                ended.append(Ended(user.number, None, End.UNCHANGED))
            elif all(same_value(value_of(record, item), item.before) for item in left):
                whole = len(left) == len(change.fields)
                fresh.append(
                    (user, change if whole else UserChange(change.identity, left, undo_of=user.undo_of))
                )
            else:
                ended.append(_changed(user))
        self._book.end(ended)
        if self._stop_at_conflict and any(one.end is End.CONFLICT for one in ended):
            self.conflict = True
            self._calls.pace.close()
            return []
        return fresh

    def _judge(self, sent: Sequence[Sent], answers: Answers) -> None:
        ended: list[Ended] = []
        outcomes: list[Outcome] = []
        unknown: list[Sent] = []
        slow = False
        for one in sent:
            parts = {part: answers[one.change.identity, part] for part in map(part_of, one.change.fields)}
            if all(answer.status is Status.DONE for answer in parts.values()):
                outcomes.append(self._entries.outcome(one.seq, Ending.ACCEPTED))
                ended.append(Ended(one.user.number, one.seq, End.ACCEPTED))
                continue
            worst = max(parts.values(), key=_gravity)
            if _gravity(worst) == _UNCLEAR:
                unknown.append(one)
                slow = slow or worst.code == TIMEOUT
            else:
                outcomes.append(self._entries.refused(one.seq, one.change, parts, worst))
                if not (self._calls.over and _nothing_happened(worst)):
                    ended.append(Ended(one.user.number, one.seq, End.FAILED, worst.code, worst.message))
        self._book.end(ended, outcomes)
        if unknown:
            self.look_again(unknown, STILL_AT_WORK.total_seconds() if slow else SHORTLY)

    def look_again(self, sent: Sequence[Sent], delay: float, said: bool = False) -> None:
        """Has users of unknown outcome read after `delay` seconds; `settle` waits for it. `said`: it is
        written down already that their outcome is unknown."""
        if not self._reads:
            self._leave_unknown(sent, said)
            return
        self.waiting += len(sent)
        self.held.update(one.user.number for one in sent)
        task = asyncio.ensure_future(self._look_again(sent, delay, said))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look_again(self, sent: Sequence[Sent], delay: float, said: bool) -> None:
        left = list(sent)
        try:
            for _look in range(_LOOKS):
                young = await self._left_within(delay) and delay > SHORTLY
                records = {} if young else await self._read([one.change for one in left])
                left = self._settle(left, records)
                if not left or self._leaving.is_set() or self._calls.over:
                    break
                delay = max(delay, 5 * SHORTLY)
            self._leave_unknown(left, said)
        finally:
            self.waiting -= len(sent)

    async def _left_within(self, seconds: float) -> bool:
        """Waits, and says whether the run was left meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._leaving.wait()
        except TimeoutError:
            return False
        return True

    def _settle(self, sent: Sequence[Sent], records: Mapping[Identity, UserRecord]) -> list[Sent]:
        """Ends the users that were read, and returns the others."""
        left, ended, outcomes, again = [], [], [], []
        for one in sent:
            record = records.get(one.change.identity)
            if record is None or record.failure is not None:
                left.append(one)
                continue
            ending = settled_as(one.change, record)
            outcomes.append(self._entries.outcome(one.seq, ending))
            if ending is Ending.CONFIRMED:
                ended.append(Ended(one.user.number, one.seq, End.CONFIRMED))
            elif ending is Ending.CHANGED_BY_OTHER:
                ended.append(_changed(one.user, one.seq))
            elif self._tries[one.user.number] + 1 < TRIES:
                self._tries[one.user.number] += 1
                again.append(one.user)
            else:
                message = _("No answer came, and reading back shows that it was not applied.")
                ended.append(Ended(one.user.number, one.seq, End.FAILED, "not-applied", message))
        self._book.end(ended, outcomes)
        if again:
            self._again(again)
        return left

    def _leave_unknown(self, sent: Sequence[Sent], said: bool) -> None:
        """Ends users as unknown; `said`: the journal says so already."""
        message = _("No answer came, and reading back did not settle it.")
        ended = [Ended(one.user.number, one.seq, End.UNKNOWN, "unknown", message) for one in sent]
        outcomes = [] if said else [self._entries.outcome(one.seq, Ending.UNKNOWN, message) for one in sent]
        self._book.end(ended, outcomes)

    async def settle(self) -> None:
        """Waits until every user of unknown outcome was looked at as often as makes sense."""
        while self._looking:
            await asyncio.wait(self._looking)

    def leave(self) -> None:
        """Looks at the users of unknown outcome at once, and no more after that."""
        self._leaving.set()


def value_of(record: UserRecord, item: FieldChange) -> Value | None:
    """The field as the record has it; None where it is absent."""
    if item.kind is FieldKind.CI:
        return (record.ci or {}).get(item.name)
    if item.kind is FieldKind.CONSENT:
        state = record.consents.get(Flag(item.name))
        return state.value if state is not None else record.properties.get(item.name)
    return record.properties.get(item.name)


def settled_as(change: UserChange, record: UserRecord) -> Ending:
    """What reading a user says of a change whose answer was lost."""
    if all(same_value(value_of(record, item), item.after) for item in change.fields):
        return Ending.CONFIRMED
    if all(same_value(value_of(record, item), item.before) for item in change.fields):
        return Ending.NOT_APPLIED
    return Ending.CHANGED_BY_OTHER


_DONE, _REFUSED, _UNCLEAR = range(3)


def _gravity(answer: Answer) -> int:
    if answer.status is Status.UNKNOWN or answer.code == NOT_MENTIONED:
        return _UNCLEAR
    return _DONE if answer.status is Status.DONE else _REFUSED


def _nothing_happened(answer: Answer) -> bool:
    """Whether the user was not even looked at: a later start may send them as if for the first time."""
    return answer.code in ("not-sent", "5003") or answer.error is not None


def _unread(user: PlannedUser, failure: Answer) -> Ended:
    message = _("Not sent: the user could not be read again first. {why}").format(why=failure.message)
    return Ended(user.number, None, End.FAILED, failure.code, message)


def _changed(user: PlannedUser, seq: int | None = None) -> Ended:
    message = _("Changed by someone else since the plan was made.")
    return Ended(user.number, seq, End.CONFLICT, "changed", message)
