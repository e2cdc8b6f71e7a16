"""A field that can be read no more when its user is sent: it is left out, and never told as done."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.api.calls import Reply
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.run import batch
from dfn_tui.service.bulk.run.job import Job, open_job
from dfn_tui.service.bulk.run.records import JobState, OnConflict, UserEnd
from dfn_tui.service.bulk.run.results import Result, results
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.pipeline import send
from dfn_tui.text.korea import Clock, utc_now
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import GIVE, STOP, apply, bulk_session, options, plan
from tests.starting import KEY, entries
from tests.unit.plans import by_user

USERS = ("anna", "berta")
ODD = "anna"
"""The user whose tier cannot be read any more once the plan is made."""
TOLD = "Not sent, as not readable: tier. The rest: ✓ confirmed. A new plan sends that once it is readable."


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, faults=Faults(rate_limit=None))) as running:
        running.state.write_profiles(
            [(user, {Flag.MKT_SMS: State.SUBSCRIBED}, {"tier": "gold", "city": "Seoul"}) for user in USERS]
        )
        yield running


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.STILL_AT_WORK", timedelta(0))
    monkeypatch.setattr("dfn_tui.service.bulk.run.resume.SHORTLY", 0.0)
    monkeypatch.setattr("dfn_tui.service.bulk.run.read_back._PAUSES", (0.0, 0.0, 0.0))


async def planned(bulk: BulkSession, folder: Path, *wanted: str) -> Path:
    """A plan for both users, of whom one is odd from then on."""
    return await plan(bulk, folder / "a.plan", "\n".join(USERS), *(wanted or (STOP, "tier=silver")))


def odd(sandbox: SandboxThread, *, flag: bool = False) -> None:
    sandbox.faults.odd_values = {"mkt_sms_flag": '"Paused"'} if flag else {"tier": '["gold"]'}
    sandbox.faults.only_users = frozenset({ODD})


def mended(sandbox: SandboxThread) -> None:
    sandbox.faults.odd_values = {}


def end_of(bulk: BulkSession, id: str, user: str = ODD) -> UserEnd:
    with open_job(bulk.folder / f"{id}.db", KEY) as job:
        [found] = [end for one, end in job.planned(-1, 10) if one.user == user and end is not None]
        return found


def result_of(bulk: BulkSession, id: str, user: str = ODD) -> Result:
    with open_job(bulk.folder / f"{id}.db", KEY) as job:
        return next(one for one in results(job, bulk.session.journal.path) if one.user == user)


def counts(bulk: BulkSession, id: str) -> Counter[Outcome]:
    return Counter(bulk.jobs.summary(id).ended)


def now(sandbox: SandboxThread, user: str = ODD) -> tuple[str, Any]:
    flags, properties = sandbox.state.profiles([user])[user]
    return flags[Flag.MKT_SMS], properties["tier"]


async def test_the_rest_of_the_user_is_sent_and_the_field_is_told_as_failed(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        record = await apply(bulk, path)
        assert record.state is JobState.FINISHED
        assert (now(sandbox), now(sandbox, "berta")) == (("Unsubscribed", "gold"), ("Unsubscribed", "silver"))
        assert counts(bulk, record.id) == {Outcome.FAILED: 1, Outcome.CONFIRMED: 1}
        told = result_of(bulk, record.id)
        assert (told.outcome, told.code, told.reason) == ("failed", "not-readable", TOLD)
        assert bulk.run is not None and bulk.run.progress().counts[Outcome.FAILED] == 1
    [one] = [entry for entry in entries(bulk.session.journal.path) if entry.intent.subject.value == ODD]
    assert [change.name for change in one.intent.changes] == ["mkt_sms_flag"]
    assert (one.intent.left_out, one.outcome and one.outcome.outcome) == ("tier", Outcome.CONFIRMED)


async def test_a_consent_that_cannot_be_read_any_more_is_left_out_too(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox, flag=True)
        record = await apply(bulk, path)
        assert now(sandbox) == ("Subscribed", "silver")
        assert "mkt_sms_flag" in result_of(bulk, record.id).reason


async def test_where_nothing_else_is_to_be_sent_the_user_failed_with_the_reason(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        sandbox.state.write_profiles([(ODD, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
        odd(sandbox)
        record = await apply(bulk, path)
        assert counts(bulk, record.id) == {Outcome.FAILED: 1, Outcome.CONFIRMED: 1}
        ended = end_of(bulk, record.id)
        assert (ended.seq, ended.message) == (None, "Not sent. tier is not readable: a list.")
        assert bulk.run is not None and bulk.run.progress().done == 2
        mended(sandbox)
        await bulk.resume(record.id, failed=True)  # nothing was sent of them: all of it may be
        await bulk.wait()
        assert (now(sandbox), counts(bulk, record.id)) == (
            ("Unsubscribed", "silver"),
            {Outcome.CONFIRMED: 2},
        )


@pytest.mark.parametrize("on_conflict", [OnConflict.SKIP, OnConflict.STOP])
async def test_whom_somebody_changed_is_a_conflict_whatever_cannot_be_read(
    sandbox: SandboxThread, tmp_path: Path, on_conflict: OnConflict
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path, STOP, "tier=silver", "city=Busan")
        sandbox.state.write_profiles([(ODD, {}, {"city": "Jeju"})])
        odd(sandbox)
        record = await apply(bulk, path, options(on_conflict))
        assert end_of(bulk, record.id).outcome is Outcome.CONFLICT
        assert counts(bulk, record.id)[Outcome.CONFLICT] == 1
        assert now(sandbox) == ("Subscribed", "gold")


async def test_without_reading_back_the_rest_is_told_as_accepted(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        record = await apply(bulk, path, options(read_back=False))
        assert counts(bulk, record.id) == {Outcome.FAILED: 1, Outcome.ACCEPTED: 1}
        assert "The rest: ~ accepted" in result_of(bulk, record.id).reason


async def test_what_cannot_be_read_back_either_is_accepted_and_both_are_told(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        sandbox.faults.read_back = "unmentioned"
        record = await apply(bulk, path)
        told = result_of(bulk, record.id)
        assert (told.outcome, told.code) == ("accepted", "not-read-back")
        assert "as not readable: tier." in told.reason and "not read back" in told.reason
        sandbox.faults.read_back = "true"
        await bulk.resume(record.id)
        await bulk.wait()
        assert result_of(bulk, record.id).reason == TOLD


async def test_what_shows_another_value_is_different_and_the_field_is_named(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        sandbox.faults.apply_after_ms = None
        record = await apply(bulk, path)
        told = result_of(bulk, record.id)
        assert (told.outcome, told.code) == ("different", "different")
        assert "as not readable: tier." in told.reason and "value of before" in told.reason


async def test_what_was_refused_may_be_sent_again_as_a_whole(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        sandbox.faults.write_answer = "4007"
        record = await apply(bulk, path)
        ended = end_of(bulk, record.id)
        assert (ended.outcome, ended.partly) == (Outcome.FAILED, False)
        assert "as not readable: tier." in ended.message
        sandbox.faults.write_answer = "true"
        mended(sandbox)
        await bulk.resume(record.id, failed=True)
        await bulk.wait()
        assert (now(sandbox), counts(bulk, record.id)) == (
            ("Unsubscribed", "silver"),
            {Outcome.CONFIRMED: 2},
        )


async def test_what_was_sent_beside_it_is_not_sent_again_by_this_plan(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    """Whoever took a consent back meanwhile keeps their no."""
    for user in USERS:
        sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.NEVER_SET}, {})])
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path, GIVE, "tier=silver")
        odd(sandbox)
        record = await apply(bulk, path)
        assert now(sandbox)[0] == "Subscribed"
        mended(sandbox)
        sandbox.state.write_profiles([(ODD, {Flag.MKT_SMS: State.NEVER_SET}, {})])
        await bulk.resume(record.id, failed=True)
        await bulk.wait()
        assert now(sandbox) == ("Undefined", "gold")
        with open_plan(path) as opened:
            bulk.mark_sent(opened, sending=True)
            assert [one.sent for one in opened.users()] == [True, True]


async def test_only_what_was_sent_is_taken_back(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        record = await apply(bulk, path)
        mended(sandbox)
        sandbox.state.write_profiles([(ODD, {}, {"tier": "silver"})])  # somebody else
        await bulk.plan_undo(record.id, tmp_path / "back", lambda _reading: None)
        with open_plan(tmp_path / "back") as back:
            found = by_user(back)
            assert [item.name for item in found[ODD].group.changes] == ["mkt_sms_flag"]
            assert [item.name for item in found["berta"].group.changes] == ["mkt_sms_flag", "tier"]


async def test_verifying_tells_of_the_field_and_of_the_others(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        record = await apply(bulk, path)
        sandbox.state.write_profiles([(ODD, {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
        [drift] = [one async for one in bulk.verify(record.id, lambda _users: None)]
        assert (drift.user.value, drift.failure) == (ODD, "tier is not readable: a list.")
        assert [(item.name, value) for item, value in drift.fields] == [("mkt_sms_flag", "Subscribed")]
        mended(sandbox)
        [drift] = [one async for one in bulk.verify(record.id, lambda _users: None)]
        assert [item.name for item, _value in drift.fields] == ["mkt_sms_flag", "tier"]


# What a crash leaves behind: a copy of the state folder, made at that moment.


def later() -> Clock:
    """After so long that no server is at work any more."""
    return lambda: utc_now() + timedelta(hours=1)


class Crash:
    """Copies the state folder at one moment of a run, and has it go on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "crashed"
        self._from = folder / "state"
        self._patch = monkeypatch

    def _copy(self) -> None:
        if not self.folder.exists():
            shutil.copytree(self._from, self.folder / "state")

    def before_sending(self) -> None:
        async def refused(_api: Any, groups: Sequence[Any]) -> Any:
            self._copy()
            everybody = [user.identity for group in groups for user in group.users]
            return {(one, "profile"): Reply(one, False, refused=True, code="4007") for one in everybody}

        self._patch.setattr(batch, "send", refused)

    def after_sending(self) -> None:
        async def sent(*args: Any) -> Any:
            replies = await send(*args)
            self._copy()
            return replies

        self._patch.setattr(batch, "send", sent)

    def before_the_job_knows(self, *outcomes: Outcome) -> None:
        """The journal does already that the user ended in one of these."""
        write = Job.write

        def written(job: Job, ended: Sequence[UserEnd], checkpoint: int) -> Any:
            if any(one.number == 1 and one.outcome in outcomes for one in ended):
                self._copy()
            return write(job, ended, checkpoint)

        self._patch.setattr(Job, "write", written)


