"""Each user of a plan is sent once, however often the plan, or a part of it, is applied."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import status_text, totals_words
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.plan.totals import AllButFirst, Selection, totals
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text.korea import file_stamp, utc_now
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, GIVE, STOP, apply, bulk_session, consents, ends, moved, options, plan
from tests.starting import until
from tests.unit.plans import DAY

NEW = [f"new-{number:02}" for number in range(40)]


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, faults=replace(Faults(rate_limit=None)))) as running:
        yield running


def narrowed(path: Path, which: Selection | AllButFirst, *, out: bool = True) -> None:
    with open_plan(path) as plan:
        exclude(plan, which, DAY, "lee@bastion-2", out=out)


def marked(bulk: BulkSession, path: Path) -> PlanFile:
    found = open_plan(path)
    bulk.mark_sent(found)
    return found


async def test_who_opted_out_in_between_is_not_given_the_consent_again(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        await apply(bulk, path, options(OnConflict.OVERWRITE))
        sandbox.state.write_profiles([("new-07", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
        with pytest.raises(GateRefused, match="Nothing to send"):
            await bulk.apply(path, APPROVAL, options(OnConflict.OVERWRITE))
        assert len(bulk.jobs.all().jobs) == 1
        with marked(bulk, path) as counted:
            assert "already sent from this plan: 40 users" in totals_words(totals(counted), DAY)
            assert {status_text(user) for user in counted.users()} == {"already sent from this plan"}
        # a copy, narrowed or not, is the same plan
        copy = tmp_path / "copy.plan"
        copy.write_bytes(path.read_bytes())
        narrowed(copy, AllButFirst(20))
        with pytest.raises(GateRefused, match="Nothing to send"):
            await bulk.apply(copy, APPROVAL, options(OnConflict.OVERWRITE))
    assert consents(sandbox)["new-07"] == "Unsubscribed"


async def test_a_trial_and_then_the_rest(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        narrowed(path, AllButFirst(5))
        trial = await apply(bulk, path, options(OnConflict.OVERWRITE))
        assert len(ends(bulk, trial.id)) == 5
        narrowed(path, Selection(), out=False)
        with marked(bulk, path) as counted:
            found = totals(counted)
            assert (found.sent, found.left_out, found.to_send, found.granted) == (5, 0, 35, 35)
            [group] = counted.largest()
            assert (group.users, group.left_out) == (40, 5)
        rest = await apply(bulk, path, options(OnConflict.OVERWRITE))
        assert sorted(ends(bulk, rest.id)) == NEW[5:]
        with open_plan(path) as unchanged:
            assert totals(unchanged).left_out == 0
    assert set(consents(sandbox).values()) == {"Subscribed"}
    assert sum(request.path.endswith("/profile/update") for request in sandbox.requests) == 3


async def test_the_first_ones_are_counted_without_who_was_sent(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        narrowed(path, AllButFirst(5))
        await apply(bulk, path)
        narrowed(path, Selection(), out=False)
        with marked(bulk, path) as counted:
            exclude(counted, AllButFirst(10), DAY, "lee@bastion-2", out=True)
            assert totals(counted).to_send == 10
        second = await apply(bulk, path)
        assert sorted(ends(bulk, second.id)) == NEW[5:15]


async def test_the_number_that_is_typed_is_that_of_the_rest(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        narrowed(path, AllButFirst(5))
        await apply(bulk, path)
        narrowed(path, Selection(), out=False)
        run = await bulk.apply(path, APPROVAL._replace(typed_count=35), options())
        await bulk.wait()
        assert run.record.typed_count == 35


async def test_who_failed_may_be_sent_again(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        sandbox.faults.bad_users = frozenset({"new-03"})
        first = await apply(bulk, path, options(OnConflict.OVERWRITE))
        assert ends(bulk, first.id)["new-03"] is Outcome.FAILED
        sandbox.faults.bad_users = frozenset()
        second = await apply(bulk, path, options(OnConflict.OVERWRITE))
        assert list(ends(bulk, second.id)) == ["new-03"]
        # nor is who failed sent once more by the first job, after the second has sent them
        sandbox.state.write_profiles([("new-03", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
        await bulk.resume(first.id, failed=True)
        await bulk.wait()
    assert consents(sandbox)["new-03"] == "Unsubscribed"


@pytest.mark.parametrize("rule", OnConflict)
async def test_who_was_set_aside_is_sent_by_one_job_alone(
    sandbox: SandboxThread, tmp_path: Path, rule: OnConflict
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        refused = {Flag.MKT_SMS: State.UNSUBSCRIBED}
        sandbox.state.write_profiles([("new-03", refused, {})])
        first = await apply(bulk, path, options(OnConflict.SKIP))
        assert ends(bulk, first.id)["new-03"] is Outcome.CONFLICT
        second = await apply(bulk, path, options(OnConflict.OVERWRITE))
        assert list(ends(bulk, second.id)) == ["new-03"]
        assert consents(sandbox)["new-03"] == "Subscribed"
        sandbox.state.write_profiles([("new-03", refused, {})])
        await bulk.resume(first.id, on_conflict=rule)
        await bulk.wait()
    assert consents(sandbox)["new-03"] == "Unsubscribed"


async def test_a_stopped_job_does_not_send_whom_another_one_sent(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        run = await bulk.apply(path, APPROVAL, Options(OnConflict.OVERWRITE, False, 60))
        await until(lambda: run.progress().done > 0)
        await bulk.finish()
        first = await bulk.wait()
        assert first.state is JobState.STOPPED
    async with bulk_session(sandbox, tmp_path) as bulk:
        await apply(bulk, path, options(OnConflict.OVERWRITE))
        sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {}) for user in NEW])
        await bulk.resume(first.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        await bulk.resume(first.id)  # what was taken out is in its digest
        await bulk.wait()
    assert set(consents(sandbox).values()) == {"Unsubscribed"}


async def test_what_only_the_journal_knows_of_a_job_that_was_cut_short(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), GIVE)
        record = await apply(bulk, path, options(OnConflict.OVERWRITE))
        with closing(sqlite3.connect(bulk.folder / f"{record.id}.db")) as db, db:
            db.execute("DELETE FROM ended")
            db.execute("UPDATE job SET floor = 0, text = json_set(text, '$.state', 'running')")
        with marked(bulk, path) as counted:
            assert totals(counted).sent == 40


async def test_version_2_too(tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=5, faults=replace(Faults(rate_limit=None)))) as sandbox:
        async with bulk_session(sandbox, tmp_path, api=ApiVersion.V2) as bulk:
            path = await plan(bulk, tmp_path / "a.plan", "user-0001\nuser-0002", "df_sms_ads_optin=true")
            record = await apply(bulk, path)
            assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}
            before = len(sandbox.requests)
            with pytest.raises(GateRefused, match="Nothing to send"):
                await bulk.apply(path, APPROVAL, options())
        assert len(sandbox.requests) == before


async def test_while_one_console_sends_a_plan_no_other_does(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk, bulk_session(sandbox, tmp_path) as other:
        many = "\n".join(f"user-{number}" for number in range(3_000))  # far more than is sent meanwhile
        path = await plan(bulk, tmp_path / "a.plan", many, STOP)
        await bulk.apply(path, APPROVAL, Options(OnConflict.OVERWRITE, False, 60))
        with pytest.raises(PlanError, match="is being sent"):
            await other.apply(path, APPROVAL, options())
        await bulk.finish()
        assert len(bulk.jobs.all().jobs) == 1


async def test_a_job_that_cannot_be_read_holds_up_consents_but_no_withdrawal(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        give = await plan(bulk, tmp_path / "give", "\n".join(NEW), GIVE)
        stop = await plan(bulk, tmp_path / "stop", "\n".join(NEW), STOP)
        bulk.folder.mkdir(parents=True)
        old = bulk.folder / f"{file_stamp(utc_now() - timedelta(days=2))}-abcdef.db"
        old.write_bytes(b"damaged")
        with open_plan(give) as known:
            bulk.mark_sent(known, sending=True)
        new = bulk.folder / f"{file_stamp(utc_now() + timedelta(seconds=1))}-abcdef.db"
        new.write_bytes(b"damaged")
        with pytest.raises(PlanError, match="not known"):
            await bulk.apply(give, APPROVAL, options())
        assert (await apply(bulk, stop)).state is JobState.FINISHED
    assert set(consents(sandbox).values()) == {"Unsubscribed"}


CLEARED = {True: "unfinished", False: "finished"}


@pytest.mark.parametrize("cut_short", CLEARED, ids=CLEARED.values())
async def test_a_withdrawal_whose_jobs_were_cleared_away_takes_back_no_later_consent(
    sandbox: SandboxThread, tmp_path: Path, cut_short: bool
) -> None:
    now = utc_now()
    sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.SUBSCRIBED}, {}) for user in NEW])
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "a.plan", "\n".join(NEW), STOP)
        narrowed(path, AllButFirst(30))
        record = await apply(bulk, path, options(OnConflict.OVERWRITE))
        if cut_short:  # and only the journal knows of the last ten
            with closing(sqlite3.connect(bulk.folder / f"{record.id}.db")) as db, db:
                db.execute("DELETE FROM ended WHERE number > 20")
                db.execute("UPDATE job SET floor = 0, text = json_set(text, '$.state', 'running')")
    sandbox.state.write_profiles([("new-07", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    later = moved(now + timedelta(days=200))
    async with bulk_session(sandbox, tmp_path, clock=later) as bulk:
        assert bulk.jobs.clean(90, unfinished=True) == [record.id]
        assert not bulk.jobs.all().jobs
        with marked(bulk, path) as counted:
            assert totals(counted).sent == 30
        narrowed(path, Selection(), out=False)
        rest = await apply(bulk, path, options())
        assert sorted(ends(bulk, rest.id)) == NEW[30:]
    assert consents(sandbox)["new-07"] == "Subscribed"
    [note] = (tmp_path / "state" / "jobs").glob("*.sent")
    assert "new-" not in note.read_text()


async def test_a_damaged_note_holds_up_consents_but_no_withdrawal(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        for name, change in (("give", GIVE), ("stop", STOP)):
            path = await plan(bulk, tmp_path / name, "\n".join(NEW), change)
            with open_plan(path) as made:
                id = made.head.id
            bulk.folder.mkdir(parents=True, exist_ok=True)
            (bulk.folder / f"20260101-101010-abcdef.{id[:16]}.sent").write_text('{"plan"')
        with pytest.raises(PlanError, match="not known"):
            await bulk.apply(tmp_path / "give", APPROVAL, options())
        assert (await apply(bulk, tmp_path / "stop")).state is JobState.FINISHED
