"""The journal as the service uses it: in a thread of its own, one for all connections."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from dfn_tui.outcomes import Outcome
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store import (
    Entry,
    Filter,
    Intent,
    IntentGroup,
    Journal,
    Operator,
    OutcomeGroup,
    OutcomeRecord,
    RunningConsole,
)
from dfn_tui.store.errors import journal_errors

Answer = TypeVar("Answer")
_LONGEST_WRITE = timedelta(days=1)
"""A write that a console on another host began longer ago than this is not under way any more."""

Key = Callable[[], Awaitable[bytes | None]]


async def no_key() -> bytes | None:
    """Where there is no keyring: only masks of personal values are kept."""
    return None


class AsyncJournal:
    """Reads and writes the journal without holding up the event loop. Every method may raise `JournalError`.

    `key` is asked once, at the first write or uncovering. `keep_days` drops sealed values older than that
    many days when the journal is opened for writing.
    """

    def __init__(self, path: Path, key: Key = no_key, keep_days: int | None = None) -> None:
        self.path = path
        self.operator = Operator.here()
        self._key = key
        self._keep_days = keep_days
        self._own: set[int] = set()
        """The entries begun here that have no outcome yet."""
        self._thread = WorkerThread("journal")
        self._journal: Journal | None = None
        self._running: RunningConsole | None = None
        self._opening = asyncio.Lock()

    async def write(self, outcomes: Sequence[OutcomeGroup], intents: Sequence[IntentGroup]) -> list[int]:
        """Writes how some intents ended and what is sent next, all of it or nothing; both are on the disk
        when this returns the intents' numbers. Raises ValueError for an outcome of no intent."""
        if intents:
            await self._announce()

        def write(journal: Journal) -> list[int]:
            numbers = journal.write(outcomes, intents)
            self._own.update(numbers)
            self._own.difference_update(seq for group in outcomes for seq in group.intents)
            return numbers

        return await self._do(write)

    async def find(self, wanted: Filter, limit: int = 200, before_seq: int | None = None) -> list[Entry]:
        """The entries that fit, newest first."""
        return await self._do(lambda journal: journal.find(wanted, limit=limit, before_seq=before_seq))

    async def entry(self, seq: int) -> Entry | None:
        return await self._do(lambda journal: journal.entry(seq))

    async def outcomes(self, seq: int) -> list[OutcomeRecord]:
        """All outcomes of an entry, the latest first."""
        return await self._do(lambda journal: journal.outcomes(seq))

    async def reveal(self, entry: Entry) -> Intent:
        """The intent with its personal values uncovered where they are kept."""
        return await self._do(lambda journal: journal.reveal(entry))

    async def last_changes(
        self, connection: str, user: str, endings: frozenset[Outcome] = frozenset({Outcome.CONFIRMED})
    ) -> dict[str, Entry]:
        """By flag, the latest change of it that ended in one of `endings`."""
        return await self._do(lambda journal: journal.last_changes(connection, user, endings))

    async def keeps_personal(self) -> bool:
        """Whether personal values are kept, so that changes of them can be undone."""
        return await self._do(lambda journal: journal.keeps_personal)

    async def cut_short(self) -> list[Entry]:
        """The intents without an outcome whose console is gone."""

        def cut_short(journal: Journal) -> list[Entry]:
            gone = [entry.seq for entry in journal.unresolved() if self._is_gone(entry)]
            # Asked again: it may have written the outcome just before it went.
            return [e for seq in gone if (e := journal.entry(seq)) is not None and e.outcome is None]

        return await self._do(cut_short)

    def _is_gone(self, entry: Entry) -> bool:
        writer = entry.intent.operator
        if writer.host != self.operator.host:  # nothing tells whether a console runs there
            return datetime.now(UTC) - entry.at > _LONGEST_WRITE
        if writer.pid == self.operator.pid:  # this process, or one before it that had its number
            return entry.seq not in self._own
        return self._running is not None and self._running.ended(writer)

    async def _announce(self) -> None:
        """Says that this console runs, before it writes its first intent or settles those of others."""
        if self._running is None:
            self._running = await self._thread.do(
                lambda: RunningConsole(self.path.parent, self.operator.host)
            )

    async def settle_begins(self) -> bool:
        """Prepares to settle what was cut short; False where there is no journal yet."""
        if not await self._thread.do(self._exists):
            return False
        await self._announce()
        if self._keep_days is not None:
            before = datetime.now(UTC) - timedelta(days=self._keep_days)
            await self._do(lambda journal: journal.drop_sealed(before))
        return True

    def _exists(self) -> bool:
        with journal_errors(self.path):
            return self.path.exists()

    async def _do(self, question: Callable[[Journal], Answer]) -> Answer:
        async with self._opening:
            if self._journal is None:
                self._journal = Journal(self.path, await self._key())
        journal = self._journal
        return await self._thread.do(lambda: question(journal))

    async def close(self) -> None:
        """Closes the file. A journal that was never used leaves nothing behind."""

        def close() -> None:
            journal, self._journal = self._journal, None
            if journal is not None:
                journal.close()
            running, self._running = self._running, None
            if running is not None:
                running.close()

        await self._thread.do(close)
