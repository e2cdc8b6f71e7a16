"""One batch of a run: looked at again, journalled, sent, and what remained unclear read back."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.records import OnConflict, UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import (
    NOT_APPLIED,
    STILL_AT_WORK,
    Replies,
    UserResult,
    judge_user,
    part_of,
)
from dfn_tui.service.changes.pipeline import ChangeGroup, Target, check, not_sent, send
from dfn_tui.service.changes.reading import fields_of
from dfn_tui.service.intents import intents
from dfn_tui.service.intents import outcome as recorded
from dfn_tui.store import FieldChange, IntentGroup, OutcomeGroup
from dfn_tui.text import _

TRIES = 3
"""How often a user is sent whose change was found not applied after its answer was lost."""

SHORTLY = 1.0
"""Seconds until a user is read of whom the answer said no, or nothing."""

_LOOKS = 5
"""How often a user of unknown outcome is looked at until they are left for the next start."""


class SentUser(NamedTuple):
    """A user whose change is in the journal under `seq`."""

    user: PlannedUser
    fields: tuple[FieldChange, ...]
    seq: int


class Batches:
    """Takes batches to their end. `blank` is what holds for all entries of the job. `again` is given the
    users that are to be sent once more; `on_conflict` says what is done about users that somebody changed
    since the plan was made."""

    def __init__(
        self,
        client: ThrottledClient,
        run_log: RunLog,
        kind: IdentityKind,
        blank: IntentGroup,
        on_conflict: OnConflict,
        again: Callable[[Sequence[PlannedUser]], None],
    ) -> None:
        self._client = client
        self._run_log = run_log
        self._kind = kind
        self._blank = blank
        self._again = again
        self._reads = bool(client.capabilities.read_by)
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
        """Sends what is still so as it was planned. Raises what its log raises, before anything is sent."""
        planned = {user.number: user for user in users}
        groups: Sequence[ChangeGroup] = self._groups(users)
        if self._look_first:
            groups = await self._fresh(groups, planned)
        if not groups or self._client.over:
            return
        numbers = iter(await self._run_log.begin(intents(groups, self._blank, job=True)))
        sent = [(group, [next(numbers) for _user in group.users]) for group in groups]
        replies = await send(self._client.api, groups)
        self._settle_answers(sent, planned, replies)

    def _groups(self, users: Sequence[PlannedUser]) -> list[ChangeGroup]:
        """Users of one group together."""
        found: dict[int, list[PlannedUser]] = {}
        for user in users:
            found.setdefault(user.group_id, []).append(user)
        return [
            ChangeGroup(
                same[0].group.changes,
                tuple(Target(self._identity(user), user.undo_of, user.number) for user in same),
            )
            for same in found.values()
        ]

    def _identity(self, user: PlannedUser) -> Identity:
        return Identity(self._kind, user.user)

    async def _fresh(
        self, groups: Sequence[ChangeGroup], planned: Mapping[int, PlannedUser]
    ) -> Sequence[ChangeGroup]:
        """The users that are still as the plan saw them; the others are set aside."""
        identities = [user.identity for group in groups for user in group.users]
        fields = {field for group in groups for field in fields_of(group.fields)}
        records = await self._client.read_fields(identities, fields)
        checked = check(groups, records, strict=False)
        ended = [UserEnd(user.number, None, Outcome.UNCHANGED) for user, _fields in checked.unchanged]
        message = _("Changed by someone else since the plan was made.")
        ended += [
            UserEnd(number, None, Outcome.CONFLICT, "changed", message)
            for number in dict.fromkeys(conflict.user.number for conflict in checked.conflicts)
        ]
        if not self._client.over:
            for user, changes, why, failure in checked.unread:
                ended.append(_ended(not_sent(user, changes, why, failure), user.number, None))
        self._run_log.end(ended)
        if self._stop_at_conflict and checked.conflicts:
            self.conflict = True
            self._client.rate_limiter.close()
            return ()
        return checked.fresh

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
                    ended.append(UserEnd(user.number, seq, Outcome.ACCEPTED))
                elif self._believed(said):
                    result = judge_user(user.identity, group.fields, replies, None, settled=True)
                    outcomes.append(journalled(seq, result))
                    if not (self._client.over and _nothing_happened(said)):
                        ended.append(_ended(result, user.number, seq))
                else:
                    unclear.append(SentUser(planned[user.number], group.fields, seq))
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
            self._leave_unknown(sent, said)
            return
        self.waiting += len(sent)
        self.held.update(one.user.number for one in sent)
        task = asyncio.ensure_future(self._look_again(sent, delay, replies or {}, said))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look_again(self, sent: Sequence[SentUser], delay: float, replies: Replies, said: bool) -> None:
        left = list(sent)
        try:
            for _look in range(_LOOKS):
                early = await self._left_within(delay)
                left = await self._look_at(left, replies, settled=not early)
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

    async def _look_at(self, sent: Sequence[SentUser], replies: Replies, *, settled: bool) -> list[SentUser]:
        """Reads users and ends those of whom it tells, and returns the others."""
        fields = {field for one in sent for field in fields_of(one.fields)}
        records = await self._client.read_fields([self._identity(one.user) for one in sent], fields)
        left, ended, outcomes, again = [], [], [], []
        for one in sent:
            identity = self._identity(one.user)
            record = records.get(identity)
            result = judge_user(identity, one.fields, replies, record, settled=settled)
            if result.outcome is Outcome.UNKNOWN:
                left.append(one)
                continue
            outcomes.append(journalled(one.seq, result))
            said = (replies.get((identity, part_of(item))) for item in one.fields)
            lost = all(reply is None or reply.pending for reply in said)
            if lost and result.outcome is Outcome.FAILED and self._tries[one.user.number] + 1 < TRIES:
                self._tries[one.user.number] += 1
                again.append(one.user)
            else:
                ended.append(_ended(result, one.user.number, one.seq))
        self._run_log.end(ended, outcomes)
        if again:
            self._again(again)
        return left

    def _leave_unknown(self, sent: Sequence[SentUser], said: bool) -> None:
        """Ends users as unknown; `said`: the journal says so already."""
        message = _("No answer that can be used came, and reading back did not settle it.")
        ended = [UserEnd(one.user.number, one.seq, Outcome.UNKNOWN, "unknown", message) for one in sent]
        whole = OutcomeGroup(tuple(one.seq for one in sent), Outcome.UNKNOWN, message=message)
        self._run_log.end(ended, () if said else (whole,))

    async def settle(self) -> None:
        """Waits until every user of unknown outcome was looked at as often as makes sense."""
        while self._looking:
            await asyncio.wait(self._looking)

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
