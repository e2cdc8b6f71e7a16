"""Reading back what the server accepted: only then is a change known to be there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.batch import journalled
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import UserResult, judge_user, part_of, shows_all
from dfn_tui.service.changes.reading import fields_of
from dfn_tui.store import OutcomeGroup

_AHEAD = 2000
_PAUSES = (0.0, 1.0, 3.0)
"""Seconds before each look at a user: the server may take a moment to show what it took."""

_Accepted = tuple[PlannedUser, UserEnd]


async def read_back_all(
    client: ThrottledClient, run_log: RunLog, kind: IdentityKind, on_progress: Callable[[int], None]
) -> None:
    """Reads every user of the job that was accepted, and writes down what was found. `on_progress` is given
    how many users were looked at. Users that cannot be read stay accepted, with the reason."""
    size = client.capabilities.batch_size
    width = asyncio.Semaphore(client.rate_limiter.most)
    after = -1
    async with asyncio.TaskGroup() as group:

        async def look(users: Sequence[_Accepted]) -> None:
            try:
                await _read_back(users, client, run_log, kind)
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


async def _read_back(
    users: Sequence[_Accepted], client: ThrottledClient, run_log: RunLog, kind: IdentityKind
) -> None:
    left = list(users)
    for last, pause in enumerate(_PAUSES, 1 - len(_PAUSES)):
        await asyncio.sleep(pause)
        identities = [Identity(kind, user.user) for user, _ended in left]
        fields = {field for user, _ended in left for field in fields_of(user.group.changes)}
        records = await client.read_fields(identities, fields)
        if client.over:
            return  # a later start looks again
        shown: list[UserEnd] = []
        again: list[_Accepted] = []
        for identity, (user, was) in zip(identities, left, strict=True):
            changes, record = user.group.changes, records[identity]
            if shows_all(changes, record):
                shown.append(UserEnd(was.number, was.seq, Outcome.CONFIRMED))
                continue
            replies = {(identity, part_of(item)): Reply(identity, ok=True) for item in changes}
            result = judge_user(identity, changes, replies, record, settled=True)
            if last != 0 and result.outcome is Outcome.DIFFERENT:
                again.append((user, was))
            else:
                _write(was, result, run_log)
        if shown:
            seqs = tuple(was.seq for was in shown if was.seq is not None)
            run_log.end(shown, [OutcomeGroup(seqs, Outcome.CONFIRMED)])
        left = again
        if not left:
            return


def _write(was: UserEnd, result: UserResult, run_log: RunLog) -> None:
    decisive = result.decisive
    ended = UserEnd(was.number, was.seq, result.outcome, decisive.code, decisive.message)
    if was.seq is None or result.outcome is Outcome.ACCEPTED:  # the journal has nothing to learn
        run_log.end([ended])
    else:
        run_log.end([ended], [journalled(was.seq, result)])
