"""The journal as the service uses it: in a thread of its own, one for all connections."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dfn_tui.outcomes import Outcome
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store import (
    AllJournals,
    DutyNote,
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
from dfn_tui.store.errors import JournalError, journal_errors
from dfn_tui.store.hosts import shares
from dfn_tui.text import _

if TYPE_CHECKING:
    from dfn_tui.service.journal_heads import KnownHeads

Answer = TypeVar("Answer")
_LONGEST_WRITE = timedelta(days=1)
"""A write that a console on another host began longer ago than this is not under way any more."""

_MOST = 2000
"""Entries of all hosts that are listed of a user."""
_IN_A_ROW = 8
"""Writes that a run makes before whoever else asks the journal has their turn."""

Key = Callable[[], Awaitable[bytes | None]]
Heads = Callable[[], Awaitable["KnownHeads"]]
Writing = tuple[Sequence[OutcomeGroup], Sequence[IntentGroup]]


async def no_key() -> bytes | None:
    """Where there is no keyring: only masks of personal values are kept."""
    return None


class AsyncJournal:
    """Reads and writes the journal without holding up the event loop. Every method may raise `JournalError`.

    `key` is asked once, at the first write or uncovering. `keep_days` drops sealed values older than that
    many days when the journal is opened for writing.
    """

    def __init__(
        self, path: Path, key: Key = no_key, keep_days: int | None = None, heads: Heads | None = None
    ) -> None:
        self.path = path
        self.operator = Operator.here()
        self.no_key_reason = ""
        """Why the key was not at hand when it was asked for."""
        self._key = key
        self._keep_days = keep_days
        self._heads = heads
        self._known_key: bytes | None = None
        self._wrote = False
        self.written = False
        """Whether anything was written in this run."""
        self.lost = ""
        """What is to be said where the journal does not hold any more what it held once."""
        self.unread: tuple[str, ...] = ()
        """Which journals of other hosts could not be read when they were asked last, in sentences."""
        self._own: set[int] = set()
        """The entries begun here that have no outcome yet."""
        self._thread = WorkerThread("journal")
        self._journal: Journal | None = None
        self._running: RunningConsole | None = None
        self._opening = asyncio.Lock()
        self._closing = asyncio.Lock()

    async def write(self, outcomes: Sequence[OutcomeGroup], intents: Sequence[IntentGroup]) -> list[int]:
        """Writes how some intents ended and what is sent next, all of it or nothing; both are on the disk
        when this returns the intents' numbers. Raises ValueError for an outcome of no intent."""
        numbers: list[int] = []
        once = iter([(outcomes, intents)])
        await self.write_each(lambda: next(once, None), numbers.extend)
        return numbers

    async def write_each(
        self, take: Callable[[], Writing | None], written: Callable[[list[int]], object]
    ) -> None:
        """Writes what `take` gives until that is None, or until it is somebody else's turn. `take` is called
        in the journal's thread, which so goes on at once; `written` is called with the numbers of each."""
        tell = asyncio.get_running_loop().call_soon_threadsafe

        def write(journal: Journal) -> None:
            for _time in range(_IN_A_ROW):
                if (taken := take()) is None:
                    return
                outcomes, intents = taken
                if intents:
                    self._announce()
                self._wrote = self.written = True
                numbers = journal.write(outcomes, intents)
                self._own.update(numbers)
                self._own.difference_update(seq for group in outcomes for seq in group.intents)
                tell(written, numbers)

        await self._do(write)

    async def note(self, notes: Sequence[DutyNote]) -> list[int]:
        """Writes that duties were done; the numbers of these entries. Raises ValueError for a note of no
        intent."""

        def write(journal: Journal) -> list[int]:
            self._wrote = True
            return journal.note(notes)

        return await self._do(write)

    async def notes(self, entry: Entry) -> list[DutyNote]:
        """What was noted of that entry, the oldest first."""
        if entry.journal:
            return await self._of_all(lambda every: every.notes(entry.ref))
        return await self._do(lambda journal: journal.notes(entry.seq))

    async def find(self, wanted: Filter, limit: int = 200, before_seq: int | None = None) -> list[Entry]:
        """The entries that fit, newest first."""
        return await self._do(lambda journal: journal.find(wanted, limit=limit, before_seq=before_seq))

    async def entry(self, seq: int) -> Entry | None:
        return await self._do(lambda journal: journal.entry(seq))

    async def length(self) -> int:
        """How far it goes: more after each intent and each outcome, whoever wrote it."""
        return await self._do(lambda journal: journal.head().seq)

    async def digest(self, seq: int) -> str:
        """The hash of an entry in the chain, in hexadecimal digits; empty where there is no such entry."""
        return await self._do(lambda journal: journal.digest(seq))

    async def outcomes(self, seq: int) -> list[OutcomeRecord]:
        """All outcomes of an entry, the latest first."""
        return await self._do(lambda journal: journal.outcomes(seq))

    async def reveal(self, entry: Entry) -> Intent:
        """The intent with its personal values uncovered where they are kept."""
        if entry.journal:
            return await self._of_all(lambda every: every.reveal(entry))
        return await self._do(lambda journal: journal.reveal(entry))

    async def last_changes(
        self, connection: str, user: str, endings: frozenset[Outcome] = frozenset({Outcome.CONFIRMED})
    ) -> dict[str, Entry]:
        """By flag, the latest change of it that ended in one of `endings`, from whichever host."""
        if self.has_others:
            return await self._of_all(lambda every: every.last_changes(connection, user, endings))
        return await self._do(lambda journal: journal.last_changes(connection, user, endings))

    @cached_property
    def has_others(self) -> bool:
        """Whether other hosts may write beside it."""
        return shares(self.path)

    async def find_everywhere(self, wanted: Filter) -> list[Entry]:
        """The entries of all hosts that fit, newest first; `unread` says what is missing."""
        return await self._of_all(lambda every: every.find(wanted, limit=_MOST))

    async def _of_all(self, question: Callable[[AllJournals], Answer]) -> Answer:
        def ask(_own: Journal) -> Answer:
            with AllJournals(self.path, self._known_key) as every:
                answer = question(every)
                self.unread = tuple(every.troubles)
                return answer

        return await self._do(ask)

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

    def _announce(self) -> None:
        """Says that this console runs, before it writes its first intent or settles those of others."""
        if self._running is None:
            self._running = RunningConsole(self.path.parent, self.operator.host)

    async def settle_begins(self) -> bool:
        """Prepares to settle what was cut short; False where there is no journal yet."""
        if not await self._thread.do(self._exists):
            return False
        await self._thread.do(self._announce)
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
                self._known_key = await self._key()
                self._journal = Journal(self.path, self._known_key)
        journal = self._journal
        return await self._thread.do(lambda: question(journal))

    async def _keep_head(self, heads: "KnownHeads") -> None:
        """Has it known how far the journal goes, once a run; not where it lost what it held before: that is
        found until somebody says that it is fine."""
        known, journal = await heads.read(self._known_key), self._journal
        assert journal is not None
        lost = [one for one in known if not await self._thread.do(partial(journal.holds, one))]
        if lost:
            words = _("The journal does not hold entry {seq} any more, which it held once. See: {command}")
            self.lost = words.format(seq=lost[0].seq, command="dfn-tui journal verify")
        else:
            await heads.keep(await self._thread.do(journal.head), self._known_key)

    async def close(self) -> None:
        """Closes the file. A journal that was never used leaves nothing behind."""
        async with self._closing:  # a second one who leaves waits for the first
            wrote, self._wrote = self._wrote, False
            if wrote and self._heads is not None:
                with suppress(JournalError):
                    await self._keep_head(await self._heads())
            await self._thread.do(self._close)

    def _close(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()
        running, self._running = self._running, None
        if running is not None:
            running.close()
