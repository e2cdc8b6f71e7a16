"""Jobs from the plan to the end: what is sent, what is set aside, what is confirmed."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.api.calls import Reply, UserApi
from dfn_tui.api.types import Identity
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag
from dfn_tui.consent.flags import State as Consent
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import JobState, OnConflict, Phase
from dfn_tui.service.bulk.session import JobBusy
from dfn_tui.service.changes.pipeline import ChangeGroup, send
from dfn_tui.service.changes.policy import Approval
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import (
    APPROVAL,
    GIVE,
    LIMIT,
    STOP,
    apply,
    bulk_session,
    consents,
    ends,
    options,
    plan,
    users,
)
from tests.starting import entries, until

NO_LIMIT = Faults(rate_limit=None)


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=120, faults=replace(NO_LIMIT))) as running:
        yield running


def writes(sandbox: SandboxThread) -> list[list[str]]:
    """The users of each write."""
    return [
        [user["user_id"] for user in json.loads(request.body)["user_properties"]]
        for request in sandbox.requests
        if request.path.endswith("/profile/update")
    ]


def write(sandbox: SandboxThread, user: str, state: Consent) -> None:
    """Somebody else changes a user's SMS consent."""
    sandbox.state.write_profiles([(user, {Flag.MKT_SMS: state}, {})])


async def test_only_what_differs_is_sent_and_confirmed(sandbox: SandboxThread, tmp_path: Path) -> None:
    before = consents(sandbox)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), STOP)
        record = await apply(bulk, path)
        found = ends(bulk, record.id)
    differing = {user for user, state in before.items() if state != "Unsubscribed"}
    assert record.state is JobState.FINISHED
    assert set(found) == differing
    assert set(found.values()) == {Outcome.CONFIRMED}
    assert set(consents(sandbox).values()) == {"Unsubscribed"}
    assert sorted(user for batch in writes(sandbox) for user in batch) == sorted(differing)
    assert all(len(batch) <= 20 for batch in writes(sandbox))
    journalled = entries(tmp_path / "state" / "journal.db")
    assert {entry.intent.write for entry in journalled} == {record.id}
    assert {entry.intent.reason for entry in journalled} == {"INC-42"}
    assert all(entry.outcome and entry.outcome.outcome == "confirmed" for entry in journalled)


@pytest.mark.parametrize("how", [*OnConflict])
async def test_who_was_changed_meanwhile(sandbox: SandboxThread, tmp_path: Path, how: OnConflict) -> None:
    write(sandbox, "user-0001", Consent.UNSUBSCRIBED)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), "user_name=Kim")
        sandbox.state.write_profiles([("user-0001", {}, {"user_name": "Lee"})])
        record = await apply(bulk, path, options(how))
        found = ends(bulk, record.id)
    if how is OnConflict.OVERWRITE:
        assert set(found.values()) == {Outcome.CONFIRMED}
        return
    assert found["user-0001"] is Outcome.CONFLICT
    if how is OnConflict.SKIP:
        assert record.state is JobState.FINISHED
        assert {end for user, end in found.items() if user != "user-0001"} == {Outcome.CONFIRMED}
    else:
        assert record.state is JobState.STOPPED
        assert None in found.values()
        assert record.why


async def test_who_is_as_wanted_by_then_is_not_sent(sandbox: SandboxThread, tmp_path: Path) -> None:
    write(sandbox, "user-0001", Consent.SUBSCRIBED)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", "user-0001\nuser-0002", STOP)
        write(sandbox, "user-0001", Consent.UNSUBSCRIBED)
        record = await apply(bulk, path)
        assert ends(bulk, record.id)["user-0001"] is Outcome.UNCHANGED
    assert ["user-0001"] not in writes(sandbox)


async def test_a_bad_user_fails_alone(sandbox: SandboxThread, tmp_path: Path) -> None:
    bad = frozenset({"user-0007", "user-0033"})
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), "user_name=Kim")
        sandbox.faults.bad_users = bad
        record = await apply(bulk, path)
        found = ends(bulk, record.id)
    assert {user for user, end in found.items() if end is Outcome.FAILED} == bad
    assert {end for user, end in found.items() if user not in bad} == {Outcome.CONFIRMED}


