"""A job that is gone on with: what its file says is believed only as far as it was approved."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.errors import GateRefused
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.plan.file import digest_of
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.context import Mode
from dfn_tui.text.korea import utc_now
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, GIVE, LIMIT, STOP, bulk_session, consents, moved, plan, users
from tests.starting import connections


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=120, faults=replace(Faults(rate_limit=None)))) as running:
        yield running


# Sealed jobs cannot be altered so that they would fit again: these are plain ones.
GRANTED = """UPDATE shape SET wanted = '[["consent","night_sms_flag","Subscribed"]]'"""


async def stopped(bulk: BulkSession, folder: Path) -> JobRecord:
    """A job of sixty withdrawals that was stopped before its end."""
    await bulk.apply(
        await plan(bulk, folder / "a.plan", users(60), STOP), APPROVAL, Options(OnConflict.SKIP, True, 60)
    )
    await bulk.finish()
    record = await bulk.wait()
    assert record.state is JobState.STOPPED
    return record


def altered(bulk: BulkSession, id: str, *statements: str, digest: bool) -> None:
    """Changes a job's file; with `digest` so that it fits its own digest again, and its record that."""
    path = bulk.folder / f"{id}.db"
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)
        if digest:
            new = digest_of(db)
            db.execute("UPDATE head SET digest = ?", (new,))
            text = json.loads(db.execute("SELECT text FROM job").fetchone()[0])
            db.execute("UPDATE job SET text = ?", (json.dumps(text | {"digest": new, "evidence": ""}),))


async def test_a_job_that_was_changed_since_its_approval_is_not_gone_on_with(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    before = consents(sandbox, "night_sms_flag")
    async with bulk_session(sandbox, tmp_path, key=None) as bulk:
        record = await stopped(bulk, tmp_path)
        altered(bulk, record.id, GRANTED, digest=False)
        async with bulk_session(sandbox, tmp_path, key=None) as other:
            with pytest.raises(PlanError, match="is damaged"):
                await other.resume(record.id)
    assert consents(sandbox, "night_sms_flag") == before


async def test_the_rules_are_asked_again_when_a_job_is_gone_on_with(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    """Whoever can change the file can change its digest as well: then the consent's own rules stand."""
    before = consents(sandbox, "night_sms_flag")
    async with bulk_session(sandbox, tmp_path, key=None) as bulk:
        record = await stopped(bulk, tmp_path)
        altered(bulk, record.id, GRANTED, digest=True)
        async with bulk_session(sandbox, tmp_path, key=None) as other:
            with pytest.raises(GateRefused, match="Evidence is missing"):
                await other.resume(record.id)
    assert consents(sandbox, "night_sms_flag") == before


async def test_a_console_that_may_not_write_goes_on_with_no_job(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
        bulk.session.context.mode = Mode(True, "--read-only")
        with pytest.raises(GateRefused, match="Read-only"):
            await bulk.resume(record.id)
        assert bulk.jobs.summary(record.id).record.state is JobState.STOPPED


async def test_a_job_of_another_connection_is_left_alone(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
    before = len(sandbox.requests)
    run = connections(sandbox, tmp_path / "state" / "journal.db", name="there")
    there = run.bulk("there")
    with pytest.raises(GateRefused, match="another connection"):
        await there.resume(record.id)
    with pytest.raises(GateRefused, match="another connection"):
        await there.plan_undo(record.id, tmp_path / "undo.plan", lambda _reading: None)
    with pytest.raises(GateRefused, match="another connection"):
        [drift async for drift in there.verify(record.id, lambda _users: None)]
    assert len(sandbox.requests) == before
    await run.finish()


async def test_a_job_of_another_plan_is_not_gone_on_with(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path, key=None) as bulk:
        record = await stopped(bulk, tmp_path)
        altered(
            bulk, record.id, "UPDATE job SET text = json_set(text, '$.digest', 'of another')", digest=False
        )
        async with bulk_session(sandbox, tmp_path, key=None) as other:
            with pytest.raises(PlanError, match="was changed"):
                await other.resume(record.id)


async def test_a_job_that_does_not_say_its_address_is_refused_and_can_be_taken_back(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path, key=None) as bulk:
        record = await stopped(bulk, tmp_path)
        old = "json_remove(text, '$.base_url', '$.service_id', '$.id', '$.resubscribe')"
        altered(bulk, record.id, f"UPDATE head SET text = {old}", digest=True)
        async with bulk_session(sandbox, tmp_path, key=None) as other:
            with pytest.raises(GateRefused, match="earlier version"):
                await other.resume(record.id)
            await other.plan_undo(record.id, tmp_path / "undo.plan", lambda _reading: None)


async def test_consents_are_not_given_by_a_job_of_an_old_plan_but_what_was_sent_is_read(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    new = [f"new-{number}" for number in range(60)]
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(new), GIVE)
        await bulk.apply(path, APPROVAL, Options(OnConflict.SKIP, True, 60))
        await bulk.finish()
        stopped_early = await bulk.wait()
    later = moved(utc_now() + timedelta(hours=25))
    async with bulk_session(sandbox, tmp_path, clock=later) as old:
        with pytest.raises(GateRefused, match="too old"):
            await old.apply(path, APPROVAL, Options())
        assert len(old.jobs.all().jobs) == 1  # none is made that would be left over
        with pytest.raises(GateRefused, match="too old"):
            await old.resume(stopped_early.id)
    async with bulk_session(sandbox, tmp_path) as bulk:
        await bulk.resume(stopped_early.id, limit=LIMIT)
        assert (await bulk.wait()).state is JobState.FINISHED
    async with bulk_session(sandbox, tmp_path, clock=later) as old:
        await old.resume(stopped_early.id)  # nobody is left to be sent to
        assert (await old.wait()).state is JobState.FINISHED
        with pytest.raises(GateRefused, match="too old"):
            await old.resume(stopped_early.id, failed=True)


async def test_withdrawals_are_sent_however_old_their_plan_is(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
    async with bulk_session(sandbox, tmp_path, clock=moved(utc_now() + timedelta(days=30))) as old:
        await old.resume(record.id, limit=LIMIT)
        assert (await old.wait()).state is JobState.FINISHED
