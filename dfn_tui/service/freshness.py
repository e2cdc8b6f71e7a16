"""Is what the operator saw still so? Asked of every user just before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dfn_tui.api.calls import Outcome, Status, UserApi
from dfn_tui.api.types import Identity, Value
from dfn_tui.errors import ConsoleError
from dfn_tui.service.reading import field_values
from dfn_tui.service.records import FieldChange, UserChange
from dfn_tui.service.values import same_value
from dfn_tui.text import _, ngettext


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that is no longer what the operator saw: `change` holds what was seen and what is wanted."""

    identity: Identity
    change: FieldChange
    now: Value | None


class StaleWrite(ConsoleError):
    """Somebody changed a user since the operator looked. Nothing was sent, to nobody."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        users = len({conflict.identity for conflict in conflicts})
        happened = ngettext(
            "{users} user was changed by someone else since it was looked up. Nothing was sent.",
            "{users} users were changed by someone else since they were looked up. Nothing was sent.",
            users,
        )
        super().__init__(
            _("Changed meanwhile"),
            happened.format(users=users),
            _("Compare what was seen with what is there now, and decide."),
        )
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class Checked:
    """`fresh` may be sent; `unread` could not be read again, and so is not sent."""

    fresh: tuple[UserChange, ...]
    unread: Mapping[Identity, Outcome]
    conflicts: tuple[Conflict, ...]


async def check(api: UserApi, changes: Sequence[UserChange]) -> Checked:
    """Reads every user again and compares each field with what was seen.

    Where single users cannot be read, everything counts as fresh: there is nothing to compare with.
    """
    if not api.capabilities.read_by:
        return Checked(tuple(changes), {}, ())
    values, failures = await field_values(api, changes)
    unread = {outcome.identity: outcome for outcome in failures if outcome.status is not Status.DONE}
    conflicts = [
        Conflict(change.identity, item, values.get((change.identity, item.kind, item.name)))
        for change in changes
        if change.identity not in unread
        for item in change.fields
        if item.readable and not same_value(values.get((change.identity, item.kind, item.name)), item.before)
    ]
    stale = {conflict.identity for conflict in conflicts}
    fresh = tuple(c for c in changes if c.identity not in unread and c.identity not in stale)
    return Checked(fresh, unread, tuple(conflicts))
