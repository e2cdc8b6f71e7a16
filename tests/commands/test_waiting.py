"""That a command says what it waits for, on a terminal and, once, where there is none."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.commands.running import Run, configure
from tests.sandbox_thread import SandboxThread

STOP = ("mkt_sms_flag=Unsubscribed", "--yes", "--reason", "INC-7")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:
    """A command is given three seconds, and silence is told at once."""
    monkeypatch.setattr("dfn_tui.cli.writing.SECONDS", 3.0)
    monkeypatch.setattr("dfn_tui.cli.writing.LEAST_SECONDS", 3.0)
    monkeypatch.setattr("dfn_tui.cli.session.SILENCE", 0.0)


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_server_that_is_slow_to_read_and_then_silent_is_given_no_more_than_the_whole_time(
    run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.cli.writing.LEAST_SECONDS", 1.0)
    given: list[float] = []

    @contextmanager
    def noted(seconds: float) -> Iterator[None]:
        given.append(seconds)
        yield

    monkeypatch.setattr("dfn_tui.cli.writing.deadline", noted)
    assert run("set", "user-0003", *STOP, "--dry-run").code == 0
    assert given == [2.0]  # which leaves what is set aside for sending
    ids = [f"user-{number:04d}" for number in range(1, 42)]
    assert run("set", *ids, *STOP, "--dry-run").code == 0
    assert given[1:] == [2.0 + 2 * 20.0]


CLOSES_NEVER = """
import asyncio, sys, threading
from dfn_tui.cli import main, session

session._CLOSING = 0.5
asyncio.Runner.close = lambda _runner: threading.Event().wait()
sys.exit(main(sys.argv[1:]))
"""


def test_a_loop_that_cannot_be_closed_does_not_hold_the_command_up(sandbox: SandboxThread) -> None:
    configure(sandbox)
    ended = subprocess.run(
        [sys.executable, "-c", CLOSES_NEVER, "get", "user-0001"],
        env=os.environ
        | {"DFN_TUI_TOKEN": sandbox.token, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, "not enough memory" in ended.stderr) == (6, True)


def test_no_time_goes_on_after_a_command_has_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", "of somebody else")
    assert run("get", "user-0001").code == 4
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
