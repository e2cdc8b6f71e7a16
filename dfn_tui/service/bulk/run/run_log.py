"""What a run writes down: in the journal before anything is sent and after it ended, then in the job's file.

What several batches have to say is written together, so that a disk that takes its time with each writing
holds up none of them.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal, Writing
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store import IntentGroup, OutcomeGroup
from dfn_tui.text import _

Answer = TypeVar("Answer")


class NotWrittenDown(ConsoleError):
    """The journal or the job's file did not take what was to be written, by a defect of this program."""

    def __init__(self, defect: Exception) -> None:
        super().__init__(
            _("The run cannot be written down"),
            _("Writing how it goes failed by a defect ({error}). Nothing more is sent.").format(
                error=type(defect).__name__
            ),
            _("Start the job again: what was sent is then read from the server. Please report the defect."),
        )
        self.__cause__ = defect


class _Note(NamedTuple):
    """What one batch has to say: whom it is about to send to, or how users ended."""

    intents: Sequence[IntentGroup] = ()
    numbers: asyncio.Future[list[int]] | None = None
    ended: Sequence[UserEnd] = ()
    outcomes: Sequence[OutcomeGroup] = ()


class RunLog:
    """Writes for one run. Every method may raise `JournalError`, `PlanError` or `NotWrittenDown`; after the
    first nothing more is written, and so nothing more can be sent."""

    def __init__(self, journal: AsyncJournal, job: Job) -> None:
        self.job = job
        self.trouble: ConsoleError | None = None
        """Why nothing can be written any more."""
        self.counts: Counter[Outcome] = Counter()
        self._journal = journal
        self._thread = WorkerThread("job")
        self._notes: deque[_Note] = deque()
        self._taken: deque[list[_Note]] = deque()
        """What the journal's thread took, write by write."""
        self._durable: list[UserEnd] = []
        """Of whom the journal tells by now, and the job's file not yet."""
        self._open: set[int] = set()
        """The journal's entries that did not end yet: of this run, and of earlier ones that it looks at."""
        self._known = 0
        self._resuming = False
        self._writing: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None

    async def begin(self, intents: Sequence[IntentGroup]) -> list[int]:
        """Writes what is about to be sent; it is on the disk when this returns the entries' numbers."""
        numbers: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._write(_Note(intents, numbers))
        return await numbers

    def end(self, ended: Sequence[UserEnd], outcomes: Sequence[OutcomeGroup] = ()) -> None:
        """Has it written how users ended, soon; `flush` waits for it."""
        self._write(_Note(ended=ended, outcomes=outcomes))

    @contextmanager
    def resuming(self) -> Iterator[None]:
        """Within it the checkpoint stays: what earlier runs left open is not all known yet."""
        self._resuming = True
        try:
            yield
        finally:
            self._resuming = False

    def reopen(self, seq: int) -> None:
        """Keeps the checkpoint before an entry of an earlier run until it is written how its user ended."""
        self._open.add(seq)

    @property
    def left_open(self) -> int:
        """How many users were sent of whom the job's file does not tell how they ended."""
        return len(self._open) + sum(one.seq is not None for one in self._durable)

    async def flush(self) -> None:
        """Waits until all is written. Raises what hindered it."""
        while (task := self._writing or self._saving) is not None:
            await asyncio.shield(task)
        if self.trouble is not None:
            raise self.trouble

    async def ask(self, question: Callable[[Job], Answer]) -> Answer:
        """What the job's file says, asked in its thread."""
        return await self._thread.do(lambda: question(self.job))

    async def close(self) -> None:
        """Waits for the last writing, and ends the thread. The job stays open."""
        with suppress(ConsoleError):
            await self.flush()
        self._thread.close(wait=True)

    def _write(self, note: _Note) -> None:
        self._notes.append(note)
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write_all())

    async def _write_all(self) -> None:
        try:
            while self._notes and self.trouble is None:
                await self._journal.write_each(self._take, self._written)
                self._saving = self._saving or asyncio.ensure_future(self._save())
        except Exception as error:  # noqa: BLE001  whatever it is, nobody may wait for ever
            self._fail(error)
        finally:
            self._writing = None
        if self.trouble is not None:
            self._take()
            for note in chain.from_iterable(self._taken):
                if note.numbers is not None and not note.numbers.done():  # whoever asked may be gone
                    note.numbers.set_exception(self.trouble)
            self._taken.clear()

    def _take(self) -> Writing | None:
        """What the journal is to write next. Called in its thread, at the end of the write before."""
        taken = []
        while self._notes:
            taken.append(self._notes.popleft())
        if taken:
            self._taken.append(taken)
        if not taken or self.trouble is not None:
            return None
        outcomes = [group for note in taken for group in note.outcomes]
        return outcomes, [group for note in taken for group in note.intents]

    def _written(self, numbers: list[int]) -> None:
        left = iter(numbers)
        for note in self._taken.popleft():
            self._open.difference_update(seq for group in note.outcomes for seq in group.intents)
            if not note.outcomes:  # the journal has their outcome from before
                self._open.difference_update(one.seq for one in note.ended if one.seq is not None)
            self._durable += note.ended
            mine = list(islice(left, sum(len(group.users) for group in note.intents)))
            if note.numbers is not None and not note.numbers.done():
                note.numbers.set_result(mine)
        self._open.update(numbers)
        self._known = max([self._known, *numbers])

    async def _save(self) -> None:
        """Writes to the job's file what the journal tells by now: beside it, so that it holds up nobody."""
        try:
            while self._durable and self.trouble is None:
                ended, self._durable = self._durable, []
                checkpoint = 0 if self._resuming else min(self._open, default=self._known + 1) - 1
                try:
                    found = await self.ask(partial(Job.write, ended=ended, checkpoint=checkpoint))
                except BaseException:
                    self._durable = ended + self._durable
                    raise
                for outcome, count in found.items():
                    self.counts[outcome] += count
        except Exception as error:  # noqa: BLE001  as above
            self._fail(error)
        finally:
            self._saving = None

    def _fail(self, error: Exception) -> None:
        self.trouble = self.trouble or (error if isinstance(error, ConsoleError) else NotWrittenDown(error))
