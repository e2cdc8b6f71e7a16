"""What an earlier run left open is reconciled by reading the users back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dfn_tui.api.calls import UserApi
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.outcome import STILL_AT_WORK, FieldResult, UserResult, judge_user
from dfn_tui.service.changes.pipeline import ChangeGroup, Target, read_groups
from dfn_tui.service.changes.reading import Records
from dfn_tui.service.intents import outcome as recorded
from dfn_tui.store import Entry, FieldChange, FieldKind, Filter, Intent
from dfn_tui.text import _
from dfn_tui.text.korea import Clock

LATE = timedelta(hours=1)
"""How long after a write that was accepted a server may begin to show it."""

_PAGE = 200


class Reconciled(NamedTuple):
    """An entry of an earlier run, how it was found to have ended, and what there is to say of that."""

    entry: Entry
    outcome: Outcome
    message: str = ""
    field: FieldResult | None = None
    """The field that the outcome is that of."""


async def reconcile(api: UserApi, journal: AsyncJournal, connection: str, clock: Clock) -> list[Reconciled]:
    """Closes the open entries of that connection: those cut short, and those whose outcome was unknown. What
    was different within the last `LATE`, though accepted, is looked at again: it may show by now.

    Where single users cannot be read they are closed as unknown, once; so is, for the time being, what is
    not applied but was sent less than `STILL_AT_WORK` ago. A user that cannot be read now stays open.
    Raises `JournalError`.
    """
    if not await journal.settle_begins():
        return []
    cut = [entry for entry in await journal.cut_short() if entry.intent.connection == connection]
    unknown: list[Entry] = []
    if api.capabilities.read_by:
        unknown = await journal.find(Filter(connection=connection, outcome=Outcome.UNKNOWN), limit=_PAGE)
        late = Filter(connection=connection, outcome=Outcome.DIFFERENT)
        # A job's users are read again by `bulk verify`, which tells of its file, too.
        unknown += [one for one in await journal.find(late, limit=_PAGE) if one.intent.job is None]
    found: list[Reconciled] = []
    entries = [*cut, *unknown]
    for at in range(0, len(entries), _PAGE):
        found += await _page(api, journal, entries[at : at + _PAGE], clock)
    return found


async def _page(
    api: UserApi, journal: AsyncJournal, entries: Sequence[Entry], clock: Clock
) -> list[Reconciled]:
    asked = clock()
    open_ones = (one for one in entries if not _was_different(one) or asked - one.at < LATE)
    intents = [(entry, await journal.reveal(entry)) for entry in open_ones]
    groups = [ChangeGroup(_fields(intent), (Target(identity_of(intent)),)) for _entry, intent in intents]
    records = await read_groups(api, groups, lambda: asked)
    results = []
    for entry, intent in intents:
        result = _result(entry, intent, records, asked, readable=bool(api.capabilities.read_by))
        if result is not None:
            results.append((entry, result))
    await journal.write([recorded(entry.seq, result, journal.operator) for entry, result in results], ())
    return [
        Reconciled(entry, result.outcome, result.decisive.message, result.decisive)
        for entry, result in results
    ]


def identity_of(intent: Intent) -> Identity:
    """The user of a journalled change."""
    return Identity(IdentityKind(intent.subject.kind), intent.subject.value)


def _fields(intent: Intent) -> tuple[FieldChange, ...]:
    return tuple(c._replace(kind=FieldKind(c.kind), redaction=None) for c in intent.changes)


def _result(
    entry: Entry, intent: Intent, records: Records, asked: datetime, *, readable: bool
) -> UserResult | None:
    """What reading back at `asked` says of that entry; None where the user could not be read, or where
    nothing more is known than before."""
    identity = identity_of(intent)
    record = records.get(identity)
    if readable and (record is None or record.failure is not None):
        return None
    settled = abs(asked - entry.at) >= STILL_AT_WORK  # abs: the clock may have been set back
    result = judge_user(identity, _fields(intent), {}, record, settled=settled)
    kept = [_if_kept(change, found) for change, found in zip(intent.changes, result.fields, strict=True)]
    result = result._replace(fields=tuple(kept))
    if entry.outcome is None or result.outcome is Outcome.CONFIRMED:
        return result
    return None if _was_different(entry) or result.outcome is Outcome.UNKNOWN else result


def _was_different(entry: Entry) -> bool:
    return entry.outcome is not None and entry.outcome.outcome is Outcome.DIFFERENT


def _if_kept(change: FieldChange, found: FieldResult) -> FieldResult:
    """A value of which only the mask was kept cannot be compared."""
    if change.redaction is None:
        return found
    message = _("Its value was not kept, so reading back cannot tell.")
    return found._replace(outcome=Outcome.UNKNOWN, message=message)
