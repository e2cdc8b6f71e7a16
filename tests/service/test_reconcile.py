"""Writes that were cut short: what the next start makes of them."""

import asyncio
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.reconcile import reconcile
from dfn_tui.store import (
    FieldChange,
    FieldKind,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    RunningConsole,
    Subject,
)
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, endings, entries, start, until, withdraw
from tests.unit.journals import again

SMS = Flag.MKT_SMS.value
ON, OFF = State.SUBSCRIBED.value, State.UNSUBSCRIBED.value
HERE = socket.gethostname()
LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC)


def a_dead_process() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


def leave_open(
    path: Path,
    user: str = "user-0003",
    *,
    change: FieldChange | None = None,
    at: datetime = LONG_AGO,
    host: str = HERE,
    key: bytes | None = KEY,
    api: ApiVersion = ApiVersion.V1,
    outcome: Outcome | None = None,
) -> None:
    """As a console that was killed in the middle of a write."""
    intent = IntentGroup(
        connection="here",
        environment="sandbox",
        api=api.value,
        changes=(change or FieldChange(FieldKind.CONSENT, SMS, ON, OFF),),
        operator=Operator("root", host, pid=a_dead_process()),
        program="0.1.0",
        write="w1",
        users=(IntentUser(Subject("user_id" if api is ApiVersion.V1 else "external_id", user)),),
    )
    with Journal(path, key, clock=lambda: at) as journal:
        [seq] = journal.begin([intent])
        if outcome is not None:
            journal.conclude([OutcomeGroup((seq,), outcome)])


async def settled(sandbox: SandboxThread, path: Path, api: ApiVersion = ApiVersion.V1) -> list[Outcome]:
    """How the next start finds what was left open to have ended."""
    async with start(sandbox, path, api=api) as session:
        await session.settled_first()
        assert session.journal_trouble is None
        return [Outcome(one.outcome.value) for one in session.settled]


