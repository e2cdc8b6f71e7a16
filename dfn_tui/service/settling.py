"""What an earlier run left open is settled by reading the users back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dfn_tui.api.calls import UserApi
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.service.journalling import JournalKeeper
from dfn_tui.service.reading import Values, field_values
from dfn_tui.service.records import FieldChange, FieldKind, UserChange
from dfn_tui.service.values import same_value
from dfn_tui.store import Change, Ending, Entry, FieldOutcome, Filter, Intent, Outcome
from dfn_tui.text import _

STILL_AT_WORK = timedelta(minutes=1)
"""How long after a write the server may still be about to apply it: longer than a client waits."""

_PAGE = 200
_GRAVEST = (Ending.UNKNOWN, Ending.CHANGED_BY_OTHER, Ending.NOT_APPLIED)


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry of an earlier run, how it was found to have ended, and what there is to say of that."""

    entry: Entry
    ending: Ending
    message: str = ""


async def settle(
    api: UserApi, keeper: JournalKeeper, connection: str, clock: Callable[[], datetime]
) -> list[Settled]:
    """Closes the open entries of that connection: those cut short, and those whose outcome was unknown.

    Where single users cannot be read they are closed as unknown, once; so is, for the time being, what is
    not applied but was sent less than `STILL_AT_WORK` ago. A user that cannot be read now stays open.
    Raises `JournalError`.
    """
    if not await keeper.settle_begins():
        return []
    cut = [entry for entry in await keeper.cut_short() if entry.intent.connection == connection]
    if not api.capabilities.read_by:
        blind = [_blind(entry, keeper) for entry in cut]
        await keeper.conclude(blind)
        return [_settled(entry, outcome) for entry, outcome in zip(cut, blind, strict=True)]
    unknown = await keeper.find(Filter(connection=connection, outcome=Ending.UNKNOWN), limit=_PAGE)
    settled: list[Settled] = []
    open_entries = [*cut, *unknown]
    for at in range(0, len(open_entries), _PAGE):
        settled += await _settle(api, keeper, open_entries[at : at + _PAGE], clock)
    return settled


async def _settle(
    api: UserApi, keeper: JournalKeeper, entries: Sequence[Entry], clock: Callable[[], datetime]
) -> list[Settled]:
    intents = [(entry, await keeper.reveal(entry)) for entry in entries]
    changes = [_change(intent) for _entry, intent in intents]
    asked = clock()
    values, _failures = await field_values(api, changes)
    outcomes = [_outcome(entry, intent, values, keeper, asked) for entry, intent in intents]
    known = [outcome for outcome in outcomes if outcome is not None]
    await keeper.conclude(known)
    by_seq = {entry.seq: entry for entry in entries}
    return [_settled(by_seq[outcome.intent], outcome) for outcome in known]


def _settled(entry: Entry, outcome: Outcome) -> Settled:
    return Settled(entry, outcome.ending, outcome.message)


def _identity(intent: Intent) -> Identity:
    return Identity(IdentityKind(intent.subject.kind), intent.subject.value)


def _change(intent: Intent) -> UserChange:
    fields = tuple(FieldChange(FieldKind(c.kind), c.name, c.before, c.after) for c in intent.changes)
    return UserChange(_identity(intent), fields)


def _outcome(
    entry: Entry, intent: Intent, values: Values, keeper: JournalKeeper, asked: datetime
) -> Outcome | None:
    """What reading back at `asked` says of that entry; None where the user could not be read, or where
    nothing more is known than before."""
    identity = _identity(intent)
    keys = [(identity, FieldKind(change.kind), change.name) for change in intent.changes]
    if any(key not in values for key in keys):
        return None
    young = abs(asked - entry.at) < STILL_AT_WORK  # abs: the clock may have been set back
    fields = tuple(
        _field(change, values[key], young) for change, key in zip(intent.changes, keys, strict=True)
    )
    endings = {field.ending for field in fields}
    ending = next((one for one in _GRAVEST if one in endings), Ending.CONFIRMED)
    if ending is Ending.UNKNOWN and entry.outcome is not None:
        return None
    why = next((field.message for field in fields if field.ending is ending), "")
    return Outcome(entry.seq, ending, fields, message=why, by=keeper.operator)


def _field(change: Change, now: Value | None, young: bool) -> FieldOutcome:
    if change.cover is not None:
        ending, message = Ending.UNKNOWN, _("Its value was not kept, so reading back cannot tell.")
    elif same_value(now, change.after):
        ending, message = Ending.CONFIRMED, ""
    elif young:
        ending, message = Ending.UNKNOWN, _("It is not applied yet; the server may still be at work on it.")
    elif change.readable and same_value(now, change.before):
        ending, message = Ending.NOT_APPLIED, ""
    else:
        ending, message = Ending.CHANGED_BY_OTHER, ""
    return FieldOutcome(
        change.kind, change.name, ending, True, now, message=message, personal=change.personal
    )


def _blind(entry: Entry, keeper: JournalKeeper) -> Outcome:
    message = _("The console ended before the answer, and this generation cannot be read back.")
    return Outcome(entry.seq, Ending.UNKNOWN, message=message, by=keeper.operator)
