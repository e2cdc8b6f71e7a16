"""A run: takes a job from where it stands to its end, and can be slowed, paused and left at any time.

Leaving never cuts a batch short: what was sent is waited for and written down, and the job can be resumed.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from dfn_tui.api.types import IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.batch import Batches
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.read_back import read_back_all
from dfn_tui.service.bulk.run.records import JobRecord, JobState, Phase, RunProgress
from dfn_tui.service.bulk.run.resume import recover
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.store import IntentGroup
from dfn_tui.text import _
from dfn_tui.text.korea import Clock

_AHEAD = 500
"""Users read from the job's file at a time."""

_SPARE = 8
"""Batches at hand beside those under way: some wait for users that the server is too busy for."""

_REMEMBERED = 10.0
"""Seconds that the speed is measured over."""


class Run:
    """One run of `run_log`'s job; `go` once. Nothing here may be used from another thread."""

    def __init__(
        self,
        record: JobRecord,
        total: int,
        client: ThrottledClient,
        run_log: RunLog,
        kind: IdentityKind,
        blank: IntentGroup,
        journal: AsyncJournal,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.record = record
        self.rate_limiter = client.rate_limiter
        self.phase = Phase.SETTLING
        self.checked = 0
        """Users read back so far."""
        self.error: ConsoleError | None = None
        """Why the run stopped before its end."""
        self._total = total
        self._client = client
        self._run_log = run_log
        self._kind = kind
        self._journal = journal
        self._clock = clock
        self._monotonic = monotonic
        self._again: list[PlannedUser] = []
        self._ahead: deque[PlannedUser] = deque()
        self._last = -1
        self._all_read = False
        self._to_check = 0
        self._feeding = asyncio.Lock()
        self._state: JobState | None = None
        self._speed: deque[tuple[float, int]] = deque()
        self._batches = Batches(client, run_log, kind, blank, record.on_conflict, self._again.extend)

    async def go(self) -> JobRecord:
        """Runs the job to its end, or until it is stopped, and returns its record. `error` then says why.

        Whoever waits may be cancelled; the run itself must not be.
        """
        # What there is by now stays: collections that looked through it would take an eighth of the run.
        gc.freeze()
        try:
            await recover(self._run_log, self._journal, self._batches, self._clock())
            self.phase = Phase.SENDING
            await self._send_all()
            if self.record.read_back and self._client.capabilities.read_by and not self._client.over:
                await self._run_log.flush()
                self.phase, self._to_check = Phase.READING_BACK, self._run_log.counts[Outcome.ACCEPTED]
                await read_back_all(self._client, self._run_log, self._kind, self._told_checked)
            await self._run_log.flush()
        except ConsoleError as error:  # the journal or the job's file
            self.error = error
            self.rate_limiter.close()
        finally:
            gc.unfreeze()
        self.error = self.error or self._client.stopped
        return await self._end()

    async def _end(self) -> JobRecord:
        if self._state is None:
            stopped = self.error is not None or self._client.over
            self._state = JobState.STOPPED if stopped else JobState.FINISHED
        why = ""
        if self._batches.conflict:
            why = _("Somebody else changed a user since the plan was made.")
        elif self.error is not None:
            why = f"{self.error.title}. {self.error.happened}"
        record = replace(self.record, state=self._state, why=why, ended=self._clock())
        try:
            await self._run_log.ask(lambda job: job.save(record))
            await self._run_log.close()
        except ConsoleError as error:
            self.error = self.error or error
        self.phase = Phase.OVER
        self.record = record
        return record

    async def _send_all(self) -> None:
        workers = [asyncio.ensure_future(self._work()) for _number in range(self.rate_limiter.most + _SPARE)]
        try:
            while True:
                await asyncio.gather(*workers)
                await self._batches.settle()
                if not self._again or self._client.over:
                    return
                workers = [asyncio.ensure_future(self._work())]
        except BaseException:
            self.rate_limiter.close()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._batches.settle()
            raise

    async def _work(self) -> None:
        while not self._client.over and (users := await self._next()):
            await self._batches.send(users)

    async def _next(self) -> Sequence[PlannedUser]:
        """The next batch; empty at the end."""
        size = self._client.capabilities.batch_size
        async with self._feeding:
            while not self._ahead and not self._all_read:
                found = await self._run_log.ask(partial(Job.pending, after=self._last, limit=_AHEAD))
                self._ahead.extend(user for user in found if user.number not in self._batches.held)
                self._last = found[-1].number if found else self._last
                self._all_read = not found
            users = [self._ahead.popleft() for _number in range(min(size, len(self._ahead)))]
            if not users:
                users, self._again[:] = self._again[:size], self._again[size:]
        return users

    def _told_checked(self, users: int) -> None:
        self.checked += users

    def stop(self, *, abort: bool = False) -> None:
        """Sends nothing more; `go` returns once what is under way is finished. The next start offers the job
        again, unless it is aborted."""
        if self.phase is not Phase.OVER and self._state is None:
            self._state = JobState.ABORTED if abort else JobState.STOPPED
            self._batches.leave()
            self.rate_limiter.close()

    def progress(self) -> RunProgress:
        """How far the run is."""
        counts = self._run_log.counts.copy()
        done = sum(counts.values())
        now = self._monotonic()
        at = self.checked if self.phase is Phase.READING_BACK else done
        if not self._speed or now > self._speed[-1][0] + 0.2:
            self._speed.append((now, at))
            while self._speed[0][0] < now - _REMEMBERED or self._speed[0][1] > at:
                self._speed.popleft()
        since, was = self._speed[0]
        speed = (at - was) / (now - since) if now > since else 0.0
        of = self._to_check if self.phase is Phase.READING_BACK else self._total
        waiting_until = self.rate_limiter.waiting_until
        return RunProgress(
            self.phase,
            self._total,
            counts,
            self._batches.waiting,
            self.checked,
            speed,
            (of - at) / speed if speed > 0 else None,
            self.rate_limiter.limit,
            self.rate_limiter.window,
            self.rate_limiter.paused,
            max(0.0, waiting_until - now) if waiting_until is not None else 0.0,
            self.error,
        )
