"""Taking a snapshot: one export, streamed into a sealed file that takes its place when it is whole."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from dfn_tui.api.calls import ExportApi, Progress
from dfn_tui.api.errors import RateLimited, Rejected
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store.exports import ExportLog, ExportRefused
from dfn_tui.store.snapshot import SnapshotError, SnapshotHead
from dfn_tui.store.snapshot_writer import SnapshotWriter
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import Clock, korean_clock

EXTERNAL_ID = "df_external_id"
_ROWS_AT_ONCE = 500
_LETTERS = {"true": "t", "false": "f", "": "n"}


class TakingProgress(NamedTuple):
    """How far a snapshot is: rows so far, and how many of them a second. While the client waits to try
    again, `waiting` is for how many seconds, and `reason` why."""

    rows: int
    rate: float
    waiting: float = 0.0
    reason: str = ""


OnTaking = Callable[[TakingProgress], None]


class _NoExternalId(SnapshotError):
    """The export does not say whom its rows are about."""


@dataclass
class Taking:
    """What is wanted of an export, and where it goes. `service` is what its exports are counted under."""

    address: str
    service_id: str
    service: str
    folder: Path
    key: bytes
    consents: Sequence[str]
    extras: Sequence[str]
    audience: str | None
    hours: int
    limit: int
    """Exports an hour."""
    clock: Clock
    on_progress: OnTaking
    log: ExportLog
    tokens: Mapping[str, str]
    """A mark of each, by kind."""
    _exports: int = 0
    _columns: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._columns = frozenset((*self.consents, *self.extras, EXTERNAL_ID))

    async def run(self, client: ExportApi) -> SnapshotHead:
        """Takes it. Raises `SnapshotError` and what the call raises; what was there before is
        left then, and where this is cancelled."""
        with self.log.one_at_a_time():
            try:
                return await self._export(client)
            except RateLimited as error:
                raise self._limited(error) from None

    async def _export(self, client: ExportApi) -> SnapshotHead:
        try:
            return await self._attempt(client, everything=False)
        except (_NoExternalId, Rejected):
            # The form is documented in two ways: in the other one the export has every column.
            return await self._attempt(client, everything=True)

    async def _attempt(self, client: ExportApi, *, everything: bool) -> SnapshotHead:
        self._count()
        began = self.clock()
        names = None if everything else [*self.consents, EXTERNAL_ID, *self.extras]
        rows = client.export_profiles(
            names, self.audience, self._waits, identities=not everything, on_header=self._check
        )
        thread = WorkerThread("snapshot")
        writer = await thread.do(lambda: SnapshotWriter(self.folder, self.service, self.key))
        try:
            started = time.monotonic()
            batch: list[tuple[str, str, Mapping[str, str]]] = []
            async with aclosing(rows):
                async for row in rows:
                    batch.append(self._row(row))
                    if len(batch) == _ROWS_AT_ONCE:
                        full, batch = batch, []
                        await thread.do(lambda full=full: writer.add(full))  # type: ignore[misc]
                        rate = writer.rows / max(time.monotonic() - started, 0.001)
                        self.on_progress(TakingProgress(writer.rows, rate))
            ended = self.clock()
            await thread.do(lambda: writer.add(batch))
            expires = began + timedelta(hours=self.hours)
            head = SnapshotHead(
                self.address,
                self.service_id,
                self.audience,
                tuple(self.consents),
                tuple(self.extras),
                began,
                ended,
                expires,
                self._exports,
                self.tokens,
            )
            return await _to_the_end(thread.do(lambda: writer.finish(head)))
        finally:
            thread.close(writer.close, wait=True)

    def _row(self, row: Mapping[str, str]) -> tuple[str, str, Mapping[str, str]]:
        letters = "".join([_LETTERS.get(row[name], "x") for name in self.consents])
        texts = {name: row[name] for name in self.extras if row[name]}
        if "x" in letters:
            texts |= {name: row[name] for name in self.consents if row[name] not in _LETTERS}
        return row[EXTERNAL_ID], letters, texts

    def _check(self, names: Sequence[str]) -> None:
        missing = self._columns.difference(names)
        if EXTERNAL_ID in missing:
            raise _NoExternalId(
                _("The export names nobody"),
                _("It has no column {name}: no user could be found in it.").format(name=EXTERNAL_ID),
                _("Ask DFINERY for it. The snapshot of before was left as it is."),
            )
        if missing:
            raise SnapshotError(
                _("The export has other columns"),
                _("These were asked for and are not in it: {names}.").format(
                    names=sanitize(", ".join(sorted(missing)), 200)
                ),
                _("Register them in the web console. The snapshot of before was left as it is."),
            )

    def _waits(self, progress: Progress) -> None:
        """Each attempt is an export: where none is left, it is not made."""
        self._count()
        self.on_progress(TakingProgress(0, 0.0, progress.waiting, progress.reason))

    def _count(self) -> None:
        self.log.count(self.service, self.limit, self.clock())
        self._exports += 1

    def _limited(self, error: RateLimited) -> ExportRefused:
        again = _("The server does not say when to go on. Exports are counted by the hour.")
        if error.wait is not None:
            at = self.clock() + timedelta(seconds=error.wait)
            again = _("Go on at {time} (KST).").format(time=korean_clock(at, seconds=True))
        return ExportRefused(
            _("Too many exports"),
            _(
                "The server takes no more exports of this service now: all its exports count, not this host's"
                " alone. The snapshot of before was left as it is."
            ),
            again,
        )


async def _to_the_end(finishing: "asyncio.Future[SnapshotHead]") -> SnapshotHead:
    """What comes of putting it in place, which is done within a moment: somebody who stops it then is told
    that it is there, and not that it is not."""
    try:
        return await asyncio.shield(finishing)
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
        return await finishing
