"""The pre-flight of a campaign: a list of any length is read once, and each of its users judged.

Nothing is written to the platform. Some batches of users are held at a time: the list itself lies in a
nameless file of SQLite, and what was found goes to whoever asked, in the order of the list.
"""

import asyncio
import sqlite3
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import NamedTuple, Protocol, TypeVar

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.campaign import (
    NOT_IN_SNAPSHOT,
    NOT_READ,
    UNKNOWN_USER,
    Campaign,
    CampaignVerdict,
    Eligibility,
    judge,
)
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.ingest import Taken, take_in
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import Bad, RowFault
from dfn_tui.service.records import UserRecord
from dfn_tui.service.snapshots.snapshots import Snapshots
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store.snapshot import SnapshotHead
from dfn_tui.text import _, sanitize

_PAGE = 2000  # users taken out of the list together
_BAD_KEPT = 20
Found = TypeVar("Found")


class ConsentSource(Protocol):
    """What the consents of users are read from."""

    @property
    def flags(self) -> Collection[Flag]:
        """The consents it has."""

    @property
    def batch_size(self) -> int:
        """Users that are read together."""

    @property
    def at_once(self) -> int:
        """Batches that may be under way together."""

    async def read(self, users: Sequence[Identity]) -> Mapping[Identity, UserRecord]:
        """These users; raises what stops all reading."""


@dataclass(frozen=True, slots=True)
class LiveConsents:
    """The platform itself, at the rate of that client."""

    client: ThrottledClient

    @property
    def flags(self) -> Collection[Flag]:
        return self.client.capabilities.flags

    @property
    def batch_size(self) -> int:
        return self.client.capabilities.batch_size

    @property
    def at_once(self) -> int:
        return self.client.rate_limiter.most

    async def read(self, users: Sequence[Identity]) -> Mapping[Identity, UserRecord]:
        records = await self.client.read(users)
        if self.client.stopped is not None:
            raise self.client.stopped
        return records


@dataclass(frozen=True, slots=True)
class SnapshotConsents:
    """What one export said of everybody, with what this host wrote since: where nobody can be read."""

    snapshots: Snapshots
    head: SnapshotHead
    flags: Collection[Flag]
    batch_size: int = _PAGE
    at_once: int = 1

    async def read(self, users: Sequence[Identity]) -> Mapping[Identity, UserRecord]:
        views = await self.snapshots.known_views(users, self.head)
        return {one: UserRecord(one, self.head.began, snapshot=view) for one, view in views.items()}


class JudgedUser(NamedTuple):
    """A user as read, and what they are for the campaign."""

    record: UserRecord
    verdict: CampaignVerdict


@dataclass
class PreflightReport:
    """What was found of a list. Each user counts once. `began` and `ended` are when the first and the last
    user was read, or when the snapshot's export began; `by_day` is how many could be sent to outside of the
    night."""

    campaign: Campaign
    flags: Collection[Flag]
    include_never_set: bool = False
    taken: Taken | None = None
    """What became of the rows, once all were taken in."""
    rows: int = 0
    """How many were until then."""
    counts: Counter[CampaignVerdict] = field(default_factory=Counter)
    by_day: int = 0
    read: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    by_snapshot: bool = False
    """Whether they were judged by a snapshot."""
    bad: Sequence[Bad] = ()
    """The first of the rows that name no user."""
    errors: dict[type[ConsoleError] | None, ConsoleError | None] = field(default_factory=dict)
    """What went wrong with users who may not be sent to, one of each sort; None where nothing went wrong but
    that they may not."""

    def may(self, verdict: CampaignVerdict) -> bool:
        """Whether a user of that verdict is on the list that may be sent to."""
        asked = self.include_never_set and verdict.eligibility is Eligibility.NEVER_ASKED
        return asked or verdict.eligibility is Eligibility.MAY

    def may_not(self, verdict: CampaignVerdict) -> bool:
        """Whether a user of that verdict is on the list that may not be."""
        return not self.may(verdict) and verdict.eligibility is not Eligibility.NEVER_ASKED

    @property
    def users(self) -> int:
        """How many users the list has, as far as that is known."""
        return self.taken.users if self.taken is not None else self.read

    @property
    def to_send(self) -> int:
        """How many may be sent to."""
        return sum(users for verdict, users in self.counts.items() if self.may(verdict))

    @property
    def whole(self) -> bool:
        """Whether every row of the list is a user who may be sent to."""
        return self.taken is not None and not self.taken.bad and self.to_send == self.taken.users

    def add(self, record: UserRecord) -> JudgedUser:
        """Counts a user."""
        verdict = self._judge(record)
        self.counts[verdict] += 1
        self.read += 1
        self.began = min(self.began or record.as_of, record.as_of)
        self.ended = max(self.ended or record.as_of, record.as_of)
        self.by_snapshot |= record.by_snapshot is not None
        if not self.may(verdict):
            error = record.failure.error if record.failure is not None else None
            self.errors.setdefault(type(error) if error else None, error)
        return JudgedUser(record, verdict)

    def _judge(self, record: UserRecord) -> CampaignVerdict:
        view, consents = record.by_snapshot, record.consents_held
        if record.failure is not None or (record.profile is None and view is None):
            return NOT_READ
        if record.unknown_to_server:
            return UNKNOWN_USER
        verdict = judge(self.campaign, consents, self.flags)
        if self.campaign.night:
            self.by_day += self.may(judge(self.campaign.by_day, consents, self.flags))
        # What this host wrote since is known of somebody who is not in it, too.
        absent = view is not None and not view.kept and verdict.eligibility is Eligibility.UNREADABLE
        return NOT_IN_SNAPSHOT if absent else verdict


