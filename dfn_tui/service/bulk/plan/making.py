"""Making a plan: takes the input in, looks up every user at the run's rate, and saves what was found.

All that touches the disk is done in one thread of its own, a page at a time; some pages are held at most.
"""

import asyncio
import shlex
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.duties import Ground, read_said
from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.ingest import Taken
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import PersonsWord
from dfn_tui.service.bulk.plan.builder import PlanBuilder, Planned, Row, given_up
from dfn_tui.service.bulk.plan.classify import UndoEdit, blind, classify
from dfn_tui.service.bulk.plan.records import (
    SENT,
    Exclusion,
    PlanError,
    PlanGroup,
    PlanMetadata,
    PlanStatus,
    edit_set,
)
from dfn_tui.service.bulk.plan.totals import Selection
from dfn_tui.service.bulk.plan.was import before_words, was_words
from dfn_tui.service.changes.fields import EditSet, plain_name
from dfn_tui.service.changes.grounds import ConsentDates
from dfn_tui.service.records import UserRecord
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize

_PAGE = 2000  # rows read or written together


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the making is: rows taken in, users looked up, and users in all once that is known."""

    taken: int = 0
    read: int = 0
    total: int | None = None


Tell = Callable[[Reading], None]


async def make_plan(
    client: ThrottledClient,
    source: BulkInput,
    path: Path,
    head: PlanMetadata,
    *,
    dates: ConsentDates | None = None,
    create: bool = False,
    was: State | None = None,
    stop_at_first_bad: bool = False,
    replace_file: bool = False,
    progress: Tell = lambda _reading: None,
) -> str:
    """Makes the plan of `source` at `path`, in place of a file there only if `replace_file`, and returns its
    digest.

    `head` says where the plan holds, and by whom, when and of what it is made. `create`: users the server
    knows nothing of are to be created. `was`: who was otherwise before is left out. Raises PlanError,
    StoppedAtBadRow where that is asked for, what reading the input raises, and `client.stopped` where the
    server is of no more use. There is no plan then, nor when this is cancelled.
    """
    head = replace(head, kind=source.kind, form=source.form.value, encoding=source.encoding or "")
    draft, unseen = PlanBuilder(path, replace=replace_file), _not_said_new(source)
    making = _Making(client, head, draft, progress, create=create, was=was, unseen=unseen, dates=dates)
    return await making.go(
        lambda draft, on_progress: draft.take(
            source, stop_at_first_bad=stop_at_first_bad, on_progress=on_progress
        )
    )


async def make_undo(
    client: ThrottledClient,
    edits: Iterable[UndoEdit],
    path: Path,
    head: PlanMetadata,
    *,
    replace_file: bool = False,
    progress: Tell = lambda _reading: None,
) -> str:
    """Makes the plan that takes a job back, as `make_plan` does. `edits` has each user once, in any order,
    and is gone through in another thread."""
    making = _Making(client, head, PlanBuilder(path, replace=replace_file), progress)
    return await making.go(lambda draft, on_progress: draft.take_undo(edits, on_progress=on_progress))


def _not_said_new(source: BulkInput) -> frozenset[str]:
    said = source.new_properties
    return frozenset(name for name in source.custom_properties if plain_name(name) not in said)


class _Making:
    """One making of a plan; `go` once."""

    def __init__(
        self,
        client: ThrottledClient,
        head: PlanMetadata,
        draft: PlanBuilder,
        progress: Tell,
        *,
        create: bool = False,
        was: State | None = None,
        unseen: frozenset[str] = frozenset(),
        dates: ConsentDates | None = None,
    ) -> None:
        """`unseen`: properties that at least one of the users is to have already."""
        self._client = client
        self._head = replace(head, by=sanitize(head.by, 200), source=sanitize(head.source, 200))
        self._create = create
        self._was = was
        self._kept = Selection(was=was)
        self._left_out: Counter[str] = Counter()
        """How many users were left out, by what they were before."""
        self._progress = progress
        self._draft = draft
        self._thread = WorkerThread("plan")
        self._total = self._read = 0
        self._ahead: deque[Row] = deque()
        self._last = -1
        self._all_paged = False
        self._feeding = asyncio.Lock()
        self._planned: list[Planned] = []
        self._unseen = unseen
        self._dates = dates
        self._names: set[str] = set()

    async def go(self, take: Callable[[PlanBuilder, Callable[[int], None]], Taken]) -> str:
        loop = asyncio.get_running_loop()

        def on_progress(rows: int) -> None:
            loop.call_soon_threadsafe(self._progress, Reading(rows))

        try:
            await self._thread.do(self._draft.begin)
            taken = await self._thread.do(lambda: take(self._draft, on_progress))
            self._total = taken.users
            self._tell()
            await self._look_all_up()
            self._require_known()
            head = replace(self._head, **asdict(taken))
            head = replace(head, kind=head.kinds[0])
            if self._was is not None:
                what = was_words(self._was, self._left_out)
                narrowed = Exclusion(head.made, head.by, what, self._left_out.total())
                head = replace(head, narrowed=(narrowed,))
            return await self._thread.do(lambda: self._draft.finish(head))
        finally:
            self._draft.leave()
            # Shielded: whatever cancels it, the files must go.
            await asyncio.shield(self._thread.do(self._draft.discard))
            self._thread.close()

    def _tell(self) -> None:
        self._progress(Reading(self._total, self._read, self._total))

    async def _look_all_up(self) -> None:
        workers = self._client.rate_limiter.most if self._client.capabilities.read_by else 1
        tasks = [asyncio.ensure_future(self._work()) for _number in range(workers)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        await self._write()

    async def _work(self) -> None:
        has = self._client.capabilities
        while rows := await self._next(has.batch_size if has.read_by else _PAGE):
            records = await self._look_up(rows) if has.read_by else {}
            await self._keep([self._classify(row, records.get(self._identity(row))) for row in rows])

    def _classify(self, row: Row, record: UserRecord | None) -> Planned:
        wanted = self._dated(edit_set(row.wanted), row, record)
        if record is None:
            group = blind(self._identity(row), wanted, row.written)
        else:
            resubscribe = self._head.resubscribe
            group = classify(wanted, row.written, record, create=self._create, resubscribe=resubscribe)
            self._note_names(group, wanted, record)
        if row.word is not None or row.kind:
            group = replace(group, word=row.word, kind=IdentityKind(row.kind) if row.kind else None)
        left_out = self._was is not None and group.status in SENT and not self._kept.has(group)
        if left_out:
            self._left_out[before_words(group)] += 1
        return row, group, left_out

    def _dated(self, wanted: EditSet, row: Row, record: UserRecord | None) -> EditSet:
        """What is wanted, and the day on which each consent was given that is not given yet."""
        word = row.word or PersonsWord()
        said_on = read_said(word.expressed_on or self._head.expressed_on)
        ground = word.ground or (Ground.EXPRESSED if word.expressed_on else self._head.ground)
        if self._dates is None or said_on is None or ground == Ground.CORRECTION:
            return wanted
        consents = record.consents if record else {}
        given = {flag.value for flag, state in consents.items() if state is State.SUBSCRIBED}
        return self._dates.beside(wanted, given, said_on)

    def _note_names(self, group: PlanGroup, wanted: EditSet, record: UserRecord) -> None:
        """Also of who is left out: they can be put back."""
        if self._unseen:
            self._unseen -= record.properties.keys()
            self._unseen -= (record.profile.unreadable if record.profile else {}).keys()
            if group.status in (PlanStatus.CHANGE, PlanStatus.CREATE):
                self._names.update(edit.name for edit in wanted.edits)

    def _require_known(self) -> None:
        """A property that none of the users has is new, or a slip in its name. Raises PlanError."""
        new = sorted(self._unseen & self._names)
        if new:
            names = sanitize(", ".join(new), 200)
            raise PlanError(
                _("Is this property new?"),
                _("NEW: {names}. None of the users has it. No plan was made, nothing was sent.").format(
                    names=names
                ),
                _("If it is meant, say so: {options}").format(
                    options=sanitize(shlex.join(word for name in new for word in ("--new-property", name)))
                ),
            )

    async def _next(self, size: int) -> Sequence[Row]:
        """The next users; empty at the end."""
        async with self._feeding:
            if not self._ahead and not self._all_paged:
                found = await self._thread.do(lambda: self._draft.page(self._last, _PAGE))
                self._ahead.extend(found)
                self._last = found[-1].number if found else self._last
                self._all_paged = not found
            return [self._ahead.popleft() for _number in range(min(size, len(self._ahead)))]

    def _identity(self, row: Row) -> Identity:
        return Identity(IdentityKind(row.kind) if row.kind else self._head.kind, row.user)

    async def _look_up(self, rows: Sequence[Row]) -> dict[Identity, UserRecord]:
        identities = [self._identity(row) for row in rows]
        ci = any(edit.kind is FieldKind.CI for row in rows for edit in edit_set(row.wanted).edits)
        # All properties: only a user who has none at all is unknown.
        records = await self._client.read(identities, ci=ci)
        if self._client.over:
            raise self._client.stopped or given_up()
        return records

    async def _keep(self, planned: Sequence[Planned]) -> None:
        self._planned += planned
        self._read += len(planned)
        self._tell()
        if len(self._planned) >= _PAGE:
            await self._write()

    async def _write(self) -> None:
        planned, self._planned = self._planned, []
        await self._thread.do(lambda: self._draft.write(planned))
