"""What stands between an approved change and the server: freshness, the gate, and the journal behind it."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.pipeline import ChangeStep, Conflict, StaleWrite, read_groups
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.context import Mode
from dfn_tui.service.records import Progress
from dfn_tui.service.session import Session
from dfn_tui.store import Journal
from tests.sandbox_thread import SandboxThread
from tests.starting import endings, entries, send, start, until, withdraw

SMS = Flag.MKT_SMS.value
ON, OFF = State.SUBSCRIBED.value, State.UNSUBSCRIBED.value


def consent(sandbox: SandboxThread, user: str) -> str | None:
    [(state,)] = sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", user)
    return None if state is None else str(state)


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path.endswith("/update") for request in sandbox.requests)


async def somebody_else_withdraws(sandbox: SandboxThread, folder: Path, *users: str) -> None:
    async with start(sandbox, folder / "other" / "journal.db") as session:
        await withdraw(session, *users)


async def stage(session: Session, *users: str) -> None:
    for user in users:
        record = await session.open_user(session.identity(user))
        session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})


FOREIGN = b"something else" * 100


@pytest.fixture
def foreign(path: Path) -> Path:
    """A file that is no journal, in its place."""
    path.parent.mkdir()
    path.write_bytes(FOREIGN)
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that waits for another process for a moment only: these tests hold the lock for good."""
    monkeypatch.setattr("dfn_tui.service.async_journal.Journal", partial(Journal, timeout=0.1))


