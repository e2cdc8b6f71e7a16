"""Users whom somebody changed since the plan was made: all of them are found before anybody decides."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.change_format import value_words
from dfn_tui.service.changes.pipeline import ChangeGroup, Conflict, Target, check, identities_of
from dfn_tui.service.changes.reading import fields_of
from dfn_tui.text import _, sanitize

_AHEAD = 2000


def planned_groups(users: Iterable[PlannedUser]) -> list[ChangeGroup]:
    """Users of one group together."""
    found: dict[int, list[PlannedUser]] = {}
    for user in users:
        found.setdefault(user.group_id, []).append(user)
    return [
        ChangeGroup(
            same[0].group.changes,
            tuple(Target(user.identity, user.undo_of, user.number) for user in same),
            same[0].group.word,
        )
        for same in found.values()
    ]


def conflict_ends(conflicts: Sequence[Conflict]) -> list[UserEnd]:
    """Each of these users, set aside with what is there now; personal values are masked."""
    first = {conflict.user.number: conflict for conflict in reversed(conflicts)}
    words = _("Changed by someone else since the plan was made: {name} is now {value}.")
    return [
        UserEnd(
            number,
            None,
            Outcome.CONFLICT,
            "changed",
            words.format(
                name=sanitize(one.change.name, 40), value=value_words(one.change, one.now, revealed=False)
            ),
        )
        for number, one in first.items()
    ]


async def find_conflicts(
    client: ThrottledClient,
    run_log: RunLog,
    looked_at: Collection[int],
    on_progress: Callable[[int], None],
) -> None:
    """Reads everybody who is still to be done, but for the numbers `looked_at`, and sets those aside whom
    somebody changed. The others stay to be done, also those who cannot be read. `on_progress` is given how
    many were read. Nothing is written to the server. Raises what `run_log` raises, alone or in a group."""
    size, after = client.capabilities.batch_size, -1
    width = asyncio.Semaphore(client.rate_limiter.most)

    async def look(users: Sequence[PlannedUser]) -> None:
        try:
            groups = planned_groups(users)
            fields = {field for group in groups for field in fields_of(group.fields)}
            records = await client.read_fields(identities_of(groups), fields)
            run_log.end(conflict_ends(check(groups, records, strict=False).conflicts))
            on_progress(len(users))
        finally:
            width.release()

    await run_log.flush()  # or who has ended just now would be looked at once more
    async with asyncio.TaskGroup() as tasks:
        while not client.over:
            found = await run_log.ask(partial(Job.pending, after=after, limit=_AHEAD))
            if not found:
                break
            after = found[-1].number
            left = [user for user in found if user.number not in looked_at]
            for at in range(0, len(left), size):
                await width.acquire()
                tasks.create_task(look(left[at : at + size]))
    await run_log.flush()