async def test_busy_users_are_sent_again_alone(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(20), "user_name=Kim")
        sandbox.faults.busy_users = frozenset({"user-0003"})
        await bulk.apply(path, APPROVAL, options(OnConflict.OVERWRITE, read_back=False))
        await until(lambda: ["user-0003"] in writes(sandbox))
        sandbox.faults.busy_users = frozenset()
        record = await bulk.wait()
        assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}
    assert len(writes(sandbox)[0]) == 20
    assert all(batch == ["user-0003"] for batch in writes(sandbox)[1:])


async def test_failures_can_be_done_once_more(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(40), "user_name=Kim")
        sandbox.faults.bad_users = frozenset({"user-0007"})
        first = await apply(bulk, path)
        sandbox.faults.bad_users = frozenset()
        sent = len(writes(sandbox))
        await bulk.resume(first.id, failed=True)
        again = await bulk.wait()
        assert set(ends(bulk, again.id).values()) == {Outcome.CONFIRMED}
        assert bulk.run is not None
        assert bulk.run.progress().counts[Outcome.CONFIRMED] == 40
    assert writes(sandbox)[sent:] == [["user-0007"]]


async def test_who_is_as_wanted_by_now_is_not_sent_once_more_even_to_overwrite(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(40), "user_name=Kim")
        sandbox.faults.bad_users = frozenset({"user-0007", "user-0008", "user-0009"})
        first = await apply(bulk, path, options(OnConflict.OVERWRITE))
        sandbox.faults.bad_users = frozenset()
        sandbox.state.write_profiles([("user-0007", {}, {"user_name": "Kim"})])
        sandbox.state.write_profiles([("user-0008", {}, {"user_name": "Lee"})])  # is overwritten
        sent = len(writes(sandbox))
        await bulk.resume(first.id, failed=True)
        again = await bulk.wait()
        found = ends(bulk, again.id)
        assert found["user-0007"] is Outcome.UNCHANGED
        assert (found["user-0008"], found["user-0009"]) == (Outcome.CONFIRMED, Outcome.CONFIRMED)
    assert sorted(user for batch in writes(sandbox)[sent:] for user in batch) == ["user-0008", "user-0009"]


async def test_a_token_that_is_not_taken_stops_the_job(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), "user_name=Kim")
        sandbox.faults.refuse = "4001"
        record = await apply(bulk, path)
        assert record.state is JobState.STOPPED
        assert set(ends(bulk, record.id).values()) == {None}
        sandbox.faults.refuse = None
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED}


async def test_a_server_that_fails_every_time_stops_the_job(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.faults.error_rate = 1.0
        record = await apply(bulk, path)
        assert record.state is JobState.STOPPED
        sandbox.faults.error_rate = 0.0
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED}


async def test_it_can_be_paused_slowed_and_left(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        run = await bulk.apply(path, APPROVAL, options())
        run.rate_limiter.pause()
        await until(lambda: run.rate_limiter.under_way == 0)
        run.rate_limiter.slower()
        assert run.progress().paused
        assert run.progress().limit == LIMIT // 2
        run.rate_limiter.slow_to(300)  # five a second
        run.rate_limiter.resume()
        await until(lambda: bool(writes(sandbox)))
        run.stop()
        record = await bulk.wait()
        assert record.state is JobState.STOPPED
        assert None in ends(bulk, record.id).values()
        [summary] = bulk.jobs.all().jobs
        assert summary.record == record
        assert not summary.under_way
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED}
    batches = writes(sandbox)
    assert len({user for batch in batches for user in batch}) == sum(map(len, batches))


async def test_one_job_at_a_time(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk, bulk_session(sandbox, tmp_path) as other:
        path = await plan(bulk, tmp_path / "plan", users(20), "user_name=Kim")
        run = await bulk.apply(path, APPROVAL, options())
        with pytest.raises(JobBusy):
            await bulk.apply(path, APPROVAL, options())
        with pytest.raises(JobBusy):
            await other.resume(run.record.id)
        await bulk.wait()


async def test_a_caller_that_is_cancelled_does_not_stop_it(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), "user_name=Kim")
        await bulk.apply(path, APPROVAL, options())
        waiting = asyncio.ensure_future(bulk.wait())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await bulk.wait()).state is JobState.FINISHED


async def test_nothing_is_sent_without_approval(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(20), GIVE)
        with pytest.raises(GateRefused):
            await bulk.apply(path, Approval(reason="INC-42"), options())
        path.write_bytes(path.read_bytes().replace(b"Subscribed", b"Unsubscrib"))
        with pytest.raises(PlanError):
            await bulk.apply(path, APPROVAL, options())
        assert bulk.jobs.all().jobs == []
    assert writes(sandbox) == []


