"""What a run writes down, and what becomes of those who wait for it when that fails."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.run_log import NotWrittenDown, RunLog
from dfn_tui.store import OutcomeGroup
from dfn_tui.store.errors import JournalError, locked
from tests.unit.journals import intent

ENOUGH = 60  # seconds, for what would otherwise never come
NO_JOB = cast(Job, None)


class Failing(AsyncJournal):
    """A journal that takes nothing."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(path)
        self.error = error

    async def write(self, *_: object) -> list[int]:
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
