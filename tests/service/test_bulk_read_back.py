"""What a job makes of answers: what is read back, when, and what it comes to."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from dfn_tui.api.calls import Reply, UserApi
from dfn_tui.api.types import Identity
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.run.batch import Batches
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from dfn_tui.service.changes.outcome import STILL_AT_WORK
from dfn_tui.service.changes.pipeline import ChangeGroup, send
from dfn_tui.service.changes.reading import read_fields
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, apply, bulk_session, ends, options, plan, users

Answer = Callable[[Identity, str], Reply]


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=5, faults=Faults(rate_limit=None))) as running:
        yield running


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    monkeypatch.setattr("dfn_tui.service.bulk.run.read_back._PAUSES", (0.0, 0.0, 0.0))


def ok(identity: Identity, _part: str) -> Reply:
    return Reply(identity, ok=True)


class Server:
    """Says what `answer` says and does nothing, until it has been read `after` times; None for never."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, answer: Answer = ok, after: int | None = None
    ) -> None:
        self.reads = 0
        self.sent: list[ChangeGroup] = []
        self._answer, self._after = answer, after
        monkeypatch.setattr("dfn_tui.service.bulk.run.batch.send", self._send)
        monkeypatch.setattr("dfn_tui.service.bulk.client.read_fields", self._read)

    async def _send(self, _api: UserApi, groups: Sequence[ChangeGroup]) -> dict[tuple[Identity, str], Reply]:
        self.sent += groups
        everybody = [user.identity for group in groups for user in group.users]
        return {(one, part): self._answer(one, part) for one in everybody for part in ("profile", "ci-set")}

    async def _read(self, api: UserApi, *asked: Any) -> Any:
        if self.reads == self._after:
            await send(api, self.sent)
        self.reads += 1
        return await read_fields(api, *asked)


async def outcomes(sandbox: SandboxThread, folder: Path, *wanted: str) -> set[Outcome | None]:
    """How a job ended that sets these fields for everybody, whatever they were."""
    async with bulk_session(sandbox, folder) as bulk:
        record = await apply(
            bulk, await plan(bulk, folder / "plan", users(5), *wanted), options(OnConflict.OVERWRITE)
        )
        return set(ends(bulk, record.id).values())


async def test_what_was_accepted_and_never_shows_is_different(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch)
    assert await outcomes(sandbox, tmp_path, "user_name=Kim") == {Outcome.DIFFERENT}
    assert server.reads == 3


async def test_what_shows_at_the_second_look_is_confirmed(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch, after=1)
    assert await outcomes(sandbox, tmp_path, "user_name=Kim") == {Outcome.CONFIRMED}
    assert server.reads == 2


async def test_who_was_refused_in_part_is_read_and_not_called_failed_as_a_whole(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(identity: Identity, part: str) -> Reply:
        if part == "profile":
            return Reply(identity, ok=True)
        return Reply(identity, False, refused=True, code="4007", message="No.")

    server = Server(monkeypatch, half)
    assert await outcomes(sandbox, tmp_path, "user_name=Kim", "kakao_id=0123456789") == {Outcome.DIFFERENT}
    assert server.reads >= 1


async def test_who_may_still_be_worked_on_is_not_read_before_that_is_over(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may apply it late: who was read at once would be sent once more."""
    waited: list[float] = []

    async def wait(_batches: Batches, seconds: float) -> bool:
        waited.append(seconds)
        return False

    monkeypatch.setattr(Batches, "_left_within", wait)
    Server(monkeypatch, lambda one, _part: Reply(one, False, pending=True, code="lost"), after=0)
    assert await outcomes(sandbox, tmp_path, "user_name=Kim") == {Outcome.CONFIRMED}
    assert waited == [STILL_AT_WORK.total_seconds()]


async def test_a_look_at_unknown_users_that_fails_by_a_defect_is_heard_of(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object, **_more: object) -> None:
        raise KeyError("a defect")

    async def at_once(_batches: Batches, _seconds: float) -> bool:
        return False

    monkeypatch.setattr(Batches, "_left_within", at_once)
    monkeypatch.setattr(Batches, "_look_at", broken)
    Server(monkeypatch, lambda one, _part: Reply(one, False, pending=True, code="lost"))
    with pytest.raises(KeyError, match="a defect"):
        await outcomes(sandbox, tmp_path, "user_name=Kim")


async def test_a_job_whose_file_fails_while_conflicts_are_looked_for_says_so(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = PlanError("The file is gone", "It cannot be asked.", "Look for it.")
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(120), "user_name=Kim")
        sandbox.state.write_profiles([("user-0044", {}, {"user_name": "Lee"})])
        asked = Job.pending

        def failing(job: Job, after: int, limit: int) -> Any:
            if limit == 2000:  # those who are looked at for conflicts
                raise gone
            return asked(job, after=after, limit=limit)

        monkeypatch.setattr(Job, "pending", failing)
        run = await bulk.apply(path, APPROVAL, options(OnConflict.STOP))
        record = await bulk.wait()
        assert (run.error, record.state) == (gone, JobState.STOPPED)


async def test_a_job_whose_file_fails_while_it_is_read_back_says_so_and_can_be_resumed(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = PlanError("The disk is full", "Nothing more can be written.", "Make room.")

    def failing(*_args: object, **_more: object) -> None:
        raise full

    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(5), "user_name=Kim")
        with monkeypatch.context() as broken:
            broken.setattr(Job, "ended_in", failing)
            broken.setattr("dfn_tui.service.bulk.run.run.recover", AsyncMock())
            run = await bulk.apply(path, APPROVAL, options())
            record = await bulk.wait()
        assert (run.error, record.state) == (full, JobState.STOPPED)
        await bulk.resume(record.id)
        await bulk.wait()
        assert set(ends(bulk, record.id).values()) == {Outcome.CONFIRMED}
