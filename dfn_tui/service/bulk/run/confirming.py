"""Reading back what the server accepted: only then is a change known to be there."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dfn_tui.api.types import Identity
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.batch import value_of
from dfn_tui.service.bulk.run.book import Book
from dfn_tui.service.bulk.run.calls import Calls
from dfn_tui.service.bulk.run.entries import Entries
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import End, Ended
from dfn_tui.service.records import FieldKind, UserRecord
from dfn_tui.service.values import same_value
from dfn_tui.store import Ending
from dfn_tui.text import _

_AHEAD = 2000
_PAUSES = (0.0, 1.0, 3.0)
"""Seconds before each look at a user: the server may take a moment to show what it took."""

_Accepted = tuple[PlannedUser, Ended]


async def confirm(calls: Calls, book: Book, entries: Entries, told: Callable[[int], None]) -> None:
    """Reads every user of the job that was accepted, and writes down what was found. `told` is given how many
    users were looked at. Users that cannot be read stay accepted."""
    size = calls.api.capabilities.batch_size
    width = asyncio.Semaphore(calls.pace.most)
    after = -1
    async with asyncio.TaskGroup() as group:

        async def look(users: Sequence[_Accepted]) -> None:
            try:
                await _look(users, calls, book, entries)
                told(len(users))
            finally:
                width.release()

        while not calls.over:
            found = await book.ask(partial(Job.ended_in, end=End.ACCEPTED, after=after, limit=_AHEAD))
            if not found:
                break
            after = found[-1][0].number
            for at in range(0, len(found), size):
                await width.acquire()
                group.create_task(look(found[at : at + size]))


async def _look(users: Sequence[_Accepted], calls: Calls, book: Book, entries: Entries) -> None:
    left = list(users)
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        fields = {(item.kind, item.name) for user, _ended in left for item in user.shape.changes}
        identities = {user.number: Identity(entries.kind, user.user) for user, _ended in left}
        names = sorted(name for kind, name in fields if kind is not FieldKind.CI)
        ci = any(kind is FieldKind.CI for kind, _name in fields)
        records = await calls.read(list(identities.values()), names=names or None, ci=ci)
        shown, left = _told_apart(left, {user: records[identity] for user, identity in identities.items()})
        _write(shown, End.CONFIRMED, book, entries)
        if not left or calls.over:
            return
    _write(left, End.FAILED, book, entries)


def _told_apart(
    users: Sequence[_Accepted], records: Mapping[int, UserRecord]
) -> tuple[list[_Accepted], list[_Accepted]]:
    """The users that show what was wanted, and those that do not; not those that could not be read."""
    shown: list[_Accepted] = []
    others: list[_Accepted] = []
    for one in users:
        user, _ended = one
        record = records[user.number]
        if record.failure is None:
            as_wanted = all(same_value(value_of(record, i), i.after) for i in user.shape.changes)
            (shown if as_wanted else others).append(one)
    return shown, others


def _write(users: Sequence[_Accepted], end: End, book: Book, entries: Entries) -> None:
    confirmed = end is End.CONFIRMED
    code = None if confirmed else "different"
    message = "" if confirmed else _("The server accepted it, but reading back shows another value.")
    ending = Ending.CONFIRMED if confirmed else Ending.DIFFERENT
    book.end(
        [Ended(user.number, ended.seq, end, code, message) for user, ended in users],
        [entries.outcome(ended.seq, ending, message) for _user, ended in users if ended.seq is not None],
    )
