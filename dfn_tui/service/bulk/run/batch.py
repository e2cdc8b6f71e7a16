"""One batch of a run: looked at again, journalled, sent, and what remained unclear read back."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from dfn_tui.api.calls import Reply
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.conflicts import conflict_ends, planned_groups
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict, UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import (
    NOT_APPLIED,
    STILL_AT_WORK,
    Replies,
    UserResult,
    judge_user,
    part_of,
)
from dfn_tui.service.changes.pipeline import ChangeGroup, Checked, check, not_sent, send
from dfn_tui.service.changes.reading import Records, fields_of
from dfn_tui.service.intents import intents
from dfn_tui.service.intents import outcome as recorded
from dfn_tui.store import FieldChange, IntentGroup, OutcomeGroup

TRIES = 3
"""How often a user is sent whose change was found not applied after its answer was lost."""

SHORTLY = 1.0
"""Seconds until a user is read of whom the answer said no, or nothing."""

ASKED_EVERY = 0.25
"""Seconds for which what the rules said of a job holds: some need a look into the journal."""

_LOOKS = 5
"""How often a user of unknown outcome is looked at until they are left for the next start."""


class SentUser(NamedTuple):
    """A user whose change is in the journal under `seq`."""

    user: PlannedUser
    fields: tuple[FieldChange, ...]
    seq: int
    left_out: str = ""
    """The fields that are wanted of them, too, and were not sent, as the journal names them."""


_Judged = tuple[SentUser, UserResult]


class Batches:
    """Takes batches of the job of that `record` to their end. `blank` is what holds for all entries of the
    job. `again` is given the users that are to be sent once more. `admit` raises `GateRefused`
    where the rules let nothing more be sent."""

    def __init__(
        self,
        client: ThrottledClient,
        run_log: RunLog,
        blank: IntentGroup,
        record: JobRecord,
        again: Callable[[Sequence[PlannedUser]], None],
        admit: Callable[[], None],
    ) -> None:
        self._client = client
        self._run_log = run_log
        self._blank = blank
        self._again = again
        self._admit = admit
        self.refused: GateRefused | None = None
        """Why the run was stopped: a rule came to hold while it went on."""
        self._asked_again = -math.inf
        self._reads = bool(client.capabilities.read_by)
        self.reads_back = self._reads and record.read_back
        """Whether what is accepted is read back at the end."""
        self._overwrite = record.on_conflict is OnConflict.OVERWRITE
        self._look_first = self._reads and (record.sent_again or not self._overwrite)
        self._stop_at_conflict = record.on_conflict is OnConflict.STOP
        self._tries: Counter[int] = Counter()
        self._looking: list[asyncio.Task[None]] = []
        self._leaving = asyncio.Event()
        self.waiting = 0
        """Users of unknown outcome that are looked at again."""
        self.held: set[int] = set()
        """The numbers of the users that were ever of unknown outcome: only `again` sends them again."""
        self.conflict = False
        """Whether the run was stopped because somebody else changed a user."""
        self.looked_at: set[int] = set()
        """The numbers of the users who were found as planned when that was seen."""

    @property
    def sent_again(self) -> int:
        """How often a user was sent once more."""
        return self._tries.total()

    async def send(self, users: Sequence[PlannedUser]) -> None:
        """Sends what is still so as it was planned. Raises what its log raises, before anything is sent."""
        planned = {user.number: user for user in users}
        groups: Sequence[ChangeGroup] = planned_groups(users)
        if self._look_first:
            groups = await self._fresh(groups, planned)
        if not groups or self._client.over or not self._admitted():
            return
        numbers = iter(await self._run_log.begin(intents(groups, self._blank, job=True)))
        sent = [(group, [next(numbers) for _user in group.users]) for group in groups]
        replies = await send(self._client.api, groups)
        self._client.wrote(user.identity for group in groups for user in group.users)
        self._settle_answers(sent, planned, replies)

    def _admitted(self) -> bool:
        """Whether the rules let this be sent at this moment: a job may go on for hours."""
        if self.refused is not None or time.monotonic() < self._asked_again:
            return self.refused is None
        self._asked_again = time.monotonic() + ASKED_EVERY
        try:
            self._admit()
        except GateRefused as refused:
            self.refused = refused
            self._client.rate_limiter.close()
        return self.refused is None

    async def _fresh(
        self, groups: Sequence[ChangeGroup], planned: Mapping[int, PlannedUser]
    ) -> Sequence[ChangeGroup]:
        """The users that are still as the plan saw them, or all that are not as wanted, where these are to be
        overwritten; the others are set aside."""
        identities = [user.identity for group in groups for user in group.users]
        fields = {field for group in groups for field in fields_of(group.fields)}
        records = await self._client.read_fields(identities, fields)
        checked = check(groups, records, strict=False, overwrite=self._overwrite)
        self._run_log.end(self._unsent(checked))
        if self._stop_at_conflict and checked.conflicts:
            self.conflict = True
            self.looked_at.update(user.number for group in checked.fresh for user in group.users)
            self._client.rate_limiter.close()
            return ()
        return checked.fresh

    def _unsent(self, checked: Checked) -> list[UserEnd]:
        """The ends of those to whom nothing is sent."""
        lost = {one.user.number: one for one in checked.unread}
        ended = [
            UserEnd(user.number, None, Outcome.UNCHANGED)
            for user, _fields in checked.unchanged
            if user.number not in lost
        ]
        ended += conflict_ends(checked.conflicts)
        if not lost or self._client.over:  # a later start looks again
            return ended
        others = [conflict.user for conflict in checked.conflicts]
        others += [user for group in checked.fresh for user in group.users]
        for number in lost.keys() - {user.number for user in others}:
            result = not_sent(lost[number])
            message = " ".join(dict.fromkeys(field.message for field in result.fields))
            ended.append(_ended(result, number, None)._replace(message=message))
        return ended

    def _end(self, result: UserResult, one: SentUser) -> UserEnd:
        ended = _ended(result, one.user.number, one.seq)
        return ended.part_of_it(one.left_out, read_back=self.reads_back)

    def _settle_answers(
        self,
        sent: Sequence[tuple[ChangeGroup, Sequence[int]]],
        planned: Mapping[int, PlannedUser],
        replies: Replies,
    ) -> None:
        """Ends the users of whom the answer can be believed, and has the others read."""
        ended: list[UserEnd] = []
        accepted: list[int] = []
        outcomes: list[OutcomeGroup] = []
        unclear: list[SentUser] = []
        pending = False
        for group, seqs in sent:
            parts = tuple(dict.fromkeys(map(part_of, group.fields)))
            for user, seq in zip(group.users, seqs, strict=True):
                said = [replies[user.identity, part] for part in parts]
                if all([reply.ok for reply in said]):  # noqa: C419  made at once it takes half the time
                    accepted.append(seq)
                    took = UserEnd(user.number, seq, Outcome.ACCEPTED)
                    ended.append(took.part_of_it(group.left_out, read_back=self.reads_back))
                    continue
                one = SentUser(planned[user.number], group.fields, seq, group.left_out)
                if self._believed(said):
                    result = judge_user(user.identity, group.fields, replies, None, settled=True)
                    outcomes.append(journalled(seq, result))
                    if not (self._client.over and _nothing_happened(said)):
                        ended.append(self._end(result, one))
                else:
                    unclear.append(one)
                    pending = pending or any(reply.pending for reply in said)
        if accepted:
            outcomes.append(OutcomeGroup(tuple(accepted), Outcome.ACCEPTED))
        self._run_log.end(ended, outcomes)
        if unclear:
            delay = STILL_AT_WORK.total_seconds() if pending else SHORTLY
            self.look_again(unclear, delay, replies)

    def _believed(self, said: Sequence[Reply]) -> bool:
        """Refused as a whole, or a part of it where nothing can be read back."""
        if not all(reply.ok or reply.refused for reply in said):
            return False
        return not self._reads or not any(reply.ok for reply in said)

    def look_again(
        self, sent: Sequence[SentUser], delay: float, replies: Replies | None = None, *, said: bool = False
    ) -> None:
        """Has users of unknown outcome read after `delay` seconds; `settle` waits for it. `replies` are what
        was said of them. `said`: it is written down already that they are unknown."""
        if not self._reads:
            self._leave_unknown(self._judged(sent, replies or {}, {}, settled=False), said)
            return
        self.waiting += len(sent)
        self.held.update(one.user.number for one in sent)
        task = asyncio.ensure_future(self._look_again(sent, delay, replies or {}, said))
        self._looking.append(task)

    async def _look_again(self, sent: Sequence[SentUser], delay: float, replies: Replies, said: bool) -> None:
        left: list[_Judged] = []
        try:
            for look in range(_LOOKS):
                early = await self._left_within(delay)
                again = [one for one, _result in left] if look else sent
                left = await self._look_at(again, replies, settled=not early)
                if not left or self._leaving.is_set() or self._client.over:
                    break
                delay = 5 * SHORTLY
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

    async def _look_at(self, sent: Sequence[SentUser], replies: Replies, *, settled: bool) -> list[_Judged]:
        """Reads users and ends those of whom it tells, and returns the others."""
        fields = {field for one in sent for field in fields_of(one.fields)}
        identities = [one.user.identity for one in sent]
        records = await self._client.read_fields(identities, fields)
        self._client.wrote(identities)  # it may have come to be only now
        left, ended, outcomes, again = [], [], [], []
        for one, result in self._judged(sent, replies, records, settled=settled):
            if result.outcome is Outcome.UNKNOWN:
                left.append((one, result))
                continue
            outcomes.append(journalled(one.seq, result))
            said = (replies.get((result.identity, part_of(item))) for item in one.fields)
            lost = all(reply is None or reply.pending for reply in said)
            if lost and result.outcome is Outcome.FAILED and self._tries[one.user.number] + 1 < TRIES:
                self._tries[one.user.number] += 1
                again.append(one.user)
            else:
                ended.append(self._end(result, one))
        self._run_log.end(ended, outcomes)
        if again:
            self._again(again)
        return left

    def _judged(
        self, sent: Sequence[SentUser], replies: Replies, records: Records, *, settled: bool
    ) -> list[_Judged]:
        found = []
        for one in sent:
            identity = one.user.identity
            record = records.get(identity)
            found.append((one, judge_user(identity, one.fields, replies, record, settled=settled)))
        return found

    def _leave_unknown(self, left: Sequence[_Judged], said: bool) -> None:
        """Ends users as unknown; `said`: the journal says so already."""
        ended = [self._end(result, one) for one, result in left]
        self._run_log.end(ended, [] if said else [journalled(one.seq, result) for one, result in left])

    async def settle(self) -> None:
        """Waits until every user of unknown outcome was looked at as often as makes sense. Raises what one of
        the looks did not expect."""
        while self._looking:
            await asyncio.wait([self._looking[0]])
            self._looking.pop(0).result()

    def leave(self) -> None:
        """Looks at the users of unknown outcome at once, and no more after that."""
        self._leaving.set()


def _nothing_happened(said: Iterable[Reply]) -> bool:
    """Whether the user was not even looked at: a later start may send them as if for the first time."""
    return all(reply.code == "not-sent" or reply.error is not None for reply in said)


def journalled(seq: int, result: UserResult) -> OutcomeGroup:
    """How a user ended, field by field where there is more to say than that all is confirmed."""
    if result.outcome is Outcome.CONFIRMED:
        return OutcomeGroup((seq,), Outcome.CONFIRMED)
    return recorded(seq, result)


def _ended(result: UserResult, number: int, seq: int | None) -> UserEnd:
    decisive = result.decisive
    code = decisive.code or (NOT_APPLIED if result.outcome is Outcome.FAILED else None)
    return UserEnd(number, seq, result.outcome, code, decisive.message)
