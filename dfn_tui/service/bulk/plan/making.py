"""Making a plan: takes the input in, looks up every user at the run's pace, and saves what was found.

All that touches the disk is done in one thread of its own, a page at a time; some pages are held at most.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dfn_tui.api.types import Identity
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.ingest import Taken
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.plan.builder import Judged, PlanBuilder, Row, given_up
from dfn_tui.service.bulk.plan.classify import UndoEdit, blind, judge
from dfn_tui.service.bulk.plan.records import PlanMetadata, edit_set
from dfn_tui.service.records import UserRecord
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store import FieldKind
from dfn_tui.text import sanitize

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
    create: bool = False,
    stop_at_first_bad: bool = False,
    progress: Tell = lambda _reading: None,
) -> str:
    """Makes the plan of `source` at `path`, in place of a file that may be there, and returns its digest.

    `head` says where the plan holds, and by whom, when and of what it is made. `create`: users the server
    knows nothing of are to be created. Raises PlanError, StoppedAtBadRow where that is asked for, what
    reading the input raises, and `client.stopped` where the server is of no more use. There is no plan then,
    nor when this is cancelled.
    """
    head = replace(head, kind=source.kind, form=source.form.value, encoding=source.encoding or "")
    making = _Making(client, head, path, create, progress)
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
    progress: Tell = lambda _reading: None,
) -> str:
    """Makes the plan that takes a job back, as `make_plan` does. `edits` has each user once, in any order,
    and is gone through in another thread."""
    making = _Making(client, head, path, False, progress)
    return await making.go(
        lambda draft, on_progress: draft.take_undo(edits, head.kind, on_progress=on_progress)
    )


class _Making:
    """One making of a plan; `go` once."""

    def __init__(
        self, client: ThrottledClient, head: PlanMetadata, path: Path, create: bool, progress: Tell
    ) -> None:
        self._client = client
        self._head = replace(head, by=sanitize(head.by, 200), source=sanitize(head.source, 200))
        self._create = create
        self._progress = progress
        self._draft = PlanBuilder(path)
        self._thread = WorkerThread("plan")
        self._total = self._read = 0
        self._ahead: deque[Row] = deque()
        self._last = -1
        self._all_paged = False
        self._feeding = asyncio.Lock()
        self._judged: list[Judged] = []

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
            head = replace(self._head, **asdict(taken))
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
            await self._keep([self._judge(row, records.get(self._identity(row))) for row in rows])

    def _judge(self, row: Row, record: UserRecord | None) -> Judged:
        wanted = edit_set(row.wanted)
        if record is None:
            return row, blind(wanted, row.written)
        return row, judge(wanted, row.written, record, create=self._create)

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
        return Identity(self._head.kind, row.user)

    async def _look_up(self, rows: Sequence[Row]) -> dict[Identity, UserRecord]:
        identities = [self._identity(row) for row in rows]
        ci = any(edit.kind is FieldKind.CI for row in rows for edit in edit_set(row.wanted).edits)
        # All properties: only a user who has none at all is unknown.
        records = await self._client.read(identities, ci=ci)
        if self._client.capabilities.ci_fields and not ci:
            # Somebody with nothing but CI fields is known all the same.
            bare = [identity for identity in identities if records[identity].unknown_to_server]
            if bare:
                records |= await self._client.read(bare, ci=True)
        if self._client.over:
            raise self._client.stopped or given_up()
        return records

    async def _keep(self, judged: Sequence[Judged]) -> None:
        self._judged += judged
        self._read += len(judged)
        self._tell()
        if len(self._judged) >= _PAGE:
            await self._write()

    async def _write(self) -> None:
        judged, self._judged = self._judged, []
        await self._thread.do(lambda: self._draft.write(judged))
