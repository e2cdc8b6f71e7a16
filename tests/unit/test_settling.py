"""Writes that were cut short: what the next start makes of them."""

import asyncio
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.config import Api
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.server import SandboxThread
from dfn_tui.service import Ending, Intent
from dfn_tui.service.journalling import JournalKeeper
from dfn_tui.store import Change, Journal, Operator, RunningConsole, Subject
from dfn_tui.store import Outcome as JournalOutcome
from tests.starting import KEY, endings, entries, start, until, withdraw

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
    change: Change | None = None,
    at: datetime = LONG_AGO,
    host: str = HERE,
    key: bytes | None = KEY,
    api: Api = Api.V1,
    outcome: Ending | None = None,
) -> None:
    """As a console that was killed in the middle of a write."""
    intent = Intent(
        connection="here",
        environment="sandbox",
        generation=api.value,
        subject=Subject("user_id" if api is Api.V1 else "external_id", user),
        changes=(change or Change("consent", SMS, ON, OFF),),
        operator=Operator("root", host, pid=a_dead_process()),
        program="0.1.0",
        write="w1",
    )
    with Journal(path, key, clock=lambda: at) as journal:
        [seq] = journal.begin([intent])
        if outcome is not None:
            journal.conclude([JournalOutcome(seq, outcome)])


async def settled(sandbox: SandboxThread, path: Path, api: Api = Api.V1) -> list[Ending]:
    """How the next start finds what was left open to have ended."""
    async with start(sandbox, path, api=api) as desk:
        await desk.probe()
        assert desk.journal_trouble is None
        return [Ending(one.outcome.value) for one in desk.settled]


