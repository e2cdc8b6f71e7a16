"""What a run writes down: in the journal before anything is sent and after it ended, then in the job's file.

What several batches have to say is written together, so that a disk that takes its time with each writing
holds up none of them.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
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


class _Begin(NamedTuple):
    intents: Sequence[IntentGroup]
    numbers: asyncio.Future[list[int]]


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
        self._begins: list[_Begin] = []
        self._outcomes: list[OutcomeGroup] = []
        self._ended: list[UserEnd] = []
        self._open: set[int] = set()
        """The journal's entries of this run that did not end yet."""
        self._known = 0
        self._writing: asyncio.Task[None] | None = None

    async def begin(self, intents: Sequence[IntentGroup]) -> list[int]:
        """Writes what is about to be sent; it is on the disk when this returns the entries' numbers."""
        numbers: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._begins.append(_Begin(intents, numbers))
        self._write()
        return await numbers

    def end(self, ended: Sequence[UserEnd], outcomes: Sequence[OutcomeGroup] = ()) -> None:
        """Has it written how users ended, soon; `flush` waits for it."""
        self._ended += ended
        self._outcomes += outcomes
        self._write()

    async def flush(self) -> None:
        """Waits until all is written. Raises what hindered it."""
        while self._writing is not None:
            await asyncio.shield(self._writing)
        if self.trouble is not None:
            raise self.trouble

    async def ask(self, question: Callable[[Job], Answer]) -> Answer:
        """What the job's file says, asked in its thread."""
        return await self._thread.do(lambda: question(self.job))

    async def close(self) -> None:
        """Waits for the last writing, and ends the thread. The job stays open."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
        self._thread.close(wait=True)

    def _write(self) -> None:
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write_all())

    async def _write_all(self) -> None:
        durable: Sequence[UserEnd] = ()
        """Of whom the journal tells by now: they are written to the job's file beside its next writing."""
        try:
            while self._begins or self._ended or self._outcomes or durable:
                begins, self._begins = self._begins, []
                outcomes, self._outcomes = self._outcomes, []
                ended, self._ended = self._ended, []
                if self.trouble is None:
                    for error in await asyncio.gather(
                        self._write_job(durable),
                        self._write_journal(begins, outcomes),
                        return_exceptions=True,  # whatever it is, nobody may wait for ever
                    ):
                        if isinstance(error, Exception):
                            self.trouble = error if isinstance(error, ConsoleError) else NotWrittenDown(error)
                durable = ended if self.trouble is None else ()
                if self.trouble is not None:
                    for begin in begins:
                        if not begin.numbers.done():
                            begin.numbers.set_exception(self.trouble)
        finally:
            self._writing = None

    async def _write_journal(self, begins: Sequence[_Begin], outcomes: Sequence[OutcomeGroup]) -> None:
        intents = [intent for begin in begins for intent in begin.intents]
        if not (intents or outcomes):
            return
        numbers = await self._journal.write(outcomes, intents)
        self._open.update(numbers)
        self._open.difference_update(seq for group in outcomes for seq in group.intents)
        self._known = max([self._known, *numbers])
        at = 0
        for begin in begins:
            count = sum(len(group.users) for group in begin.intents)
            if not begin.numbers.done():  # whoever asked may be gone
                begin.numbers.set_result(numbers[at : at + count])
            at += count

    async def _write_job(self, ended: Sequence[UserEnd]) -> None:
        if ended:
            checkpoint = min(self._open, default=self._known + 1) - 1
            for outcome, count in (await self.ask(lambda job: job.write(ended, checkpoint))).items():
                self.counts[outcome] += count