async def test_a_plan_that_was_replaced_since_it_was_approved_is_not_applied(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(5), STOP)
        with open_plan(path) as approved:
            digest = approved.digest
        path.unlink()
        await plan(bulk, path, users(6), STOP)
        with pytest.raises(PlanError, match="The plan was changed"):
            await bulk.apply(path, APPROVAL, options(), digest=digest)
        assert bulk.jobs.all().jobs == []
    assert writes(sandbox) == []


async def test_undo_takes_back_what_is_still_as_the_job_left_it(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    before = consents(sandbox)
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await apply(bulk, await plan(bulk, tmp_path / "plan", users(60), STOP))
        changed = next(iter(ends(bulk, record.id)))
        write(sandbox, changed, Consent.SUBSCRIBED)
        await bulk.plan_undo(record.id, tmp_path / "undo", lambda _reading: None, limit=LIMIT)
        with open_plan(tmp_path / "undo") as undo:
            assert undo.head.undo_of_job == record.id
        undone = await apply(bulk, tmp_path / "undo")
        assert undone.state is JobState.FINISHED
    after = consents(sandbox)
    for user, state in before.items():
        if user != changed:
            assert after[user] == (state or "Unsubscribed" if user <= "user-0060" else state)


async def test_drift_is_found_afterwards(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), "user_name=Kim")
        record = await apply(bulk, path)
        assert [drift async for drift in bulk.verify(str(path), lambda _users: None)] == []
        sandbox.state.write_profiles([("user-0042", {}, {"user_name": "Lee"})])
        for name in (str(path), record.id):
            [drift] = [drift async for drift in bulk.verify(name, lambda _users: None)]
            assert drift.user.value == "user-0042"
            [(field, now)] = drift.fields
            assert (field.name, field.after, now) == ("user_name", "Kim", "Lee")


async def test_what_cannot_be_read_is_accepted(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path, api=ApiVersion.V2) as bulk:
        path = await plan(bulk, tmp_path / "plan", "external_id\nuser-0001\nuser-0002", STOP)
        record = await apply(bulk, path)
        assert set(ends(bulk, record.id).values()) == {Outcome.ACCEPTED}


async def test_ci_fields_are_sent_on_their_own(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        text = (
            "user_id,phone_number,mkt_sms_flag\nuser-0001,821012345678,Unsubscribed\nuser-0002,821012345679,"
        )
        record = await apply(bulk, await plan(bulk, tmp_path / "plan", text))
        assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED}
    assert dict(sandbox.state.ci(["user-0001", "user-0002"])) == {
        "user-0001": dict(sandbox.state.ci(["user-0001"]))["user-0001"] | {"phone_number": "821012345678"},
        "user-0002": dict(sandbox.state.ci(["user-0002"]))["user-0002"] | {"phone_number": "821012345679"},
    }