class TestSettling:
    async def test_applied(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0007")  # unsubscribed from everything
        assert await settled(sandbox, path) == [Ending.CONFIRMED]
        [entry] = entries(path)
        assert entry.outcome is not None
        assert entry.outcome.by == Operator.here()
        assert await settled(sandbox, path) == []

    async def test_not_applied(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path)
        assert await settled(sandbox, path) == [Ending.FAILED]

    async def test_changed_by_someone_else(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0004")  # never asked: neither what it was nor what was wanted
        assert await settled(sandbox, path) == [Ending.DIFFERENT]

    async def test_sealed_values_are_compared(self, sandbox: SandboxThread, path: Path) -> None:
        sandbox.state.write_ci([("user-0003", {"phone_number": "821012345678"})])
        leave_open(path, change=Change("ci", "phone_number", None, "821012345678", personal=True))
        assert await settled(sandbox, path) == [Ending.CONFIRMED]

    async def test_values_that_were_not_kept_leave_it_unknown(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        phone = Change("ci", "phone_number", None, "821012345678", personal=True)
        leave_open(path, change=phone, key=None)
        async with start(sandbox, path) as desk:
            await desk.probe()
            [one] = desk.settled
        assert Ending(one.outcome.value) is Ending.UNKNOWN
        assert "not kept" in one.message
        assert await settled(sandbox, path) == []

    async def test_generation_2_stays_unknown_and_is_listed(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, api=Api.V2)
        assert await settled(sandbox, path, Api.V2) == [Ending.UNKNOWN]
        assert await settled(sandbox, path, Api.V2) == []
        assert endings(path) == [Ending.UNKNOWN]

    async def test_an_outcome_that_was_unknown_is_settled(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0007", outcome=Ending.UNKNOWN)
        assert await settled(sandbox, path) == [Ending.CONFIRMED]

    @pytest.mark.usefixtures("patient")
    async def test_a_user_that_cannot_be_read_stays_open(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path, "user-0003")
        leave_open(path, "user-0007")
        sandbox.faults.busy_users = frozenset({"user-0003"})
        assert await settled(sandbox, path) == [Ending.CONFIRMED]
        assert endings(path) == [None, Ending.CONFIRMED]
        sandbox.faults.busy_users = frozenset()
        assert await settled(sandbox, path) == [Ending.FAILED]

    async def test_another_connection_is_let_be(self, sandbox: SandboxThread, path: Path) -> None:
        leave_open(path)
        with Journal(path, KEY) as journal:
            [entry] = journal.unresolved()
        async with start(sandbox, path, name="elsewhere") as desk:
            await desk.probe()
            assert desk.settled == []
        assert [one.seq for one in entries(path)] == [entry.seq]
        assert endings(path) == [None]

    async def test_what_was_sent_just_now_may_still_be_applied(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC))
        async with start(sandbox, path) as desk:
            await desk.probe()
            [one] = desk.settled
            assert Ending(one.outcome.value) is Ending.UNKNOWN
            assert "still be at work" in one.message
        assert endings(path) == [Ending.UNKNOWN]
        later = datetime.now(UTC) + timedelta(minutes=2)
        async with start(sandbox, path, clock=lambda: later) as desk:
            await desk.probe()
            assert [Ending(one.outcome.value) for one in desk.settled] == [Ending.FAILED]

    async def test_the_same_run_looks_again_when_it_cannot_be_applied_any_more(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = datetime.now(UTC)
        clock = iter([at, at + timedelta(minutes=2)])
        monkeypatch.setattr("dfn_tui.service.desk.STILL_AT_WORK", timedelta(milliseconds=1))
        leave_open(path, at=at)
        async with start(sandbox, path, clock=lambda: next(clock)) as desk:
            await desk.probe()
            await until(lambda: len(desk.settled) == 2)
            assert [Ending(one.outcome.value) for one in desk.settled] == [Ending.UNKNOWN, Ending.FAILED]

    async def test_a_clock_that_was_set_back_changes_nothing(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC) + timedelta(days=30))
        assert await settled(sandbox, path) == [Ending.FAILED]
        async with start(sandbox, path) as desk:
            [result] = await withdraw(desk, "user-0003")
            assert result.outcome is Outcome.CONFIRMED
        assert endings(path) == [Ending.FAILED, Ending.CONFIRMED]

    async def test_a_console_on_another_host_is_trusted_for_a_day(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path, at=datetime.now(UTC) - timedelta(hours=23), host="elsewhere")
        leave_open(path, at=datetime.now(UTC) - timedelta(hours=25), host="elsewhere")
        assert await settled(sandbox, path) == [Ending.FAILED]
        assert endings(path) == [None, Ending.FAILED]

    async def test_a_look_up_that_is_cancelled_does_not_stop_it(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        leave_open(path)
        sandbox.faults.latency_ms = 50
        async with start(sandbox, path) as desk:
            look_up = asyncio.ensure_future(desk.open_user(desk.identity("user-0001")))
            await until(lambda: len(sandbox.requests) == 1)
            look_up.cancel()
            await desk.probe()
            assert [Ending(one.outcome.value) for one in desk.settled] == [Ending.FAILED]

    async def test_a_server_that_does_not_answer_holds_no_look_up_up_and_no_leaving(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dfn_tui.service.desk.SETTLING_PATIENCE", 0.01)
        leave_open(path)
        sandbox.faults.latency_ms = 3_600_000
        async with start(sandbox, path) as desk:
            look_up = asyncio.ensure_future(desk.open_user(desk.identity("user-0001")))
            await until(lambda: len(sandbox.requests) == 2)
            look_up.cancel()
        assert endings(path) == [None]


class TestOwnWrites:
    async def test_what_this_run_is_writing_is_never_cut_short(self, path: Path) -> None:
        keeper = JournalKeeper(path)
        leave_open(path)
        with Journal(path) as journal:
            [left] = journal.unresolved()
        [own] = await keeper.begin([replace(left.intent, operator=keeper.operator)])
        assert [entry.seq for entry in await keeper.cut_short()] == [left.seq]
        await keeper.close()
        other = JournalKeeper(path)
        assert await other.settle_begins()
        assert [entry.seq for entry in await other.cut_short()] == [left.seq, own]
        await other.close()

    async def test_two_consoles_that_cannot_be_told_apart_do_not_wait_for_each_other(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in two containers that share a folder, a host name and process numbers."""
        monkeypatch.setattr("dfn_tui.store.consoles._PATIENCE", 0.0)
        path.parent.mkdir()
        twin = RunningConsole.here(path.parent, HERE)
        leave_open(path)
        with Journal(path) as journal:
            [left] = journal.unresolved()
        keeper = JournalKeeper(path)
        with pytest.raises(Exception, match="The journal is locked"):
            await keeper.begin([left.intent])
        twin.close()
        await keeper.begin([left.intent])
        await keeper.close()
