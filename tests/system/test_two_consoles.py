"""Two consoles of one operator, each a process of its own, with one journal."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import Entry, Filter, Journal
from tests.sandbox_thread import ReceivedRequest, SandboxThread
from tests.starting import KEY, start
from tests.system.crashing import Requests, Writer
from tests.system.writer import Order

pytestmark = pytest.mark.slow

EACH = 8  # writes


HELD = "user-0099"
"""The user whose write the server never answers."""


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    running = SandboxThread(SandboxOptions(users=100))

    def hold(request: ReceivedRequest) -> None:
        held = request.path.endswith("/update") and HELD.encode() in request.body
        running.faults.latency_ms = 3_600_000 if held else 0

    running.requests = Requests(hold)
    with running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def console() -> Iterator[Writer]:
    with closing(Writer()) as writer:
        yield writer


@pytest.fixture
def other() -> Iterator[Writer]:
    with closing(Writer()) as writer:
        yield writer


def order(sandbox: SandboxThread, path: Path, user: int, kill_at: tuple[str, str] | None = None) -> Order:
    return Order(
        sandbox.url,
        sandbox.token,
        sandbox.service_id,
        str(path),
        (f"user-{user:04}",),
        f"mark-{user}",
        kill_at=kill_at,
    )


def entries(path: Path) -> dict[str, Entry]:
    """By user; the chain must be whole."""
    with Journal(path, KEY) as journal:
        found = journal.verify()
        assert found.whole
        assert found.signed == (1, found.entries)
        return {entry.intent.subject.value: entry for entry in journal.find(Filter())}


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(4000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("never came true")


def ended(path: Path, user: int) -> Outcome | None:
    outcome = entries(path)[f"user-{user:04}"].outcome
    return outcome.outcome if outcome else None


def test_both_write_at_once(sandbox: SandboxThread, path: Path, console: Writer, other: Writer) -> None:
    def write(writer: Writer, first: int) -> None:
        for user in range(first, first + EACH):
            writer.begin(order(sandbox, path, user))
            assert writer.end()[0] is False

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(write, console, 1), pool.submit(write, other, 1 + EACH)]:
            running.result()
    found = entries(path)
    assert sorted(found) == [f"user-{user:04}" for user in range(1, 1 + 2 * EACH)]
    for entry in found.values():
        assert entry.outcome is not None
        assert entry.outcome.outcome is Outcome.CONFIRMED
        assert entry.outcome.by is None  # its own console wrote it, no other one settled it
    with Journal(path, KEY) as journal:
        assert journal.count() == 4 * EACH


def test_one_is_killed_again_and_again_and_the_other_is_let_be(
    sandbox: SandboxThread, path: Path, console: Writer, other: Writer
) -> None:
    def write() -> None:
        for user in range(1, 1 + EACH):
            console.begin(order(sandbox, path, user))
            assert console.end()[0] is False

    def be_killed() -> None:
        for user in range(1 + EACH, 1 + 2 * EACH):
            other.begin(order(sandbox, path, user, ("dfn_tui/service/intents.py", "journal_outcomes")))
            assert other.end()[0] is True

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(write), pool.submit(be_killed)]:
            running.result()
    # Each start settled what those before it had left: but for the last, nothing is open.
    other.begin(order(sandbox, path, 100))
    other.end()
    for user, entry in entries(path).items():
        assert entry.outcome is not None
        assert entry.outcome.outcome is Outcome.CONFIRMED
        assert (entry.outcome.by is not None) == (f"user-{EACH:04}" < user < "user-0100")


async def test_what_is_under_way_in_a_live_console_is_settled_once_it_is_dead(
    sandbox: SandboxThread, path: Path, console: Writer
) -> None:
    console.begin(order(sandbox, path, 99))
    wait_until(lambda: any(request.path.endswith("/update") for request in sandbox.requests))
    async with start(sandbox, path) as session:
        await session.settled_first()
        assert session.settled == []
    assert ended(path, 99) is None
    console.kill()
    assert console.end()[0] is True
    async with start(sandbox, path) as session:
        await session.settled_first()
        assert [one.entry.intent.subject.value for one in session.settled] == [HELD]
    assert ended(path, 99) is Outcome.UNKNOWN
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with start(sandbox, path, clock=lambda: tomorrow) as session:
        await session.settled_first()
    assert ended(path, 99) is Outcome.FAILED
