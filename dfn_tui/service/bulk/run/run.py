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

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.run.batch import Batches
from dfn_tui.service.bulk.run.conflicts import find_conflicts
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.read_back import read_back_all
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict, Phase, RunProgress
from dfn_tui.service.bulk.run.resume import recover
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.store import IntentGroup
from dfn_tui.text import ngettext
from dfn_tui.text.korea import Clock

_AHEAD = 500
"""Users read from the job's file at a time."""

_SPARE = 8
"""Batches at hand beside those under way: some wait for users that the server is too busy for."""

_REMEMBERED = 10.0
"""Seconds that the speed is measured over."""


class Run:
    """One run of `run_log`'s job; `go` once. Nothing here may be used from another thread. Nothing more is
    sent once `admit` raises `GateRefused`. `look_first`: nothing is sent where anybody has been changed by
    somebody else since the plan was made."""

    def __init__(
        self,
        record: JobRecord,
        total: int,
        client: ThrottledClient,
        run_log: RunLog,
        blank: IntentGroup,
        journal: AsyncJournal,
        clock: Clock,
        admit: Callable[[], None],
        *,
        look_first: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.record = record
        self.rate_limiter = client.rate_limiter
        self.phase = Phase.SETTLING
        self.checked = 0
        """Users read back, or looked at for conflicts, so far."""
        self.error: ConsoleError | None = None
        """Why the run stopped before its end."""
        self._total = total
        self._look_first = look_first
        self.client = client
        self._run_log = run_log
        self._journal = journal
        self._clock = clock
        self._monotonic = monotonic
        self._again: list[PlannedUser] = []
        self._ahead: deque[PlannedUser] = deque()
        self._coming: asyncio.Task[list[PlannedUser]] | None = None
        self._all_read = False
        self._to_check = 0
        self._feeding = asyncio.Lock()
        self._state: JobState | None = None
        self._speed: deque[tuple[float, int]] = deque()
        self._batches = Batches(client, run_log, blank, record, self._again.extend, admit)

    async def go(self) -> JobRecord:
        """Runs the job to its end, or until it is stopped, and returns its record. `error` then says why.

        Whoever waits may be cancelled; the run itself must not be.
        """
        # What there is by now stays: collections that looked through it would take an eighth of the run.
        gc.freeze()
        try:
            await self._do_all()
        except ConsoleError as error:  # the journal or the job's file
            self.error = error
            self.rate_limiter.close()
        finally:
            gc.unfreeze()
        self.error = self.error or self.client.stopped
        return await self._end()

    async def _do_all(self) -> None:
        try:
            await recover(self._run_log, self._journal, self._batches, self._clock())
            if not (self._look_first and await self._find_conflicts()):
                self.phase = Phase.SENDING
                await self._send_all()
                if self._batches.conflict and self._state is None and self.client.stopped is None:
                    self.client.api.stop()  # reading goes on
                    self.rate_limiter.reopen()
                    await self._find_conflicts()
            if self._batches.refused is not None and self._state is None:
                self.error = self._batches.refused
                self.client.api.stop()  # reading goes on
                self.rate_limiter.reopen()
            if self.reads_back and not self.client.over:
                await self._run_log.flush()
                self._begin(Phase.READING_BACK, self._run_log.counts[Outcome.ACCEPTED])
                await read_back_all(self.client, self._run_log, self._journal, self._told_checked)
            await self._run_log.flush()
        except ExceptionGroup as group:  # of reads side by side; whoever waits knows the first by its type
            raise group.exceptions[0] from group

    async def _find_conflicts(self) -> bool:
        """Whether there are any, once all of them are known."""
        self._begin(Phase.LOOKING, self._total - sum(self._run_log.counts.values()))
        batches = self._batches
        await find_conflicts(self.client, self._run_log, batches.looked_at, self._told_checked)
        batches.conflict = bool(self._run_log.counts[Outcome.CONFLICT])
        return batches.conflict

    def _begin(self, phase: Phase, to_check: int) -> None:
        self.phase, self._to_check, self.checked = phase, to_check, 0

    async def _end(self) -> JobRecord:
        if self._state is None:
            stopped = self.error is not None or self.client.over or self._batches.conflict
            self._state = JobState.STOPPED if stopped else JobState.FINISHED
        why = ""
        if self._batches.conflict:
            count = self._run_log.counts[Outcome.CONFLICT]
            why = ngettext(
                "Somebody else changed a user since the plan was made.",
                "Somebody else changed {count} users since the plan was made.",
                count,
            ).format(count=f"{count:,}")
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
                if not self._again or self.client.over:
                    return
                workers = [asyncio.ensure_future(self._work())]
        except BaseException:
            self.rate_limiter.close()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._batches.settle()
            raise

    async def _work(self) -> None:
        while not self.client.over and (users := await self._next()):
            await self._batches.send(users)

    async def _next(self) -> Sequence[PlannedUser]:
        """The next batch; empty at the end."""
        size = self.client.capabilities.batch_size
        async with self._feeding:
            while not self._ahead and not self._all_read:
                found = await (self._coming or self._read(-1))
                self._ahead.extend(user for user in found if user.number not in self._batches.held)
                self._all_read = not found
                if found:
                    self._coming = self._read(found[-1].number)
            users = [self._ahead.popleft() for _number in range(min(size, len(self._ahead)))]
            if not users:
                users, self._again[:] = self._again[:size], self._again[size:]
        return users

    def _read(self, after: int) -> asyncio.Task[list[PlannedUser]]:
        """Reads on in the job's file, so that the users are there by the time they are wanted."""
        return asyncio.ensure_future(self._run_log.ask(partial(Job.pending, after=after, limit=_AHEAD)))

    @property
    def reads_back(self) -> bool:
        """Whether everybody who is accepted is read again."""
        return self.record.read_back and bool(self.client.capabilities.read_by)

    @property
    def left_open(self) -> int:
        """How many users were sent of whom the job's file does not tell how they ended."""
        return self._run_log.left_open

    @property
    def sent_again(self) -> int:
        """How often a user was sent once more, as the change was found not applied."""
        return self._batches.sent_again

    def _seconds_left(self, users: int, speed: float) -> float | None:
        """Until the end, with the reading back that is still to come: a request for each batch, where sending
        took one or, with a look before, two."""
        if speed <= 0:
            return None
        left = users / speed
        if self.phase is Phase.SENDING and self.reads_back:
            looks = self.record.sent_again or self.record.on_conflict is not OnConflict.OVERWRITE
            left += (users + self._run_log.counts[Outcome.ACCEPTED]) / (speed * (1 + looks))
        return left

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
        reading = self.phase in (Phase.READING_BACK, Phase.LOOKING)
        at = self.checked if reading else done
        if not self._speed or now > self._speed[-1][0] + 0.2:
            self._speed.append((now, at))
            while self._speed[0][0] < now - _REMEMBERED or self._speed[0][1] > at:
                self._speed.popleft()
        since, was = self._speed[0]
        speed = (at - was) / (now - since) if now > since else 0.0
        of = self._to_check if reading else self._total
        waiting_until = self.rate_limiter.waiting_until
        return RunProgress(
            self.phase,
            self._total,
            counts,
            self._batches.waiting,
            self.checked,
            self._to_check,
            speed,
            self._seconds_left(of - at, speed),
            self.rate_limiter.limit,
            self.rate_limiter.window,
            self.rate_limiter.paused,
            max(0.0, waiting_until - now) if waiting_until is not None else 0.0,
            self.error,
        )