class PreflightStopped(ConsoleError):
    """Somebody stopped the pre-flight before its end."""


class Preflight:
    """One reading of a list; `go` once. `keep` is given all users as judged, in the order of the list and in
    a thread of its own; `on_progress` is called now and then. `report` grows meanwhile."""

    def __init__(
        self,
        source: BulkInput,
        consents: ConsentSource,
        report: PreflightReport,
        keep: Callable[[Sequence[JudgedUser]], None],
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.report = report
        self._source = source
        self._consents = consents
        self._keep = keep
        self._on_progress = on_progress
        self._thread = WorkerThread("preflight")
        self._left = Event()
        self._db: sqlite3.Connection | None = None

    async def go(self) -> PreflightReport:
        """Reads all. Raises what reading the list, the platform and `keep` raise."""
        try:
            loop = asyncio.get_running_loop()
            await self._thread.do(partial(_on_the_disk, partial(self._take_in, loop)))
            self._on_progress()
            async with aclosing(self._records()) as batches:
                async for records in batches:
                    judged = [self.report.add(record) for record in records]
                    await self._thread.do(partial(self._keep, judged))
                    self._on_progress()
        finally:
            self._left.set()
            # Shielded: whatever cancels it, nothing may be kept any more once this is over.
            await asyncio.shield(self._thread.do(self._close))
            self._thread.close()
        return self.report

    def _take_in(self, loop: asyncio.AbstractEventLoop) -> None:
        def go_on(rows: int) -> None:
            self._check()
            self.report.rows = rows
            loop.call_soon_threadsafe(self._on_progress)

        # Nameless, and on the disk where it is large.
        self._db = sqlite3.connect("")
        self.report.taken = take_in(self._source, self._db, on_progress=go_on)
        found = self._db.execute(
            "SELECT line, fault, reason, shown FROM input_bad WHERE fault <> ? ORDER BY line LIMIT ?",
            (RowFault.DUPLICATE, _BAD_KEPT),
        )
        self.report.bad = [Bad(line, RowFault(fault), reason, shown) for line, fault, reason, shown in found]

    def _check(self) -> None:
        """Raises PreflightStopped where nobody waits any more: a thread is not cancelled."""
        if self._left.is_set():
            raise PreflightStopped(
                _("The pre-flight was stopped"), _("Nothing was written."), _("Start it again.")
            )

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()

    async def _records(self) -> AsyncGenerator[Sequence[UserRecord], None]:
        """Batches in the order of the list. Twice as many as may be under way are held at most: one that
        takes long does not have the others wait at once."""
        waiting: deque[asyncio.Task[Sequence[UserRecord]]] = deque()
        try:
            async with aclosing(self._batches()) as batches:
                async for users in batches:
                    if len(waiting) >= 2 * self._consents.at_once:
                        yield await waiting.popleft()
                    waiting.append(asyncio.ensure_future(self._read(users)))
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _read(self, users: Sequence[Identity]) -> Sequence[UserRecord]:
        records = await self._consents.read(users)
        return [records[one] for one in users]

    async def _batches(self) -> AsyncGenerator[Sequence[Identity], None]:
        after, size = -1, self._consents.batch_size
        while rows := await self._thread.do(partial(_on_the_disk, partial(self._page, after))):
            after = rows[-1][0]
            users = [self._identity(user, kind) for _line, user, kind in rows]
            for at in range(0, len(users), size):
                yield users[at : at + size]

    def _page(self, after: int) -> list[tuple[int, str, str]]:
        assert self._db is not None
        found = "SELECT line, user, kind FROM input_row WHERE line > ? ORDER BY line LIMIT ?"
        return self._db.execute(found, (after, _PAGE)).fetchall()

    def _identity(self, user: str, kind: str) -> Identity:
        return Identity(IdentityKind(kind) if kind else self._source.kind, user)


def _on_the_disk(work: Callable[[], Found]) -> Found:
    """What `work` returns. Raises ConsoleError where there is no room for the list."""
    try:
        return work()
    except sqlite3.Error as error:
        raise ConsoleError(
            _("There is no room for the list"),
            _("It could not be kept on the disk while its users are read: {reason}.").format(
                reason=sanitize(str(error), 200)
            ),
            _("Make room in the folder for temporary files (TMPDIR)."),
        ) from error
