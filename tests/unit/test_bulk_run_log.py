"""What a run writes down, and what becomes of those who wait for it when that fails."""

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.run_log import NotWrittenDown, RunLog
from dfn_tui.store import IntentGroup, Journal, OutcomeGroup
from dfn_tui.store.errors import JournalError, locked
from tests.unit.journals import intent

ENOUGH = 60  # seconds, for what would otherwise never come
NO_JOB = cast(Job, None)


class Failing(AsyncJournal):
    """A journal that takes nothing."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(path)
        self.error = error

    async def write_each(self, *_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "told"),
    [(locked(Path("journal.db")), JournalError), (ValueError("beyond JSON"), NotWrittenDown)],
)
async def test_whatever_fails_reaches_all_who_wait(
    tmp_path: Path, error: Exception, told: type[ConsoleError]
) -> None:
    run_log = RunLog(Failing(tmp_path / "journal.db", error), NO_JOB)
    async with asyncio.timeout(ENOUGH):
        waiting = [run_log.begin([intent(user)]) for user in ("a", "b")]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in found] == [told, told]
        with pytest.raises(told):
            await run_log.begin([intent("c")])
        with pytest.raises(told):
            await run_log.flush()
        await run_log.close()


async def test_a_defect_of_the_journal_stops_the_run_with_a_text(tmp_path: Path) -> None:
    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    run_log = RunLog(journal, NO_JOB)
    async with asyncio.timeout(ENOUGH):
        run_log.end([], [OutcomeGroup((99,), Outcome.ACCEPTED)])  # of no intent: a ValueError
        with pytest.raises(NotWrittenDown) as told:
            await run_log.begin([intent()])
        assert "ValueError" in told.value.happened
        assert "Nothing more is sent" in told.value.happened
        await run_log.close()
        await journal.close()


class NoRoom(Job):
    """A job whose file takes nothing."""

    def __init__(self) -> None: ...

    def write(self, ended: Sequence[UserEnd], checkpoint: int) -> Counter[Outcome]:
        raise ValueError("no room")


async def test_a_defect_of_the_jobs_file_stops_the_run(tmp_path: Path) -> None:
    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    run_log = RunLog(journal, NoRoom())
    async with asyncio.timeout(ENOUGH):
        run_log.end([UserEnd(1, None, Outcome.UNCHANGED)])
        with pytest.raises(NotWrittenDown):
            await run_log.flush()
        with pytest.raises(NotWrittenDown):
            await run_log.begin([intent()])
        await run_log.close()
        assert await journal.entry(1) is None
        await journal.close()


async def test_what_comes_while_the_journal_writes_is_written_together_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, on = threading.Event(), threading.Event()
    written: list[int] = []
    real = Journal.write

    def write(self: Journal, outcomes: Sequence[OutcomeGroup], intents: Sequence[IntentGroup]) -> list[int]:
        written.append(len(intents))
        busy.set()
        assert on.wait(ENOUGH)
        return real(self, outcomes, intents)

    monkeypatch.setattr(Journal, "write", write)
    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    run_log = RunLog(journal, NO_JOB)
    async with asyncio.timeout(ENOUGH):
        first = asyncio.ensure_future(run_log.begin([intent("a")]))
        await asyncio.to_thread(busy.wait, ENOUGH)
        others = [asyncio.ensure_future(run_log.begin([intent(user)])) for user in ("b", "c", "d")]
        await asyncio.sleep(0)  # until each has said so
        assert not first.done()
        on.set()
        assert await asyncio.gather(first, *others) == [[1], [2], [3], [4]]
        assert written == [1, 3]
        await run_log.close()
        await journal.close()
