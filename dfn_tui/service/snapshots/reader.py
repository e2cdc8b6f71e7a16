"""Reading users from a snapshot as from a server, to see what became of what was accepted."""

from collections.abc import Iterable, Sequence

from dfn_tui.api.calls import Profile, Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import IN_SNAPSHOT, Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.outcome import shows_all
from dfn_tui.service.changes.reading import Field, Records, fields_of
from dfn_tui.service.records import UserRecord
from dfn_tui.service.snapshots.snapshots import Snapshots
from dfn_tui.service.snapshots.view import SnapshotView
from dfn_tui.store import Entry, FieldKind, Filter, OutcomeGroup
from dfn_tui.store.snapshot import SnapshotHead
from dfn_tui.text import _
from dfn_tui.text.korea import spoken_time

_AHEAD = 2000
_ENTRIES = 1000
"""The journal's newest entries that are looked at; a job's users are seen by `bulk verify`."""


class SnapshotReader:
    """Reads fields of users from the snapshot with that `head`."""

    stopped: ConsoleError | None = None

    def __init__(self, snapshots: Snapshots, head: SnapshotHead) -> None:
        self._snapshots = snapshots
        self._head = head

    @property
    def users_at_once(self) -> int:
        """How many are best asked for together."""
        return _AHEAD

    async def read_fields(self, identities: Sequence[Identity], fields: Iterable[Field]) -> Records:
        """The users with these fields alone, as of when the export began. Raises `ConsoleError` where another
        snapshot took its place meanwhile."""
        names = sorted({name for kind, name in fields if kind is not FieldKind.CONSENT})
        views = await self._snapshots.export_views(identities, self._head)
        return {one: self._record(one, view, names) for one, view in views.items()}

    def _record(self, identity: Identity, view: SnapshotView, names: Sequence[str]) -> UserRecord:
        if not view.kept:
            failure = Reply(identity, False, code="not-in-snapshot", message=view.why)
            return UserRecord(identity, self._head.began, failure=failure)
        # `5` may be a number or a text there, and a day may be written otherwise than it was sent.
        why = _("how the export writes it is not documented")
        unreadable = {**view.unreadable, **dict.fromkeys(names, why)}
        return UserRecord(identity, self._head.began, Profile(view.consents, {}, unreadable))


def seen_words(head: SnapshotHead) -> str:
    """What is written down of a change that a snapshot shows, beside the code `IN_SNAPSHOT`."""
    return _("Seen in the snapshot of {time} (KST).").format(time=spoken_time(head.began, seconds=True))


async def confirm_entries(
    reader: SnapshotReader, head: SnapshotHead, journal: AsyncJournal, connection: str
) -> int:
    """Writes down of changes over that connection, but for those of jobs, that the snapshot shows them, and
    says of how many. Each user's last change of a field before the export counts, if it was accepted by then.
    Raises `JournalError` and `ConsoleError`."""
    written: dict[tuple[str, str], set[Field]] = {}
    waiting: list[tuple[Identity, Entry]] = []
    for entry in await journal.find(Filter(connection=connection, until=head.began), limit=_ENTRIES):
        subject, fields = entry.intent.subject, set(fields_of(entry.intent.changes))
        later = written.setdefault(subject[:2], set())
        if later.isdisjoint(fields) and _may_be_seen(entry, head):
            waiting.append((Identity(IdentityKind(subject.kind), subject.value), entry))
        later |= fields
    asked = {field for _user, entry in waiting for field in fields_of(entry.intent.changes)}
    records = await reader.read_fields([user for user, _entry in waiting], asked) if waiting else {}
    shown = [entry.seq for user, entry in waiting if shows_all(entry.intent.changes, records[user])]
    if shown:
        seen = OutcomeGroup(
            tuple(shown),
            Outcome.CONFIRMED,
            code=IN_SNAPSHOT,
            message=seen_words(head),
            by=journal.operator,
        )
        await journal.write([seen], ())
    return len(shown)


def _may_be_seen(entry: Entry, head: SnapshotHead) -> bool:
    ended, intent = entry.outcome, entry.intent
    accepted = ended is not None and ended.outcome is Outcome.ACCEPTED
    in_time = ended is not None and ended.at is not None and ended.at < head.began
    named = intent.subject.kind == IdentityKind.EXTERNAL_ID and not intent.subject.personal
    return accepted and in_time and named and intent.job is None
