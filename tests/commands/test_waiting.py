"""That a command says what it waits for, on a terminal and, once, where there is none."""

import pytest

from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

STOP = ("mkt_sms_flag=Unsubscribed", "--yes", "--reason", "INC-7")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:
    """A command is given three seconds, and silence is told at once."""
    monkeypatch.setattr("dfn_tui.cli.writing.SECONDS", 3.0)
    monkeypatch.setattr("dfn_tui.cli.writing.LEAST_SECONDS", 3.0)
    monkeypatch.setattr("dfn_tui.cli.session.SILENCE", 0.0)


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_silent_server_is_waited_for_and_that_is_said_once(
    run: Run, sandbox: SandboxThread, call: str
) -> None:
    setattr(sandbox.faults, f"{call}_answer", "silent")
    ran = run("set", "user-0003", *STOP)
    assert ran.err.count("Waiting for the server (3 s at most)…") == 1
    assert ran.code == (5 if call == "read" else 6)  # no time was left to read it back


def test_reading_many_says_so_too(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.latency_ms = 1500
    ran = run("get", "user-0003", "user-0004")
    assert ran.code == 0
    assert ran.err == "Waiting for the server…\n"


@pytest.mark.parametrize("words", [("get", "user-0003"), ("set", "user-0003", *STOP)])
def test_a_pause_the_server_asks_for_is_said_once_with_its_length(
    run: Run, sandbox: SandboxThread, words: tuple[str, ...]
) -> None:
    sandbox.faults.refuse, sandbox.faults.retry_after = "4006", 1
    sandbox.faults.rate_limit_spelling = "none"
    ran = run(*words)
    assert ran.code == 5
    assert ran.err.count("Waiting 1 s, then attempt 2: The server answers “too many requests”") == 1
    assert ran.err.count("Waiting") == 1  # not of each of the five attempts
