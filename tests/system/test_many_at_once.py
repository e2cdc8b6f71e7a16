"""Many commands over one state folder: each has its turn, none is lost, and the chain is whole."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import Filter, Journal, journal_file
from tests.commands.running import configure
from tests.sandbox_thread import SandboxThread
from tests.unit.journals import filled, tampering

pytestmark = pytest.mark.slow
MANY = 50


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=MANY + 10)) as running:
        yield running


STOP = ("mkt_flag=Unsubscribed", "mkt_sms_flag=Unsubscribed", "night_flag=Unsubscribed")


def started(sandbox: SandboxThread, user: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dfn_tui", "set", user, *STOP, "--yes", "--reason", "x", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ
        | {"DFN_TUI_TOKEN": sandbox.token, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )


def test_fifty_commands_at_once_lose_nothing(sandbox: SandboxThread) -> None:
    configure(sandbox)
    users = [f"user-{number:04d}" for number in range(1, MANY + 1)]
    commands = {user: started(sandbox, user) for user in users}
    ended = {user: (*command.communicate(), command.returncode) for user, command in commands.items()}
    assert {user: err for user, (_out, err, code) in ended.items() if code != 0} == {}
    with Journal(journal_file()) as journal:
        found = journal.find(Filter(), limit=MANY * 2)
        assert journal.verify().whole
    written = {entry.intent.subject.value for entry in found}
    unchanged = {user for user, (out, _err, _code) in ended.items() if b'"unchanged"' in out}
    assert written == set(users) - unchanged
    assert {entry.outcome.outcome for entry in found if entry.outcome} == {Outcome.CONFIRMED}
    assert all(entry.outcome for entry in found)


def test_who_comes_while_another_writes_waits_for_its_turn(sandbox: SandboxThread) -> None:
    configure(sandbox)
    filled(journal_file(), None)
    with tampering(journal_file()) as other:
        other.execute("BEGIN IMMEDIATE")
        command = started(sandbox, "user-0001")
        with pytest.raises(subprocess.TimeoutExpired):  # once it was refused after three seconds
            command.communicate(timeout=6)
        other.execute("ROLLBACK")
        out, err = command.communicate()
    assert (command.returncode, b'"confirmed"' in out) == (0, True), err
