"""What the tests of commands share: a sandbox for each file, and users of one's own on it."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import count

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import Faults, SandboxOptions
from tests.commands.running import Run, runner
from tests.sandbox_thread import SandboxThread


@pytest.fixture(autouse=True)
def reading_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as ever, without the pauses."""
    monkeypatch.setattr("dfn_tui.service.changes.pipeline.READ_BACK_PAUSES", (0.0,) * 5)


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxThread]:
    """Spells absence as documented, or as `EACH_SPELLING` has it."""
    spelt = getattr(request, "param", None)
    faults = (
        Faults() if spelt is None else Faults(absent_flags=spelt, absent_properties=spelt, absent_ci=spelt)
    )
    with SandboxThread(SandboxOptions(users=500, faults=faults)) as running:
        yield running


@pytest.fixture
def run(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs `dfn-tui …` on the sandbox, which has no faults but those the test sets."""
    sandbox.requests.clear()
    yield runner(sandbox, monkeypatch, capfd)
    for fault in fields(Faults):
        setattr(sandbox.faults, fault.name, getattr(sandbox.options.faults, fault.name))


@pytest.fixture(scope="module")
def _free() -> Iterator[int]:
    """The numbers of users that no test of the file has yet."""
    return count(10)


@pytest.fixture
def users(sandbox: SandboxThread, _free: Iterator[int]) -> Callable[..., list[str]]:
    """`users(2)` are two users who subscribed to advertising by SMS and by day, and to nothing else."""

    def make(count: int = 1, sms: State = State.SUBSCRIBED) -> list[str]:
        ids = [f"user-{next(_free):04d}" for _number in range(count)]
        given = {Flag.MKT: State.SUBSCRIBED, Flag.MKT_SMS: sms}
        sandbox.state.write_profiles(
            (one, {**dict.fromkeys(Flag, State.UNSUBSCRIBED), **given}, {}) for one in ids
        )
        return ids

    return make