async def test_who_is_sent_is_in_the_journal_before_and_named_in_the_jobs_file_after(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut in between would leave a change that nobody knows of."""
    sent: list[str] = []

    async def look_and_send(api: UserApi, groups: Sequence[ChangeGroup]) -> Any:
        now = [user.identity.value for group in groups for user in group.users]
        written = {entry.intent.subject.value for entry in entries(tmp_path / "state" / "journal.db")}
        assert written >= {*now, *sent}
        sent.extend(now)
        return await send(api, groups)

    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.send", look_and_send)
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await apply(bulk, await plan(bulk, tmp_path / "plan", users(60), STOP))
        assert record.state is JobState.FINISHED
        assert set(ends(bulk, record.id)) == set(sent)


async def test_a_change_that_is_lost_each_time_is_sent_three_times_and_read_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.STILL_AT_WORK", timedelta(0))
    faults = replace(NO_LIMIT, write_answer="500", apply_after_ms=None)
    with SandboxThread(SandboxOptions(users=5, faults=faults)) as server:
        async with bulk_session(server, tmp_path) as bulk:
            path = await plan(bulk, tmp_path / "plan", users(5), "user_name=Kim")
            server.requests.clear()
            record = await apply(bulk, path, options(OnConflict.OVERWRITE))
            assert set(ends(bulk, record.id).values()) == {Outcome.FAILED}
        paths = [request.path.rpartition("/")[2] for request in server.requests]
    assert paths == ["update", "profile"] * 3


async def test_what_the_server_says_no_to_for_a_user_is_read_and_not_sent_again(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    calls: list[int] = []

    async def say_no(_api: UserApi, groups: Sequence[ChangeGroup]) -> dict[tuple[Identity, str], Reply]:
        asked = [user.identity for group in groups for user in group.users]
        calls.append(len(asked))
        return {(one, "profile"): Reply(one, False, code="5001", message="No.") for one in asked}

    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.send", say_no)
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await apply(bulk, await plan(bulk, tmp_path / "plan", users(5), "user_name=Kim"))
        assert set(ends(bulk, record.id).values()) == {Outcome.FAILED}
    assert calls == [5]


async def test_all_conflicts_are_found_by_reading_once_one_is_known(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    changed = {"user-0003", "user-0044", "user-0087", "user-0119"}
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.state.write_profiles((user, {}, {"user_name": "Lee"}) for user in sorted(changed))
        record = await apply(bulk, path, options(OnConflict.STOP))
        found = ends(bulk, record.id)
        sent = {user for batch in writes(sandbox) for user in batch}
        listed = bulk.jobs.summary(record.id).conflicts
    assert record.state is JobState.STOPPED
    assert record.why == "Somebody else changed 4 users since the plan was made."
    assert {user for user, end in found.items() if end is Outcome.CONFLICT} == changed
    # Whoever was sent before the first one was seen is read back all the same, and nobody after it is sent.
    assert {user for user, end in found.items() if end is Outcome.CONFIRMED} == sent
    assert {user for user, end in found.items() if end is None} == set(found) - changed - sent
    assert listed[1] == ("user-0044: Changed by someone else since the plan was made: user_name is now Lee.")


@pytest.mark.parametrize("rule", [None, OnConflict.SKIP, OnConflict.OVERWRITE])
async def test_conflicts_are_decided_about_in_one_step(
    sandbox: SandboxThread, tmp_path: Path, rule: OnConflict | None
) -> None:
    changed = {"user-0003", "user-0044", "user-0087"}
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.state.write_profiles((user, {}, {"user_name": "Lee"}) for user in sorted(changed))
        first = await apply(bulk, path, options(OnConflict.STOP))
        await bulk.resume(first.id, on_conflict=rule)
        record = await bulk.wait()
        found = ends(bulk, record.id)
    assert record.state is JobState.FINISHED
    assert record.on_conflict is (rule or OnConflict.STOP)
    left = set() if rule is OnConflict.OVERWRITE else changed
    assert {user for user, end in found.items() if end is Outcome.CONFLICT} == left
    assert {end for user, end in found.items() if user not in left} == {Outcome.CONFIRMED}
    assert {user for batch in writes(sandbox) for user in batch} == set(found) - left


async def test_stop_looks_at_everybody_before_anything_more_is_sent(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.state.write_profiles((user, {}, {"user_name": "Lee"}) for user in ("user-0001", "user-0120"))
        first = await apply(bulk, path, options(OnConflict.STOP))
        sent = writes(sandbox)
        sandbox.state.write_profiles([("user-0001", {}, {"user_name": "Kim"})])
        await bulk.resume(first.id, on_conflict=OnConflict.STOP)
        again = await bulk.wait()
        assert again.state is JobState.STOPPED
        assert writes(sandbox) == sent
        assert {u for u, end in ends(bulk, first.id).items() if end is Outcome.CONFLICT} == {"user-0120"}
        sandbox.state.write_profiles([("user-0120", {}, {"user_name": "Kim"})])
        await bulk.resume(first.id, on_conflict=OnConflict.STOP)
        assert (await bulk.wait()).state is JobState.FINISHED
        found = ends(bulk, first.id)
    assert Outcome.CONFLICT not in found.values()
    assert None not in found.values()


async def test_looking_for_conflicts_can_be_left(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.state.write_profiles([("user-0001", {}, {"user_name": "Lee"})])
        run = await bulk.apply(path, APPROVAL, Options(OnConflict.STOP, True, 60))
        await until(lambda: run.phase is Phase.LOOKING)
        run.stop()
        record = await bulk.wait()
        assert record.state is JobState.STOPPED
        assert ends(bulk, record.id)["user-0001"] is Outcome.CONFLICT
