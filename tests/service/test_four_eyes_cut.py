"""A list cut into pieces, each below the line: what nobody approved is counted, and no withdrawal waits."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.errors import GateRefused
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.approving import Signing
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.totals import SelectedUsers
from dfn_tui.service.bulk.run.records import JobState
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.four_eyes import COUNTED_HOURS
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.session import Session
from dfn_tui.store import FieldKind
from dfn_tui.text.korea import utc_now
from tests.eyes import PROGRAMS, Team, needs_root
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, STOP, apply, bulk_session, options, plan
from tests.service.test_four_eyes_apply import sign

pytestmark = [needs_root, pytest.mark.slow]
POINTS = "points:number=9"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=30)) as running:
        yield running


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]) -> Team:
    require(*PROGRAMS)
    team = Team(tmp_path, monkeypatch)
    team.ask(5)
    return team


@pytest.fixture
async def bulk(sandbox: SandboxThread, tmp_path: Path, team: Team):  # type: ignore[no-untyped-def]
    async with bulk_session(sandbox, tmp_path) as session:
        session.signing = Signing(team.key("alice"))
        yield session


async def piece(bulk: BulkSession, folder: Path, first: int, last: int, *changes: str) -> Path:
    ids = "\n".join(f"user-{number:04}" for number in range(first, last + 1))
    return await plan(bulk, folder / f"{first}.plan", ids, *(changes or (POINTS,)))


async def refused(bulk: BulkSession, path: Path) -> GateRefused:
    with pytest.raises(GateRefused) as caught:
        await bulk.apply(path, APPROVAL, options())
    return caught.value


async def set_points(session: Session, user: str) -> None:
    [record] = [one async for one in session.look_up([session.identity(user)])]
    session.staging.draft(record).stage(FieldKind.PROPERTY, "points", 7)
    await session.apply(session.review(), Approval("INC-7"))


async def test_the_second_piece_needs_what_the_whole_would(
    bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    assert (await apply(bulk, await piece(bulk, tmp_path, 1, 4))).state is JobState.FINISHED
    path = await piece(bulk, tmp_path, 5, 8)
    assert "Nobody has signed it." in (await refused(bulk, path)).happened
    sign(team, path)
    assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_neither_are_single_changes_a_way(bulk: BulkSession, tmp_path: Path, team: Team) -> None:
    for number in range(1, 5):
        await set_points(bulk.session, f"user-{number:04}")
    with pytest.raises(GateRefused) as caught:
        await set_points(bulk.session, "user-0005")
    assert "4 were written so far" in caught.value.happened
    assert "Nobody has signed it." in (await refused(bulk, await piece(bulk, tmp_path, 6, 6))).happened


async def test_a_plan_cannot_be_sent_by_halves_with_the_other_half_left_out(
    bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    path = await piece(bulk, tmp_path, 1, 8)
    half = SelectedUsers(tuple(f"user-{number:04}" for number in range(1, 5)))
    with open_plan(path) as found:
        exclude(found, half, utc_now(), "kim@here", out=True)
    assert (await apply(bulk, path)).state is JobState.FINISHED
    with open_plan(path) as found:
        exclude(found, half, utc_now(), "kim@here", out=False)
    await refused(bulk, path)


async def test_what_was_approved_does_not_count(bulk: BulkSession, tmp_path: Path, team: Team) -> None:
    path = await piece(bulk, tmp_path, 1, 8)
    sign(team, path)
    assert (await apply(bulk, path)).state is JobState.FINISHED
    assert (await apply(bulk, await piece(bulk, tmp_path, 9, 12))).state is JobState.FINISHED


async def test_nor_do_withdrawals_and_none_ever_waits(
    bulk: BulkSession, tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await apply(bulk, await piece(bulk, tmp_path, 1, 20, STOP))).state is JobState.FINISHED
    assert (await apply(bulk, await piece(bulk, tmp_path, 21, 24))).state is JobState.FINISHED
    await refused(bulk, await piece(bulk, tmp_path, 25, 25))

    def unread(*_asked: object) -> None:
        raise AssertionError("a withdrawal looked through the journal")

    monkeypatch.setattr("dfn_tui.service.session.Journal.count_unapproved", unread)
    assert (await apply(bulk, await piece(bulk, tmp_path, 26, 30, STOP))).state is JobState.FINISHED


async def test_a_job_goes_on_that_is_not_over_the_line_itself(
    sandbox: SandboxThread, bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    """Its own users are not counted twice."""
    path = await piece(bulk, tmp_path, 1, 4)
    sandbox.faults.busy_users = frozenset(["user-0003"])
    record = await apply(bulk, path)
    sandbox.faults.busy_users = frozenset()
    await bulk.resume(record.id, failed=True)
    assert (await bulk.wait()).state is JobState.FINISHED


async def test_after_a_day_it_does_not_count(sandbox: SandboxThread, tmp_path: Path, team: Team) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        assert (await apply(bulk, await piece(bulk, tmp_path, 1, 4))).state is JobState.FINISHED
    later = utc_now() + timedelta(hours=COUNTED_HOURS, minutes=1)
    async with bulk_session(sandbox, tmp_path, clock=lambda: later) as bulk:
        assert (await apply(bulk, await piece(bulk, tmp_path, 5, 8))).state is JobState.FINISHED


@pytest.mark.parametrize("change", [POINTS, STOP])
async def test_a_job_that_was_begun_before_the_rule_is_gone_on_with_under_it(
    bulk: BulkSession, tmp_path: Path, team: Team, change: str
) -> None:
    path = await piece(bulk, tmp_path, 1, 4, change)
    bulk.stopping = True
    await bulk.apply(path, APPROVAL, options())
    record = await bulk.wait()
    assert record.state is JobState.STOPPED
    bulk.stopping = False
    team.ask(1)
    if change == STOP:
        await bulk.resume(record.id)
        assert (await bulk.wait()).state is JobState.FINISHED
        return
    with pytest.raises(GateRefused, match="second person"):
        await bulk.resume(record.id)
    assert (await bulk.list_jobs()).jobs[0].record.state is JobState.STOPPED
