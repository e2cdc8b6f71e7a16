"""After a job over version 2 a snapshot shows who is as wanted, and names who is not."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.run.format import counts_of
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.bulk.run.seen import SnapshotTooOld
from dfn_tui.service.bulk.run.verifying import Drift
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text.korea import utc_now
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import STOP, apply, bulk_session, ends, options, plan
from tests.starting import entries

TOKEN = "sandbox-token"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20, token=TOKEN, export_token=TOKEN)) as running:
        yield running


class Later:
    """A clock that can be put on: no snapshot may begin in the same moment in which a job ended."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.by


@pytest.fixture
async def clock() -> Later:
    return Later()


@pytest.fixture
async def bulk(sandbox: SandboxThread, tmp_path: Path, clock: Later) -> AsyncIterator[BulkSession]:
    async with bulk_session(sandbox, tmp_path, api=ApiVersion.V2, clock=clock) as found:
        yield found


async def job(bulk: BulkSession, folder: Path, text: str, *assignments: str) -> JobRecord:
    return await apply(bulk, await plan(bulk, folder / "a.plan", text, *assignments), options())


async def take(bulk: BulkSession) -> None:
    await bulk.session.take_snapshot(None, ("df_name",), lambda _at: None)


async def verify(bulk: BulkSession, id: str) -> list[Drift]:
    return [drift async for drift in bulk.verify(id, lambda _users: None)]


async def test_accepted_becomes_confirmed_or_is_named(
    bulk: BulkSession, sandbox: SandboxThread, tmp_path: Path
) -> None:
    record = await job(bulk, tmp_path, "user-0001\nuser-0002\nuser-0003", STOP)
    assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}
    sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = 'user-0002'")
    sandbox.state.query("DELETE FROM users WHERE user_id = 'user-0003'")
    await take(bulk)
    different, missing = await verify(bulk, record.id)
    assert (different.user.value, [now for _change, now in different.fields]) == ("user-0002", ["Subscribed"])
    assert missing.user.value == "user-0003"
    assert "Not in the snapshot. The server may know the user all the same." in missing.failure
    assert ends(bulk, record.id) == {
        "user-0001": Outcome.CONFIRMED,
        "user-0002": Outcome.ACCEPTED,
        "user-0003": Outcome.ACCEPTED,
    }
    first, *others = entries(bulk.session.journal.path)
    assert first.outcome is not None
    assert first.outcome.outcome is Outcome.CONFIRMED
    assert "Seen in the snapshot" in first.outcome.message
    assert first.in_snapshot
    told = counts_of(bulk.jobs.summary(record.id))
    assert told == ["1 ✓ seen, in a snapshot", "2 ~ accepted, not verified"]
    assert [one.outcome.outcome for one in others if one.outcome] == [Outcome.ACCEPTED] * 2
    # What a snapshot showed is not laid over the snapshot as if it had been written after it.
    seen = await bulk.session.read_user(bulk.session.identity("user-0001"))
    assert seen.snapshot is not None
    assert seen.snapshot.later == {}


async def test_a_snapshot_of_before_is_not_asked(bulk: BulkSession, tmp_path: Path) -> None:
    await take(bulk)
    record = await job(bulk, tmp_path, "user-0001", STOP)
    with pytest.raises(SnapshotTooOld) as caught:
        await verify(bulk, record.id)
    assert caught.value.title == "The snapshot is too old for this job"
    assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}


async def test_without_a_snapshot(bulk: BulkSession, tmp_path: Path) -> None:
    record = await job(bulk, tmp_path, "user-0001", STOP)
    with pytest.raises(SnapshotTooOld):
        await verify(bulk, record.id)
    with pytest.raises(SnapshotTooOld) as caught:
        await verify(bulk, str(tmp_path / "a.plan"))
    assert caught.value.title == "Name the job, not the plan"


async def test_a_property_is_not_judged_by_how_an_export_writes_it(bulk: BulkSession, tmp_path: Path) -> None:
    record = await job(bulk, tmp_path, "user-0001", STOP, "df_name=Kim")
    await take(bulk)
    [drift] = await verify(bulk, record.id)
    assert drift.fields == ()
    assert "df_name is not readable" in drift.failure
    assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}


async def test_users_named_by_a_phone_number_cannot_be_found(bulk: BulkSession, tmp_path: Path) -> None:
    record = await job(bulk, tmp_path, "phone_no\n+821012345678", STOP)
    await take(bulk)
    [drift] = await verify(bulk, record.id)
    assert "The export holds no phone_no" in drift.failure
    assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}
