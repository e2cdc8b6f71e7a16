"""The journal as the service uses it."""

import asyncio
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.store import OutcomeGroup
from tests.unit.journals import intent


async def test_outcomes_and_the_next_intents_are_written_together(tmp_path: Path) -> None:
    keeper = AsyncJournal(tmp_path / "state" / "journal.db")
    [first] = await keeper.begin([intent("a", operator=keeper.operator)])
    [second] = await keeper.write(
        [OutcomeGroup((first,), Outcome.ACCEPTED)], [intent("b", operator=keeper.operator)]
    )
    [outcome] = await keeper.outcomes(first)
    assert outcome.outcome is Outcome.ACCEPTED
    assert await keeper.outcomes(second) == []
    assert await keeper.cut_short() == []  # begun here, and this console runs
    await keeper.close()


def test_nothing_to_write_leaves_nothing_behind(tmp_path: Path) -> None:
    async def write_nothing() -> None:
        keeper = AsyncJournal(tmp_path / "state" / "journal.db")
        assert await keeper.write([], []) == []
        await keeper.close()

    asyncio.run(write_nothing())
    assert list(tmp_path.iterdir()) == []
