"""The journal as the service uses it."""

import asyncio
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.store import OutcomeGroup
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
