"""What an earlier run of a job left open: found in the journal, and settled by reading.

The journal was written first and knows all that was sent; the job's file may be behind it.
"""

from datetime import datetime
from functools import partial

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.run.batch import SHORTLY, Batches, SentUser
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import STILL_AT_WORK
from dfn_tui.service.changes.reading import common
from dfn_tui.store import Entry, Filter

_PAGE = 500
_ENDS = (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.DIFFERENT)
_TO_BE_READ = (None, Outcome.UNKNOWN)
"""FAILED is neither: nothing is known to have happened, and the user is done as if new."""


async def recover(run_log: RunLog, journal: AsyncJournal, batches: Batches, now: datetime) -> None:
    """Brings the job up to what the journal knows, and has users of unknown outcome read again: those sent
    less than a minute ago when that minute is over. Raises `JournalError` and `PlanError`."""
    run_log.counts.update(await run_log.ask(lambda job: job.counts()))
    with run_log.resuming():
        await _recover(run_log, journal, batches, now)
    await run_log.flush()


async def _recover(run_log: RunLog, journal: AsyncJournal, batches: Batches, now: datetime) -> None:
    id = (await run_log.ask(lambda job: job.record)).id
    checkpoint = await run_log.ask(lambda job: job.checkpoint)
    seen: set[int] = set()
    before: int | None = None
    while page := await journal.find(Filter(write=id), limit=_PAGE, before_seq=before):
        newer = [entry for entry in page if entry.seq > checkpoint]
        await _take(newer, seen, run_log, batches, now)
        if len(newer) < len(page):
            break
        before = page[-1].seq
    after = -1  # then the users that the job's file itself knows to be of unknown outcome
    while found := await run_log.ask(
        partial(Job.ended_in, outcome=Outcome.UNKNOWN, after=after, limit=_PAGE)
    ):
        for user, ended in found:
            entry = await journal.entry(ended.seq) if ended.seq is not None else None
            if entry is not None and user.number not in seen:
                await _take([entry], seen, run_log, batches, now)
        after = found[-1][0].number


async def _take(
    entries: list[Entry], seen: set[int], run_log: RunLog, batches: Batches, now: datetime
) -> None:
    """Entries come newest first: of a user that was sent more than once, the first one counts."""
    for entry in entries:
        number = number_in(entry.intent.job)
        if number is None or number in seen:
            continue
        seen.add(number)
        outcome = entry.outcome.outcome if entry.outcome else None
        if outcome in _ENDS:
            ended = UserEnd(number, entry.seq, outcome)
            run_log.end([ended.part_of_it(entry.intent.left_out, read_back=batches.reads_back)])
        elif outcome in _TO_BE_READ:
            await _look_at(entry, number, run_log, batches, now)


async def _look_at(entry: Entry, number: int, run_log: RunLog, batches: Batches, now: datetime) -> None:
    user = await run_log.ask(lambda job: job.user(number))
    if user is None:
        return
    run_log.reopen(entry.seq)
    fields = common(user.group.changes, entry.intent.changes)
    age = abs((now - entry.at).total_seconds())
    wait = max(SHORTLY, STILL_AT_WORK.total_seconds() - age)
    one = SentUser(user, fields, entry.seq, entry.intent.left_out)
    batches.look_again([one], wait, said=entry.outcome is not None)


def number_in(job: str | None) -> int | None:
    """The user's number that an entry's `job` tells; None where it tells none."""
    _id, _slash, number = (job or "").rpartition("/")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