class TestSettling:
    async def test_applied(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0007")  # unsubscribed from everything
        assert await settled(sandbox, path) == [Outcome.CONFIRMED]
        [entry] = entries(path)
        assert entry.outcome is not None
        assert entry.outcome.by == Operator.here()
        assert await settled(sandbox, path) == []

    async def test_not_applied(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path)
        assert await settled(sandbox, path) == [Outcome.FAILED]

    async def test_changed_by_someone_else(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0004")  # never asked: neither what it was nor what was wanted
        assert await settled(sandbox, path) == [Outcome.DIFFERENT]

    async def test_sealed_values_are_compared(self, sandbox: SandboxThread, path: Path) -> None:
        sandbox.state.write_ci([("user-0003", {"phone_number": "821012345678"})])
        leave_open(
            path, change=FieldChange(FieldKind.CI, "phone_number", None, "821012345678", personal=True)
        )
        assert await settled(sandbox, path) == [Outcome.CONFIRMED]

    async def test_values_that_were_not_kept_leave_it_unknown(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        phone = FieldChange(FieldKind.CI, "phone_number", None, "821012345678", personal=True)
        leave_open(path, change=phone, key=None)
        async with start(sandbox, path) as session:
            await session.settled_first()
            [one] = session.settled
        assert Outcome(one.outcome.value) is Outcome.UNKNOWN
        assert "not kept" in one.message
        assert await settled(sandbox, path) == []

    async def test_version_2_stays_unknown_and_is_listed(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, api=ApiVersion.V2)
        assert await settled(sandbox, path, ApiVersion.V2) == [Outcome.UNKNOWN]
        assert await settled(sandbox, path, ApiVersion.V2) == []
        assert endings(path) == [Outcome.UNKNOWN]

    async def test_an_outcome_that_was_unknown_is_settled(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0007", outcome=Outcome.UNKNOWN)
        assert await settled(sandbox, path) == [Outcome.CONFIRMED]

    @pytest.mark.parametrize(
        ("user", "minutes", "found"),
        [("user-0007", 30, [Outcome.CONFIRMED]), ("user-0007", 90, []), ("user-0003", 30, [])],
        ids=["shows by now", "too long ago", "does not show"],
    )
    async def test_what_was_accepted_and_did_not_show_is_looked_at_again(
        self, sandbox: SandboxThread, path: Path, user: str, minutes: int, found: list[Outcome]
    ) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        leave_open(path, user, outcome=Outcome.DIFFERENT, at=at)
        assert await settled(sandbox, path) == found
        assert endings(path) == (found or [Outcome.DIFFERENT])

    @pytest.mark.usefixtures("patient")
    async def test_a_user_that_cannot_be_read_stays_open(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0003")
        leave_open(path, "user-0007")
        sandbox.faults.busy_users = frozenset({"user-0003"})
        assert await settled(sandbox, path) == [Outcome.CONFIRMED]
        assert endings(path) == [None, Outcome.CONFIRMED]
        sandbox.faults.busy_users = frozenset()
        assert await settled(sandbox, path) == [Outcome.FAILED]

    async def test_another_connection_is_let_be(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path)
        with Journal(path, KEY) as journal:
            [entry] = journal.unresolved()
        async with start(sandbox, path, name="elsewhere") as session:
            await session.settled_first()
            assert session.settled == []
        assert [one.seq for one in entries(path)] == [entry.seq]
        assert endings(path) == [None]

    async def test_what_was_sent_just_now_may_still_be_applied(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC))
        async with start(sandbox, path) as session:
            await session.settled_first()
            [one] = session.settled
            assert Outcome(one.outcome.value) is Outcome.UNKNOWN
            assert "still be at work" in one.message
        assert endings(path) == [Outcome.UNKNOWN]
        later = datetime.now(UTC) + timedelta(minutes=2)
        async with start(sandbox, path, clock=lambda: later) as session:
            await session.settled_first()
            assert [Outcome(one.outcome.value) for one in session.settled] == [Outcome.FAILED]

    async def test_the_same_run_looks_again_when_it_cannot_be_applied_any_more(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = datetime.now(UTC)
        clock = iter([at, at + timedelta(minutes=2)])
        monkeypatch.setattr("dfn_tui.service.session.STILL_AT_WORK", timedelta(milliseconds=1))
        leave_open(path, at=at)
        async with start(sandbox, path, clock=lambda: next(clock)) as session:
            await session.settled_first()
            await until(lambda: len(session.settled) == 2)
            assert [Outcome(one.outcome.value) for one in session.settled] == [
                Outcome.UNKNOWN,
                Outcome.FAILED,
            ]

    async def test_a_second_look_that_fails_by_a_defect_is_heard_of(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = 0

        async def broken(*args: Any) -> Any:
            nonlocal looks
            looks += 1
            if looks > 1:
                raise KeyError("a defect")
            return await reconcile(*args)

        monkeypatch.setattr("dfn_tui.service.session.reconcile", broken)
        monkeypatch.setattr("dfn_tui.service.session.STILL_AT_WORK", timedelta(milliseconds=1))
        leave_open(path, at=datetime.now(UTC))
        with pytest.raises(KeyError, match="a defect"):
            async with start(sandbox, path) as session:
                await session.settled_first()
                await until(lambda: looks == 2)
                await asyncio.sleep(0)  # until the task is over

    async def test_a_clock_that_was_set_back_changes_nothing(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC) + timedelta(days=30))
        assert await settled(sandbox, path) == [Outcome.FAILED]
        async with start(sandbox, path) as session:
            [result] = await withdraw(session, "user-0003")
            assert result.outcome is Outcome.CONFIRMED
        assert endings(path) == [Outcome.FAILED, Outcome.CONFIRMED]

    async def test_a_console_on_another_host_is_trusted_for_a_day(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC) - timedelta(hours=23), host="elsewhere")
        leave_open(path, at=datetime.now(UTC) - timedelta(hours=25), host="elsewhere")
        assert await settled(sandbox, path) == [Outcome.FAILED]
        assert endings(path) == [None, Outcome.FAILED]

    async def test_a_look_up_that_is_cancelled_does_not_stop_it(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path)
        sandbox.faults.latency_ms = 50
        async with start(sandbox, path) as session:
            look_up = asyncio.ensure_future(session.open_user(session.identity("user-0001")))
            await until(lambda: len(sandbox.requests) == 1)
            look_up.cancel()
            await session.settled_first()
            assert [Outcome(one.outcome.value) for one in session.settled] == [Outcome.FAILED]

    async def test_a_server_that_does_not_answer_holds_no_look_up_up_and_no_leaving(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dfn_tui.service.session.RECONCILE_TIMEOUT", 0.01)
        leave_open(path)
        sandbox.faults.latency_ms = 3_600_000
        async with start(sandbox, path) as session:
            look_up = asyncio.ensure_future(session.open_user(session.identity("user-0001")))
            await until(lambda: len(sandbox.requests) == 2)
            look_up.cancel()
        assert endings(path) == [None]


class TestOwnWrites:
    async def test_a_write_waits_for_it_to_the_end(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dfn_tui.service.session.RECONCILE_TIMEOUT", 0.0)
        may_end = asyncio.Event()

        async def slowly(*args: Any) -> Any:
            await may_end.wait()
            return await reconcile(*args)

        monkeypatch.setattr("dfn_tui.service.session.reconcile", slowly)
        leave_open(path)
        async with start(sandbox, path) as session:
            sending = asyncio.ensure_future(withdraw(session, "user-0003"))
            await until(lambda: bool(session.staging.changes()))
            _done, waiting = await asyncio.wait([sending], timeout=0.2)
            assert waiting
            assert not any(request.path.endswith("/update") for request in sandbox.requests)
            may_end.set()
            assert [result.outcome for result in await sending] == [Outcome.CONFIRMED]
        assert endings(path) == [Outcome.FAILED, Outcome.CONFIRMED]

    async def test_what_this_run_is_writing_is_never_cut_short(self, path: Path) -> None:
        journal = AsyncJournal(path)
        leave_open(path)
        with Journal(path) as opened:
            [left] = opened.unresolved()
        [own] = await journal.write((), [again(replace(left.intent, operator=journal.operator))])
        assert [entry.seq for entry in await journal.cut_short()] == [left.seq]
        await journal.close()
        other = AsyncJournal(path)
        assert await other.settle_begins()
        assert [entry.seq for entry in await other.cut_short()] == [left.seq, own]
        await other.close()

    async def test_two_consoles_that_cannot_be_told_apart_do_not_wait_for_each_other(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in two containers that share a folder, a host name and process numbers."""
        monkeypatch.setattr("dfn_tui.store.consoles._TIMEOUT", 0.0)
        path.parent.mkdir()
        twin = RunningConsole(path.parent, HERE)
        leave_open(path)
        with Journal(path) as opened:
            [left] = opened.unresolved()
        journal = AsyncJournal(path)
        with pytest.raises(Exception, match="The journal is locked"):
            await journal.write((), [again(left.intent)])
        twin.close()
        await journal.write((), [again(left.intent)])
        await journal.close()
