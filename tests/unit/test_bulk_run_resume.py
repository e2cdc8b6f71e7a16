"""What a later start makes of a job whose file is behind the journal."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.bulk.run.batch import Batches, SentUser
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import UserEnd
from dfn_tui.service.bulk.run.resume import recover
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.store import IntentUser, OutcomeGroup, Subject
from tests.unit.journals import START, intent

JOB = "job-7"


@dataclass
class Kept:
    """A job's file that knows of nobody yet, and what it is told."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    ended: list[UserEnd] = field(default_factory=list)

    async def ask(self, question: Callable[[Any], Any]) -> Any:
        if isinstance(question, partial):
            return []
        user = SimpleNamespace(group=SimpleNamespace(changes=()))
        record = SimpleNamespace(id=JOB)
        return question(SimpleNamespace(counts=dict, record=record, checkpoint=0, user=lambda _number: user))

    def end(self, ended: list[UserEnd]) -> None:
        self.ended += ended

    async def flush(self) -> None: ...

    def resuming(self) -> nullcontext[None]:
        return nullcontext()


@pytest.mark.parametrize("older", [Outcome.UNKNOWN, Outcome.FAILED, Outcome.CONFIRMED])
async def test_of_a_user_who_was_sent_twice_the_last_time_counts(tmp_path: Path, older: Outcome) -> None:
    journal, run_log, looked_at = AsyncJournal(tmp_path / "journal.db"), Kept(), []
    users = (IntentUser(Subject("user_id", "anna"), job=f"{JOB}/3"),)
    group = replace(intent(write=JOB), users=users)
    [first] = await journal.write((), [group])
    await journal.write([OutcomeGroup((first,), older)], ())
    [second] = await journal.write((), [group])
    await journal.write([OutcomeGroup((second,), Outcome.DIFFERENT)], ())
    batches = SimpleNamespace(
        look_again=lambda sent, *_args, **_named: looked_at.append(sent), reads_back=True
    )
    await recover(cast(RunLog, run_log), journal, cast(Batches, batches), START)
    await journal.close()
    assert run_log.ended == [UserEnd(3, second, Outcome.DIFFERENT)]
    assert looked_at == []


async def test_the_checkpoint_stays_before_what_an_earlier_run_left_open_until_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints: list[int] = []

    def write(_job: Job, ended: Sequence[UserEnd], checkpoint: int) -> Counter[Outcome]:
        checkpoints.append(checkpoint)
        return Counter(one.outcome for one in ended)

    monkeypatch.setattr(Job, "write", write)
    monkeypatch.setattr(Job, "ended_in", lambda *_args, **_named: [])
    journal = AsyncJournal(tmp_path / "journal.db")
    [left_open] = await journal.write((), [replace(intent(write=JOB), users=(_user("anna", 3),))])
    run_log = RunLog(journal, cast(Job, _Asked()))
    looked_at: list[SentUser] = []
    batches = SimpleNamespace(look_again=lambda sent, *_args, **_named: looked_at.extend(sent))
    await recover(run_log, journal, cast(Batches, batches), START)
    assert [one.seq for one in looked_at] == [left_open]
    [later] = await run_log.begin([replace(intent(write=JOB), users=(_user("berta", 4),))])
    run_log.end([UserEnd(4, later, Outcome.CONFIRMED)], [OutcomeGroup((later,), Outcome.CONFIRMED)])
    await run_log.flush()
    assert checkpoints == [left_open - 1]
    run_log.end([UserEnd(3, left_open, Outcome.UNKNOWN)])
    await run_log.flush()
    await run_log.close()
    await journal.close()
    assert checkpoints == [left_open - 1, later]


def _user(name: str, number: int) -> IntentUser:
    return IntentUser(Subject("user_id", name), job=f"{JOB}/{number}")


class _Asked:
    """A job's file that knows of nobody yet."""

    record = SimpleNamespace(id=JOB)
    checkpoint = 0

    def counts(self) -> Counter[Outcome]:
        return Counter()

    def user(self, _number: int) -> SimpleNamespace:
        return SimpleNamespace(group=SimpleNamespace(changes=()))