class TestStaleWrites:
    async def test_nothing_is_sent_to_nobody_and_what_was_seen_is_now_and_is_wanted_is_told(
        self, sandbox: SandboxThread, path: Path, tmp_path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0001", "user-0003")
            await somebody_else_withdraws(sandbox, tmp_path, "user-0003")
            before = writes(sandbox)
            with pytest.raises(StaleWrite) as caught:
                await send(session)
            assert writes(sandbox) == before
            [conflict] = caught.value.conflicts
            assert isinstance(conflict, Conflict)
            assert conflict.user.identity.value == "user-0003"
            seen, now, wanted = conflict.change.before, conflict.now, conflict.change.after
            assert (seen, now, wanted) == (ON, OFF, OFF)
            assert len(session.staging) == 2
        assert entries(path) == []

    async def test_the_others_are_sent_where_the_operator_says_so(
        self, sandbox: SandboxThread, path: Path, tmp_path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0001", "user-0003", "user-0005")
            await somebody_else_withdraws(sandbox, tmp_path, "user-0003")
            with pytest.raises(StaleWrite):
                await send(session)
            results = await send(session, leave_out=["user-0003"])
            assert [(r.identity.value, r.outcome) for r in results] == [
                ("user-0001", Outcome.CONFIRMED),
                ("user-0005", Outcome.CONFIRMED),
            ]
            assert len(session.staging) == 1
        assert [entry.intent.subject.value for entry in entries(path)] == ["user-0001", "user-0005"]

    async def test_ci_fields_are_read_on_their_own(self, sandbox: SandboxThread, path: Path) -> None:
        async with start(sandbox, path) as session:
            identity = session.identity("user-0003")
            listed, whole = await session.read_user(identity), await session.open_user(identity)
            assert (listed.ci, listed.consents) == (None, whole.consents)
            asked = len(sandbox.requests)
            found = await session.read_ci(identity)
            assert (found.identity, found.ci, found.profile) == (identity, whole.ci, None)
            assert len(sandbox.requests) == asked + 1

    async def test_after_looking_again_the_edit_stands_on_what_is_there_now(
        self, sandbox: SandboxThread, path: Path, tmp_path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            record = await session.open_user(session.identity("user-0003"))
            draft = session.staging.draft(record)
            draft.stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
            draft.stage_property("grade", "A")
            await somebody_else_withdraws(sandbox, tmp_path, "user-0003")
            with pytest.raises(StaleWrite):
                await send(session)
            await session.look_again([session.identity("user-0003")])
            [result] = await send(session)
            assert [field.change.name for field in result.fields] == ["grade"]

    @pytest.mark.usefixtures("patient")
    async def test_a_user_that_cannot_be_read_again_is_not_sent(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0001", "user-0003")
            sandbox.faults.busy_users = frozenset({"user-0003"})
            results = {result.identity.value: result for result in await send(session)}
            assert results["user-0001"].outcome is Outcome.CONFIRMED
            assert results["user-0003"].outcome is Outcome.FAILED
            assert results["user-0003"].fields[0].message.startswith("Not sent")
            assert [change.identity.value for change in session.staging.changes()] == ["user-0003"]
        assert consent(sandbox, "user-0003") == ON
        assert [entry.intent.subject.value for entry in entries(path)] == ["user-0001"]


class TestGate:
    async def test_nothing_is_sent_that_the_policy_refuses(self, sandbox: SandboxThread, path: Path) -> None:
        async with start(sandbox, path) as session:
            record = await session.open_user(session.identity("user-0003"))
            session.staging.draft(record).stage_consents({Flag.NIGHT_SMS: State.SUBSCRIBED})
            before = writes(sandbox)
            with pytest.raises(GateRefused, match="A warning is not acknowledged"):
                await session.apply(session.review(), Approval("INC-42", "a form"))
            assert writes(sandbox) == before
        assert entries(path) == []

    async def test_what_the_policy_refuses_is_refused_before_the_server_is_asked_anything(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0001")
            reviewed, asked = session.review(), len(sandbox.requests)
            session.context.mode = Mode(True, "--read-only")
            with pytest.raises(GateRefused, match="may not write"):
                await session.apply(reviewed, Approval())
            assert len(sandbox.requests) == asked

    async def test_a_user_that_writing_would_create_must_be_ticked_off(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "nobody-yet")
            with pytest.raises(GateRefused, match="A warning is not acknowledged"):
                await session.apply(session.review(), Approval())
            assert writes(sandbox) == 0

    async def test_the_policy_is_asked_again_when_the_users_have_been_read(
        self, sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0001")

            async def read_while_the_console_becomes_read_only(*args: Any) -> Any:
                session.context.mode = Mode(True, "--read-only")
                return await read_groups(*args)

            monkeypatch.setattr(
                "dfn_tui.service.session.read_groups", read_while_the_console_becomes_read_only
            )
            with pytest.raises(GateRefused, match="may not write"):
                await send(session)
            assert writes(sandbox) == 0
        assert entries(path) == []

    async def test_a_locked_journal_lets_nothing_pass(
        self, sandbox: SandboxThread, path: Path, impatient: None
    ) -> None:
        async with start(sandbox, path) as session:
            await withdraw(session, "user-0001")
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                before = writes(sandbox)
                with pytest.raises(GateRefused, match="The journal is locked"):
                    await withdraw(session, "user-0003")
                assert writes(sandbox) == before
                other.execute("ROLLBACK")
            [result] = await send(session)
            assert result.outcome is Outcome.CONFIRMED

    async def test_a_file_that_is_no_journal_lets_nothing_pass_and_is_left_alone(
        self, sandbox: SandboxThread, foreign: Path
    ) -> None:
        async with start(sandbox, foreign) as session:
            with pytest.raises(GateRefused, match="Nothing was sent"):
                await withdraw(session, "user-0003")
            assert session.journal_trouble is not None
        assert writes(sandbox) == 0
        assert content(foreign) == FOREIGN

    async def test_an_outcome_that_cannot_be_written_is_told_beside_the_result_and_settled_later(
        self, sandbox: SandboxThread, path: Path, impatient: None
    ) -> None:
        lock: list[sqlite3.Connection] = []

        def lock_when_sent(at: Progress) -> None:
            if at.step == ChangeStep.SEND and not lock:
                lock.append(sqlite3.connect(path, isolation_level=None))
                lock[0].execute("BEGIN IMMEDIATE")

        async with start(sandbox, path) as session:
            [result] = await withdraw(session, "user-0003", progress=lock_when_sent)
            assert result.outcome is Outcome.CONFIRMED
            assert session.journal_trouble is not None
            assert session.journal_trouble.title == "The journal is locked"
            assert session.staging.changes() == ()
        lock[0].close()
        assert endings(path) == [None]
        async with start(sandbox, path) as session:
            await session.settled_first()
        assert endings(path) == [Outcome.CONFIRMED]

    async def test_a_look_up_under_way_outlives_the_token_it_began_with(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        """As when the console is locked, or the token replaced, at that very moment."""
        sandbox.faults.latency_ms = 50
        async with start(sandbox, path) as session:
            await session.settled_first()
            looking = asyncio.ensure_future(session.open_user(session.identity("user-0001")))
            await until(lambda: len(sandbox.requests) == 1)
            client = session._shared.client
            await session.forget_token()
            assert session._shared.client is None
            record = await looking
            assert record.profile is not None
            assert client is not None
            with pytest.raises(RuntimeError, match="closed"):
                await client.probe()
            assert not session._shared._in_use

    async def test_a_caller_that_is_cancelled_stops_nothing_and_finishing_waits(
        self, sandbox: SandboxThread, path: Path
    ) -> None:
        async with start(sandbox, path) as session:
            await stage(session, "user-0003")
            sandbox.faults.latency_ms = 100
            caller = asyncio.ensure_future(send(session))
            await until(lambda: writes(sandbox) > 0)
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
        assert consent(sandbox, "user-0003") == OFF
        assert endings(path) == [Outcome.CONFIRMED]