MOMENTS: dict[str, Callable[[Crash], None]] = {
    "before sending": Crash.before_sending,
    "after sending": Crash.after_sending,
    "accepted": lambda crash: crash.before_the_job_knows(Outcome.ACCEPTED, Outcome.FAILED),
    "read back": lambda crash: crash.before_the_job_knows(Outcome.FAILED),
}


@pytest.mark.parametrize("read_back", [True, False])
@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_after_a_crash_the_field_is_never_told_as_done(
    sandbox: SandboxThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    readable: bool,
    read_back: bool,
) -> None:
    crash = Crash(tmp_path, monkeypatch)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        with monkeypatch.context():
            MOMENTS[moment](crash)
            record = await apply(bulk, path, options(read_back=read_back))
    monkeypatch.undo()
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    if readable:
        mended(sandbox)
    sandbox.requests.clear()
    async with bulk_session(sandbox, crash.folder, clock=later()) as bulk:
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        told = result_of(bulk, record.id)
        if moment == "before sending":
            assert now(sandbox) == ("Unsubscribed", "silver" if readable else "gold")
        else:
            assert now(sandbox) == ("Unsubscribed", "gold")
            assert not [one for one in sandbox.requests if one.path.endswith("update")]
        sent_whole = readable and moment == "before sending"
        assert told.outcome == (Outcome.FAILED if not sent_whole else counted(read_back))
        assert sent_whole or "as not readable: tier. The rest: " in told.reason
        assert counts(bulk, record.id)[Outcome.FAILED] == (0 if sent_whole else 1)
        drifts = [one async for one in bulk.verify(record.id, lambda _users: None)]
        assert [one.user.value for one in drifts] == ([] if sent_whole else [ODD])


async def test_what_is_applied_only_after_the_next_start_is_told_without_the_field(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = Crash(tmp_path, monkeypatch)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await planned(bulk, tmp_path)
        odd(sandbox)
        sandbox.faults.write_answer, sandbox.faults.apply_after_ms = "cut", None
        crash.after_sending()
        record = await apply(bulk, path)
    monkeypatch.setattr(batch, "send", send)
    sandbox.faults.write_answer, sandbox.faults.apply_after_ms = "true", 0

    async def applied_meanwhile(_batches: batch.Batches, _seconds: float) -> bool:
        sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {}) for user in USERS])
        sandbox.state.write_profiles([("berta", {}, {"tier": "silver"})])
        return False

    monkeypatch.setattr(batch.Batches, "_left_within", applied_meanwhile)
    sandbox.requests.clear()
    async with bulk_session(sandbox, crash.folder) as bulk:
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        assert result_of(bulk, record.id).reason == TOLD
        assert counts(bulk, record.id) == {Outcome.FAILED: 1, Outcome.CONFIRMED: 1}
    assert not [one for one in sandbox.requests if one.path.endswith("update")]


def counted(read_back: bool) -> Outcome:
    return Outcome.CONFIRMED if read_back else Outcome.ACCEPTED
