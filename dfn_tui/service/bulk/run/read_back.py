"""Reading back what the server accepted: only then is a change known to be there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.batch import journalled
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import UserResult, judge_user, part_of, shows_all
from dfn_tui.service.changes.reading import common, fields_of
from dfn_tui.store import FieldChange, OutcomeGroup

_AHEAD = 2000
_PAUSES = (0.0, 1.0, 3.0)
"""Seconds before each look at a user: the server may take a moment to show what it took."""


class _Accepted(NamedTuple):
    """A user, how they ended so far, and what was sent: not what the journal says was `left_out`."""

    identity: Identity
    was: UserEnd
    changes: tuple[FieldChange, ...]
    left_out: str = ""

    def ended(self, outcome: Outcome, code: str | None = None, message: str = "") -> UserEnd:
        found = UserEnd(self.was.number, self.was.seq, outcome, code, message)
        return found.part_of_it(self.left_out, read_back=False)


async def read_back_all(
    client: ThrottledClient,
    run_log: RunLog,
    journal: AsyncJournal,
    on_progress: Callable[[int], None],
) -> None:
    """Reads every user of the job that was accepted, and writes down what was found. `on_progress` is given
    how many users were looked at. Users that cannot be read stay accepted, with the reason. Raises what
    `run_log` and `journal` raise, in a group."""
    size = client.capabilities.batch_size
    width = asyncio.Semaphore(client.rate_limiter.most)
    after = -1
    async with asyncio.TaskGroup() as group:

        async def look(users: Sequence[tuple[PlannedUser, UserEnd]]) -> None:
            try:
                accepted = [await _accepted(user, was, journal) for user, was in users]
                await _read_back(accepted, client, run_log)
                on_progress(len(users))
            finally:
                width.release()

        while not client.over:
            found = await run_log.ask(
                partial(Job.ended_in, outcome=Outcome.ACCEPTED, after=after, limit=_AHEAD)
            )
            if not found:
                break
            after = found[-1][0].number
            for at in range(0, len(found), size):
                await width.acquire()
                group.create_task(look(found[at : at + size]))


async def _accepted(user: PlannedUser, was: UserEnd, journal: AsyncJournal) -> _Accepted:
    identity, changes = user.identity, user.group.changes
    entry = await journal.entry(was.seq) if was.code is not None and was.seq is not None else None
    if entry is None:
        return _Accepted(identity, was, changes)
    return _Accepted(identity, was, common(changes, entry.intent.changes), entry.intent.left_out)


async def _read_back(users: Sequence[_Accepted], client: ThrottledClient, run_log: RunLog) -> None:
    left = list(users)
    for last, pause in enumerate(_PAUSES, 1 - len(_PAUSES)):
        await asyncio.sleep(pause)
        fields = {field for one in left for field in fields_of(one.changes)}
        records = await client.read_fields([one.identity for one in left], fields)
        if client.over:
            return  # a later start looks again
        shown: list[_Accepted] = []
        again: list[_Accepted] = []
        for one in left:
            record = records[one.identity]
            if shows_all(one.changes, record):
                shown.append(one)
                continue
            replies = {(one.identity, part_of(item)): Reply(one.identity, ok=True) for item in one.changes}
            result = judge_user(one.identity, one.changes, replies, record, settled=True)
            if last != 0 and result.outcome is Outcome.DIFFERENT:
                again.append(one)
            else:
                _write(one, result, run_log)
        if shown:
            seqs = tuple(one.was.seq for one in shown if one.was.seq is not None)
            ended = [one.ended(Outcome.CONFIRMED) for one in shown]
            run_log.end(ended, [OutcomeGroup(seqs, Outcome.CONFIRMED)])
        left = again
        if not left:
            return


def _write(one: _Accepted, result: UserResult, run_log: RunLog) -> None:
    decisive = result.decisive
    ended = one.ended(result.outcome, decisive.code, decisive.message)
    if one.was.seq is None or result.outcome is Outcome.ACCEPTED:  # the journal has nothing to learn
        run_log.end([ended])
    else:
        run_log.end([ended], [journalled(one.was.seq, result)])
