"""A sandbox, users of one's own, and plans and jobs made by the commands themselves."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.server import SandboxThread
from tests.commands.bulk.using import STOP, Bulk
from tests.commands.running import Ran, Run, runner

_free = iter(range(10, 10_000))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=500)) as running:
        yield running


@pytest.fixture
def run(
    sandbox: SandboxThread,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    sandbox.requests.clear()
    yield runner(sandbox, monkeypatch, capfd)
    faults = sandbox.faults
    faults.drop_rate = faults.error_rate = 0.0
    faults.latency_ms = 0
    faults.refuse = None
    faults.busy_users = faults.bad_users = frozenset()


@pytest.fixture
def users(sandbox: SandboxThread) -> Callable[..., list[str]]:
    """`users(2)` are two users who subscribed to advertising by SMS and by day, and to nothing else."""

    def make(count: int = 1, sms: State = State.SUBSCRIBED) -> list[str]:
        ids = [f"user-{next(_free):04d}" for _number in range(count)]
        given = {Flag.MKT: State.SUBSCRIBED, Flag.MKT_SMS: sms}
        sandbox.state.write_profiles(
            (one, {**dict.fromkeys(Flag, State.UNSUBSCRIBED), **given}, {}) for one in ids
        )
        return ids

    return make


@pytest.fixture
def bulk(run: Run) -> Bulk:
    """Runs `dfn-tui bulk …`; what differs from run to run is replaced in the messages."""

    def plan(ids: list[str], *more: str, change: str = STOP, name: str = "a.plan") -> Ran:
        words = "\n".join(ids).encode()
        made = run("bulk", "plan", "-", change, "-o", name, *more, stdin=words)
        assert made.code == 0, made.err
        return made

    def go(*arguments: str, stdin: bytes = b"") -> Ran:
        ran = run("bulk", *arguments, stdin=stdin)
        return Ran(ran.code, _settled(ran.out), _settled(ran.err))

    return Bulk(go, plan, lambda: run("bulk", "status", "--json").objects)


def _settled(text: str) -> str:
    for pattern, word in (
        (r"\d{8}-\d{6}-[0-9a-f]{6}(-\d+)?", "JOB"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"(by|KST,) [^\s@]+@[^\s:]+", r"\1 WHO"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
    ):
        text = re.sub(pattern, word, text)
    return text


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users are asked for again at once."""
    monkeypatch.setattr("dfn_tui.service.bulk.run.calls._LONGEST_PAUSE", 0.0)
