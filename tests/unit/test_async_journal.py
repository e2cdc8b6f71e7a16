"""The journal as the service uses it."""

import asyncio
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.store import Filter, OutcomeGroup
from tests.unit.journals import intent


async def test_outcomes_and_the_next_intents_are_written_together(tmp_path: Path) -> None:
    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    [first] = await journal.write((), [intent("a", operator=journal.operator)])
    [second] = await journal.write(
        [OutcomeGroup((first,), Outcome.ACCEPTED)], [intent("b", operator=journal.operator)]
    )
    [outcome] = await journal.outcomes(first)
    assert outcome.outcome is Outcome.ACCEPTED
    assert await journal.outcomes(second) == []
    assert await journal.cut_short() == []  # begun here, and this console runs
    await journal.close()


def test_nothing_to_write_leaves_nothing_behind(tmp_path: Path) -> None:
    async def write_nothing() -> None:
        journal = AsyncJournal(tmp_path / "state" / "journal.db")
        assert await journal.write([], []) == []
        await journal.close()

    asyncio.run(write_nothing())
    assert list(tmp_path.iterdir()) == []


async def test_what_is_written_without_end_leaves_others_their_turn(tmp_path: Path) -> None:
    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    told: list[int] = []
    async with asyncio.timeout(60):
        await journal.write_each(lambda: ((), [intent(operator=journal.operator)]), told.extend)
        found = await journal.find(Filter())
    assert told == [entry.seq for entry in reversed(found)] == [*range(1, len(told) + 1)]
    await journal.close()
