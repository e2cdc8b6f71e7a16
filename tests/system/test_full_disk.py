"""No room, or no right, to write the journal: nothing is sent, and what was sent is settled later."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.changes.pipeline import ChangeStep
from dfn_tui.service.records import Progress
from dfn_tui.service.session import Session
from dfn_tui.store import Journal
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, start, withdraw
from tests.system.test_journal_disk import nobody

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20)) as running:
        yield running


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path.endswith("/update") for request in sandbox.requests)


async def refused(session: Session, sandbox: SandboxThread) -> GateRefused:
    """What the gate says; nothing may have been sent, and the edit is still staged."""
    before = writes(sandbox)
    with pytest.raises(GateRefused) as caught:
        await withdraw(session, "user-0003")
    assert writes(sandbox) == before
    assert len(session.staging) == 1
    return caught.value


def fill(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass


async def test_on_a_full_disk_nothing_is_sent(sandbox: SandboxThread, mounted: Callable[[str], Path]) -> None:
    folder = mounted("size=1m")
    fill(folder)
    async with start(sandbox, folder / "journal.db") as session:
        error = await refused(session, sandbox)
        assert error.title == "Nothing was sent: The disk is full"
        assert "No change is sent without being journalled." in error.happened
        (folder / "filler").unlink()
        [result] = await withdraw(session, "user-0003")
        assert result.outcome is Outcome.CONFIRMED


async def test_on_a_disk_that_fills_up_meanwhile_the_result_is_given_and_settled_later(
    sandbox: SandboxThread, mounted: Callable[[str], Path]
) -> None:
    folder = mounted("size=1m")
    path = folder / "journal.db"
    async with start(sandbox, path) as session:
        [result] = await withdraw(session, "user-0001")
        sandbox.requests.clear()

        def fill_when_sent(at: Progress) -> None:
            if at.step == ChangeStep.SEND:
                fill(folder)

        [result] = await withdraw(session, "user-0003", progress=fill_when_sent)
        assert result.outcome is Outcome.CONFIRMED
        assert session.journal_trouble is not None
        assert session.journal_trouble.title == "The disk is full"
    (folder / "filler").unlink()
    async with start(sandbox, path) as session:
        await session.settled_first()
        assert [Outcome(one.outcome.value) for one in session.settled] == [Outcome.CONFIRMED]
        assert session.journal_trouble is None
    with Journal(path, KEY) as journal:
        assert journal.unresolved() == []
        assert journal.verify().whole


async def test_on_a_read_only_disk_users_are_read_and_nothing_is_sent(
    sandbox: SandboxThread, mounted: Callable[[str], Path]
) -> None:
    folder = mounted("size=1m")
    async with start(sandbox, folder / "journal.db") as session:
        await withdraw(session, "user-0001")
    mounted("remount,ro")
    async with start(sandbox, folder / "journal.db") as session:
        error = await refused(session, sandbox)
        assert "read-only file system" in error.happened
        assert (await session.open_user(session.identity("user-0005"))).profile is not None


@pytest.fixture(params=[0o555, 0o000])
def closed(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder that `nobody` may not write to, or not even enter."""
    # Not below `tmp_path`, whose parents are closed to others.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(request.param)
        yield Path(name)
        Path(name).chmod(0o700)


async def test_without_the_right_to_the_folder_nothing_is_sent(sandbox: SandboxThread, closed: Path) -> None:
    with nobody():
        async with start(sandbox, closed / "state" / "journal.db") as session:
            error = await refused(session, sandbox)
            assert "no permission" in error.happened
