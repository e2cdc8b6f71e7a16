"""Whether the users of a plan are as it wants them, at this moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from dfn_tui.api.types import Identity, Value
from dfn_tui.service.bulk.client import FieldReader
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import SENT, PlannedUser
from dfn_tui.service.changes.reading import fields_of, seen
from dfn_tui.service.changes.values import same_value
from dfn_tui.store import FieldChange

_AHEAD = 2000


@dataclass(frozen=True, slots=True)
class Drift:
    """A user who is not as planned: the fields with what they are now. `failure` says in a sentence why the
    user, or a field, could not be read; nothing is known of what is not in `fields` then."""

    user: Identity
    fields: tuple[tuple[FieldChange, Value | None], ...] = ()
    failure: str = ""


async def verify(
    client: FieldReader, plan: PlanFile, on_progress: Callable[[int], None]
) -> AsyncIterator[Drift]:
    """Reads every user that the plan sends something for, and gives those who are not as wanted, in the
    plan's order. `on_progress` is given how many users were read. Raises PlanError and what stopped
    the calls."""
    size = client.users_at_once
    after = -1
    while users := await asyncio.to_thread(plan.users, after, _AHEAD):
        after = users[-1].number
        wanted = [user for user in users if user.group.status in SENT and not user.left_out]
        batches = [wanted[at : at + size] for at in range(0, len(wanted), size)]
        for drifts in await asyncio.gather(*(_look(client, batch) for batch in batches)):
            for drift in drifts:
                yield drift
        on_progress(len(wanted))
        if client.stopped is not None:
            raise client.stopped


async def _look(client: FieldReader, users: Sequence[PlannedUser]) -> list[Drift]:
    identities = [user.identity for user in users]
    fields = {field for user in users for field in fields_of(user.group.changes)}
    records = await client.read_fields(identities, fields)
    drifts = []
    for identity, user in zip(identities, users, strict=True):
        found = [(item, seen(records[identity], item.kind, item.name)) for item in user.group.changes]
        lost = " ".join(dict.fromkeys(one.why for _item, one in found if not one.read))
        other = tuple(
            (item, one.now) for item, one in found if one.read and not same_value(one.now, item.after)
        )
        if lost or other:
            drifts.append(Drift(identity, other, lost))
    return drifts
