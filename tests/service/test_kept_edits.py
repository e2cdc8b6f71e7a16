"""Staged edits of a console that is gone: what the next one is offered, and what it is not."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.pipeline import StaleWrite
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.connections import Connections
from dfn_tui.service.kept.format import KeptUnreadable, Place, draft_text, read_edits, whole_text
from dfn_tui.service.kept.keeper import EditKeeper
from dfn_tui.service.kept.left import KeptGone, LeftEdits
from dfn_tui.service.session import Session
from dfn_tui.service.staging import TypedGround
from dfn_tui.service.types import Value
from dfn_tui.store.kept import KeptFile, left_files
from dfn_tui.text.korea import utc_now
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, Server, connections, endings, send, withdraw

ONE, TWO = "user-0001", "user-0003"
OFF = {Flag.MKT_SMS: State.UNSUBSCRIBED}


class Console(NamedTuple):
    """A run that keeps what is staged."""

    run: Connections
    session: Session
    keeper: EditKeeper
    left: LeftEdits

    async def stage(self, *users: str, ci: bool = False) -> None:
        for user in users:
            record = await self.session.open_user(self.session.identity(user))
            draft = self.session.staging.draft(record)
            draft.stage_consents(OFF)
            draft.stage_property("grade", "gold")
            if ci:
                draft.stage_ci("phone_number", "821099998888")
        assert await self.keeper.flush() == ""

    async def die(self) -> None:
        """Is gone as after a kill: the system lets go of the lock."""
        await self.keeper.flush()
        file = self.keeper._file
        if file is not None and file._lock is not None:
            os.close(file._lock)
            file._lock = None
            self.keeper._file = None


@asynccontextmanager
async def console(
    server: Server,
    path: Path,
    *,
    clock: Callable[[], datetime] = utc_now,
    name: str = "here",
    key: bytes | None = KEY,
) -> AsyncIterator[Console]:
    run = connections(server, path, clock=clock, name=name, key=key, keep_edits=True)
    keeper = run.keeper(name)
    assert keeper is not None
    try:
        yield Console(run, run.session(name), keeper, LeftEdits(keeper))
    finally:
        await run.finish()


def files(path: Path) -> list[str]:
    folder = path.parent / "kept"
    return sorted(file.suffix for file in folder.iterdir()) if folder.exists() else []


async def test_what_was_staged_is_offered_and_taken_up_as_it_was(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE, TWO, ci=True)
        first.session.staging.note_ground("INC-7", "call 3", [first.session.identity(ONE)])
        staged = first.session.staging.changes()
        seen = first.session.staging.seen(staged[0].identity)
        await first.die()
    async with console(sandbox, path) as second:
        [kept] = (await second.left.look()).sets
        assert [draft.change() for draft in kept.fresh] == [*staged]
        await second.left.take_up(kept)
        staging = second.session.staging
        assert staging.changes() == staged
        assert staging.seen(staged[0].identity) == seen
        assert (staging.ground.reason, staging.evidence_for([staged[0].identity])) == ("INC-7", "call 3")
        assert staging.evidence_for([staged[1].identity]) == ""
        assert len(staging.restored()) == 2
        assert (await second.left.look()).sets == ()


async def test_nothing_is_written_in_plain_and_for_the_owner_alone(
    sandbox: SandboxThread, path: Path
) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE, ci=True)
        first.session.staging.note_ground("a plain reason", "", [])
        await first.keeper.flush()
        folder = path.parent / "kept"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for file in folder.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            data = file.read_bytes()
            for plain in (ONE, "mkt_sms", "phone_number", "821099998888", "plain reason", "here", "sandbox"):
                assert plain.encode() not in data
            assert ONE not in file.name


async def test_what_is_sent_or_dropped_is_kept_no_longer(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE, TWO)
        first.session.staging.drop(first.session.identity(TWO))
        await send(first.session)
        assert await first.keeper.flush() == ""
        assert files(path) == []
        await first.stage(TWO)
        assert files(path) == [".kept", ".lock"]
    assert files(path) == [".kept"]
    async with console(sandbox, path) as second:
        [kept] = (await second.left.look()).sets
        assert [draft.record.identity.value for draft in kept.fresh] == [TWO]
        await second.left.drop(kept)
        assert files(path) == []
        with pytest.raises(KeptGone):
            await second.left.take_up(kept)


@pytest.mark.slow
async def test_one_console_alone_takes_them_up(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE)
        await first.die()
    async with console(sandbox, path) as second, console(sandbox, path) as third:
        found = await asyncio.gather(second.left.look(), third.left.look())
        taken = await asyncio.gather(
            *(one.left.take_up(sets.sets[0]) for one, sets in zip((second, third), found, strict=True)),
            return_exceptions=True,
        )
        assert sorted(map(type, taken), key=str) == sorted([type(None), KeptGone], key=str)
        assert len(second.session.staging) + len(third.session.staging) == 1
        for one, sets in zip((second, third), found, strict=True):
            if not len(one.session.staging):
                with pytest.raises(KeptGone):
                    await one.left.drop(sets.sets[0])
                assert (await one.left.look()).sets == ()


async def test_what_a_running_console_has_is_not_offered(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first, console(sandbox, path) as second:
        await first.stage(ONE)
        assert (await second.left.look()) == ((), (), False)
        await second.stage(TWO)
        assert len(files(path)) == 4
    async with console(sandbox, path) as third:
        kept = (await third.left.look()).sets
        assert sorted(draft.record.identity.value for one in kept for draft in one.fresh) == [ONE, TWO]
        await third.left.take_up(kept[0])
        with pytest.raises(ConsoleError, match="Something is staged here"):
            await third.left.take_up(kept[1])
        assert len((await third.left.look()).sets) == 1


async def test_somebody_else_s_change_since_stops_the_sending(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE, TWO)
        await first.die()
    async with console(sandbox, path.parent / "other" / "journal.db") as other:
        await withdraw(other.session, TWO)
    async with console(sandbox, path) as second:
        [kept] = (await second.left.look()).sets
        await second.left.take_up(kept)
        before = len(sandbox.requests)
        with pytest.raises(StaleWrite):
            await send(second.session)
        assert not any(one.path.endswith("/update") for one in sandbox.requests[before:])
        assert len(second.session.staging) == 2


async def test_another_address_or_connection_is_not_offered_and_said(
    sandbox: SandboxThread, path: Path
) -> None:
    class Elsewhere(NamedTuple):
        url: str = "http://127.0.0.1:9"
        token: str = sandbox.token
        service_id: str = sandbox.service_id

    async with console(sandbox, path) as first:
        await first.stage(ONE)
    async with console(Elsewhere(), path) as second:
        found = await second.left.look()
        assert found.sets == ()
        assert "another address" in found.said[0]
        assert sandbox.url in found.said[0]
    async with console(sandbox, path, name="there") as third:
        found = await third.left.look()
        assert found.sets == ()
        assert found.said == ("Edits are kept for the connection here: they are offered there.",)
    async with console(sandbox, path) as fourth:
        assert len((await fourth.left.look()).sets) == 1


async def test_after_a_day_they_are_looked_at_or_dropped(sandbox: SandboxThread, path: Path) -> None:
    now = datetime(2026, 11, 27, 3, tzinfo=UTC)
    async with console(sandbox, path, clock=lambda: now) as first:
        await first.stage(ONE)
    for later in (timedelta(hours=24, seconds=1), timedelta(hours=-25)):
        async with console(sandbox, path, clock=lambda at=now + later: at) as second:  # type: ignore[misc]
            [kept] = (await second.left.look()).sets
            assert kept.fresh == ()
            assert [draft.record.identity.value for draft in kept.stale] == [ONE]
            with pytest.raises(KeptGone):
                await second.left.take_up(kept)
    assert files(path) == [".kept"]
    async with console(sandbox, path, clock=lambda: now + timedelta(hours=24)) as third:
        [kept] = (await third.left.look()).sets
        await third.left.take_up(kept)


async def test_to_take_them_up_makes_none_of_them_younger(sandbox: SandboxThread, path: Path) -> None:
    now = datetime(2026, 11, 27, 3, tzinfo=UTC)
    async with console(sandbox, path, clock=lambda: now) as first:
        await first.stage(ONE)
    later = now + timedelta(hours=20)
    async with console(sandbox, path, clock=lambda: later) as second:
        [kept] = (await second.left.look()).sets
        await second.left.take_up(kept)
        await second.stage(TWO)
        await second.die()
    async with console(sandbox, path, clock=lambda: now + timedelta(hours=30)) as third:
        [kept] = (await third.left.look()).sets
        assert [draft.record.identity.value for draft in kept.stale] == [ONE]
        assert [draft.record.identity.value for draft in kept.fresh] == [TWO]
        await third.left.take_up(kept)
        assert [one.identity.value for one in third.session.staging.changes()] == [TWO]


async def test_what_was_sent_before_the_end_is_not_offered_again(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE, TWO)
        data = {file: file.read_bytes() for file in (path.parent / "kept").glob("*.kept")}
        results = await first.session.apply(
            first.session.review(),
            Approval(reason="INC-7", leave_out=frozenset({first.session.identity(TWO)})),
        )
        assert [result.identity.value for result in results] == [ONE]
        await first.keeper.flush()
        for file, before in data.items():
            file.write_bytes(before)  # the end came between the answer and the file
        await first.die()
    async with console(sandbox, path) as second:
        [kept] = (await second.left.look()).sets
        assert [draft.record.identity.value for draft in kept.fresh] == [TWO]
        assert kept.sent[0].startswith(f"{ONE}: was sent before that console ended, by entry 1 (confirmed)")
    assert len(endings(path)) == 1


async def test_what_was_begun_and_did_nothing_is_offered_again(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE)
        sandbox.faults.bad_users = frozenset({ONE})
        [result] = await send(first.session)
        assert result.outcome is Outcome.FAILED
        await first.die()
    async with console(sandbox, path) as second:
        assert len((await second.left.look()).sets) == 1


@pytest.mark.parametrize("damage", ["cut", "altered", "emptied", "foreign", "renamed"])
async def test_a_damaged_file_is_put_aside_and_hides_no_other(
    sandbox: SandboxThread, path: Path, damage: str
) -> None:
    async with console(sandbox, path) as first, console(sandbox, path) as other:
        await first.stage(ONE)
        [file] = (path.parent / "kept").glob("*.kept")
        await other.stage(TWO)
    data = file.read_bytes()
    if damage == "renamed":  # a copy would be taken up twice
        file = file.with_name("0123456789abcdef.kept")
        file.write_bytes(data)
    else:
        altered = data[:-1] + bytes([data[-1] ^ 1])
        file.write_bytes(
            {"cut": data[:-20], "altered": altered, "emptied": b"", "foreign": b"x" * 99}[damage]
        )
    async with console(sandbox, path) as second:
        found = await second.left.look()
        users = sorted(draft.record.identity.value for one in found.sets for draft in one.fresh)
        assert users == ([ONE, TWO] if damage == "renamed" else [TWO])
        [said] = found.said
        assert said.startswith("Kept edits are damaged or were altered")
        aside = file.with_suffix(".damaged")
        assert str(aside) in said
        assert aside.exists()
        assert not file.exists()
        assert (await second.left.look()).said == ()


async def test_another_key_is_said_and_the_file_stays(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        await first.stage(ONE)
    async with console(sandbox, path, key=bytes(range(1, 33))) as second:
        found = await second.left.look()
        assert found.sets == ()
        assert "sealed with another key" in found.said[0]
    assert files(path) == [".kept"]


async def test_without_a_key_nothing_is_kept_and_it_is_said(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path, key=None) as first:
        record = await first.session.open_user(first.session.identity(ONE))
        first.session.staging.draft(record).stage_consents(OFF)
        assert await first.keeper.flush() == "The keyring does not hold it."
        assert files(path) == []
    assert files(path) == []


async def test_without_the_key_it_is_said_that_there_is_something(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path, key=None) as none:
        assert (await none.left.look()) == ((), (), False)  # nothing is there: no key is asked for
    async with console(sandbox, path) as first:
        await first.stage(ONE)
    async with console(sandbox, path, key=None) as second:
        [said] = (await second.left.look()).said
        assert said.startswith("Edits are kept from before, sealed.")
    assert files(path) == [".kept"]


async def test_a_disk_that_takes_nothing_is_said_and_the_next_change_is_written(
    sandbox: SandboxThread, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: KeptFile, _plain: bytes, _sealer: object) -> None:
        raise OSError(28, "No space left on device")

    async with console(sandbox, path) as first:
        with monkeypatch.context() as patched:
            patched.setattr(KeptFile, "write", full)
            record = await first.session.open_user(first.session.identity(ONE))
            first.session.staging.draft(record).stage_consents(OFF)
            assert "No space left on device" in await first.keeper.flush()
        await first.stage(TWO)
    async with console(sandbox, path) as second:
        [kept] = (await second.left.look()).sets
        assert len(kept.fresh) == 2


async def test_a_newer_form_is_left_alone(sandbox: SandboxThread, path: Path) -> None:
    with pytest.raises(KeptUnreadable):
        read_edits(b'{"form": 2, "place": [], "ground": ["", "", []]}')
    for text in (b"", b"{}", b"[1]\n[2]", b"\xff"):
        with pytest.raises(KeptUnreadable):
            read_edits(text)


async def test_values_of_every_kind_come_back_as_they_were(sandbox: SandboxThread, path: Path) -> None:
    async with console(sandbox, path) as first:
        record = await first.session.open_user(first.session.identity(ONE))
        odd = replace(record, ci_unreadable={"x": "why\ud800"})
        draft = first.session.staging.draft(odd)
        values: dict[str, Value] = {
            "big": 2**80,
            "float": 0.1,
            "yes": True,
            "text": "줄\n바꿈 \u2028\x00\ud800",
            "list": ["a", "b"],
        }
        for name, value in values.items():
            draft.stage_property(name, value)
        at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
        place = Place("here", "sandbox", "v1", "http://x", "")
        ground = TypedGround("r\n", "e", frozenset({record.identity}))
        back = read_edits(whole_text(place, ground, [draft_text(draft, at)]))
        assert (back.place, back.ground) == (place, ground)
        assert back.drafts[0].record == odd
        assert back.drafts[0].change() == draft.change()
        assert back.drafts[0].restored_from == at


def test_what_a_kill_leaves_beside_the_files_is_cleared(tmp_path: Path) -> None:
    for name in ("0123456789abcdef.new", "fedcba9876543210.lock"):
        (tmp_path / name).write_bytes(b"x")
    taken = KeptFile.new(tmp_path)
    assert left_files(tmp_path) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"{taken.id}.lock"]
    taken.close()
