"""How commands end when they are told to, or cannot print what they did."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag
from tests.commands.running import Run, Typed, configure
from tests.sandbox_thread import SandboxThread

STOP = "mkt_sms_flag=Unsubscribed"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
Users = Callable[..., list[str]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_cannot_be_printed_changes_neither_what_was_done_nor_the_code(
    sandbox: SandboxThread, users: Users, form: tuple[str, ...]
) -> None:
    [user] = users()
    configure(sandbox)
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "dfn_tui", "set", user, STOP, "--yes", "--reason", "x", *form],
            stdout=full,
            stderr=subprocess.PIPE,
            env=os.environ | {"DFN_TUI_TOKEN": sandbox.token, **NO_KEYRING},
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert b"The output could not be written: No space left on device." in ended.stderr
    assert b"confirmed" in ended.stderr
    assert sandbox.state.profiles([user])[user][0][Flag.MKT_SMS] == "Unsubscribed"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", [("get",), ("set", STOP)])
def test_a_signal_while_reading_ends_it_as_ctrl_c_does(
    run: Run, sandbox: SandboxThread, users: Users, command: tuple[str, ...], kind: int
) -> None:
    [user] = users()
    sandbox.requests.clear()
    sandbox.faults.read_answer = "silent"
    with Typed(sandbox, command[0], user, *command[1:]) as typed:
        typed.wait_for(lambda: sandbox.requests)
        typed.signal(kind)
        ran = typed.ended()
    assert (ran.code, ran.out) == (130, "")
    assert "Traceback" not in ran.err


def test_a_hangup_that_is_to_be_ignored_stops_no_sending(sandbox: SandboxThread, users: Users) -> None:
    """As after `nohup`."""
    [user] = users()
    sandbox.faults.latency_ms = 300
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Typed(sandbox, "set", user, STOP, "--yes") as typed:
            signal.signal(signal.SIGHUP, before)
            typed.wait_for(lambda: any("update" in one.path for one in sandbox.requests))
            typed.signal(signal.SIGHUP)
            ran = typed.ended()
    finally:
        signal.signal(signal.SIGHUP, before)
        sandbox.faults.latency_ms = 0
    assert (ran.code, "confirmed" in ran.out) == (0, True)
    assert "cannot be stopped half-way" not in ran.err
