"""Whether the users of a plan are as it wants them, at this moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import SENT, PlannedUser
from dfn_tui.service.bulk.run.batch import value_of
from dfn_tui.service.bulk.run.calls import Calls
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.service.values import same_value

_AHEAD = 2000


@dataclass(frozen=True, slots=True)
class Drift:
    """A user who is not as planned: the fields with what they are now. `failure` says in a sentence why the
    user could not be read, and then nothing is known of the fields."""

    user: str
    fields: tuple[tuple[FieldChange, Value | None], ...] = ()
    failure: str = ""


async def verify(calls: Calls, plan: PlanFile, told: Callable[[int], None]) -> AsyncIterator[Drift]:
    """Reads every user that the plan sends something for, and gives those who are not as wanted, in the
    plan's order. `told` is given how many users were read. Raises PlanError and what stopped the calls."""
    kind = plan.head.kind
    size = calls.api.capabilities.batch_size
    after = -1
    while users := await asyncio.to_thread(plan.users, after, _AHEAD):
        after = users[-1].number
        wanted = [user for user in users if user.shape.standing in SENT and not user.left_out]
        batches = [wanted[at : at + size] for at in range(0, len(wanted), size)]
        for drifts in await asyncio.gather(*(_look(calls, batch, kind) for batch in batches)):
            for drift in drifts:
                yield drift
        told(len(wanted))
        if calls.stopped is not None:
            raise calls.stopped


async def _look(calls: Calls, users: Sequence[PlannedUser], kind: IdentityKind) -> list[Drift]:
    identities = [Identity(kind, user.user) for user in users]
    fields = {(item.kind, item.name) for user in users for item in user.shape.changes}
    names = sorted(name for field, name in fields if field is not FieldKind.CI)
    ci = any(field is FieldKind.CI for field, _name in fields)
    records = await calls.read(identities, names=names or None, ci=ci)
    found = []
    for identity, user in zip(identities, users, strict=True):
        record = records[identity]
        if record.failure is not None:
            found.append(Drift(user.user, failure=record.failure.message))
            continue
        now = [(item, value_of(record, item)) for item in user.shape.changes]
        other = tuple((item, value) for item, value in now if not same_value(value, item.after))
        if other:
            found.append(Drift(user.user, other))
    return found
