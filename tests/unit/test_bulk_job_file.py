"""A job's file, without a run."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.run.job import Job, make_job, open_job
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict, UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.store import OutcomeGroup
from tests.bench.bulk import write_plan
from tests.starting import KEY
from tests.unit.journals import intent
from tests.unit.plans import DAY

USERS = 5_000


@pytest.mark.parametrize("key", [None, KEY])
def test_a_page_of_users_costs_as_much_as_the_page_has_users(tmp_path: Path, key: bytes | None) -> None:
    write_plan(tmp_path / "plan", USERS)
    record = JobRecord("job-7", "", DAY, "kim", "", "", (), OnConflict.SKIP, read_back=False, limit=1)
    plan = open_plan(tmp_path / "plan")
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with make_job(plan, tmp_path, record, key) as job:
        plan.close()
        job.plan.db.set_progress_handler(step, 1)
        found = job.pending(after=USERS // 2, limit=10)
    assert [user.number for user in found] == [*range(USERS // 2 + 1, USERS // 2 + 11)]
    assert steps < USERS / 2


def test_numbers_out_of_order_end_the_reading_of_pages(tmp_path: Path) -> None:
    """The last user of a page has the number of the first: whoever reads on from there never ends."""
    write_plan(tmp_path / "plan", 5)
    record = JobRecord("job-7", "", DAY, "kim", "", "", (), OnConflict.SKIP, read_back=False, limit=1)
    with open_plan(tmp_path / "plan") as plan, make_job(plan, tmp_path, record, None) as job:
        path, db = job.path, job.plan.db
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'user'").fetchone()
        [size] = db.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    start = (page - 1) * size
    cells = [int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 16)]
    first, last = (start + cell + 1 for cell in cells)  # behind the length: the number, in a byte
    assert data[last] == data[first] + 4
    data[last] = data[first]
    path.write_bytes(data)
    with open_job(path, None) as job, pytest.raises(PlanError, match="damaged"):
        job.everyone(-1, 5)


async def test_the_checkpoint_passes_no_entry_whose_end_is_not_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[list[int], int]] = []

    def write(_job: Job, ended: Sequence[UserEnd], checkpoint: int) -> Counter[Outcome]:
        told.append(([one.number for one in ended], checkpoint))
        if len(told) == 1:
            loop.call_soon_threadsafe(end, 1)  # the first is being written when the other one ends
        return Counter(one.outcome for one in ended)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Job, "write", write)

    def end(number: int) -> None:
        outcomes = [OutcomeGroup((entries[number],), Outcome.ACCEPTED)]
        run_log.end([UserEnd(number, entries[number], Outcome.ACCEPTED)], outcomes)

    journal = AsyncJournal(tmp_path / "state" / "journal.db")
    run_log = RunLog(journal, cast(Job, None))
    entries = [*await run_log.begin([intent("a")]), *await run_log.begin([intent("b")])]
    await run_log.flush()
    end(0)
    await run_log.flush()
    await run_log.close()
    await journal.close()
    assert told == [([0], entries[1] - 1), ([1], entries[1])]
    assert run_log.counts[Outcome.ACCEPTED] == 2
