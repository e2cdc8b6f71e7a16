"""Hang-ups, signals and terminals that are gone, while a write is under way in a real terminal."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import Entry, Filter, Journal
from tests.e2e.tmux import LOCK_TIMEOUT, Tmux, Watched, review_withdrawal
from tests.sandbox_thread import SandboxThread
from tests.starting import start

pytestmark = pytest.mark.slow

USER = "user-0003"
PROGRAM = str(Path(__file__).with_name("console_in_test.py"))
UPDATE = "/api/v1/users/profile/update"


class Console:
    """A console in a terminal of its own, and what it leaves behind."""

    def __init__(self, folder: Path, sandbox: SandboxThread) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.environ = {
            "HOME": str(folder),
            "DFN_TUI_CONFIG": str(folder / "config.toml"),
            "DFN_TUI_STATE": str(folder / "state"),
            "DFN_TUI_TOKEN": sandbox.token,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        (folder / "config.toml").write_text(
            f'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
            f'base_url = "{sandbox.url}"\n'
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, PROGRAM, str(self.folder), *arguments]

    @property
    def pid(self) -> int:
        """The console itself, where something stands between it and the terminal."""
        return int((self.folder / "pid").read_text())

    @property
    def code(self) -> int:
        return int((self.folder / "code").read_text())

    def mode(self, when: str) -> str:
        """The terminal's modes, as the shell wrote them to that file; nothing while it has not."""
        file = self.folder / when
        return file.read_text() if file.exists() else ""

    @property
    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    @property
    def journal_path(self) -> Path:
        return self.folder / "state" / "journal.db"

    def entry(self) -> Entry:
        """The one entry of the journal."""
        with Journal(self.journal_path) as journal:
            assert journal.verify().whole
            [entry] = journal.find(Filter())
            return entry

    def sent(self) -> bool:
        """Whether a write has reached the server."""
        return any(request.path == UPDATE for request in self.sandbox.requests)

    def consent(self) -> str:
        [(state,)] = self.sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", USER)
        return str(state)

    def write(self, terminal: Tmux, latency_ms: int) -> None:
        """Withdraws a consent, and returns when the server has received that but not yet done it."""
        review_withdrawal(terminal, USER)
        self.sandbox.faults.latency_ms = latency_ms
        terminal.press("Enter")
        terminal.wait_until(self.sent, "the write")
        assert self.consent() == "Subscribed"


@pytest.fixture
def console(tmp_path: Path, require: Callable[..., None]) -> Iterator[Console]:
    require("tmux")
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        yield Console(tmp_path, sandbox)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_lets_the_write_end_and_gives_the_terminal_back(
    console: Console, number: signal.Signals
) -> None:
    with Tmux(["sh"], console.environ) as terminal:
        terminal.type(f"cd {console.folder}; stty -g > before; " + " ".join(console.command()))
        terminal.type("; echo ended with $?; stty -g > after")
        terminal.press("Enter")
        console.write(terminal, 300)
        os.kill(console.pid, number)
        terminal.wait_for(f"ended with {128 + number}")
        assert "nothing sent yet" not in terminal.screen() and "Sending" not in terminal.screen()
        terminal.wait_until(lambda: console.mode("after") == console.mode("before"), "the terminal's modes")
        assert terminal.format("#{alternate_on} #{cursor_flag} #{keypad_flag} #{wrap_flag}") == "0 1 0 1"
    assert console.consent() == "Unsubscribed"
    entry = console.entry()
    assert entry.outcome is not None
    assert entry.outcome.outcome is Outcome.CONFIRMED
    assert console.errors == ""


@pytest.mark.parametrize("arguments", [[], ["setsid"]], ids=["SIGHUP", "nobody says so"])
def test_a_terminal_that_goes_lets_the_write_end(console: Console, arguments: list[str]) -> None:
    with Tmux(console.command(*arguments), console.environ) as terminal:
        console.write(terminal, 300)
        with Watched(console.pid) as process:
            terminal.hang_up()
            assert process.ended()
    assert console.code == 128 + signal.SIGHUP
    assert console.consent() == "Unsubscribed"
    entry = console.entry()
    assert entry.outcome is not None
    assert entry.outcome.outcome is Outcome.CONFIRMED
    assert console.errors == ""


def test_quitting_waits_for_the_write(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        console.write(terminal, 300)
        with Watched(console.pid) as process:
            terminal.press("C-q")
            assert process.ended()
    assert console.code == 0
    assert console.consent() == "Unsubscribed"
    entry = console.entry()
    assert entry.outcome is not None
    assert entry.outcome.outcome is Outcome.CONFIRMED
    assert console.errors == ""


async def test_a_write_that_does_not_end_in_time_is_settled_by_the_next_start(console: Console) -> None:
    with Tmux(console.command("FINISHING=0.2"), console.environ) as terminal:
        console.write(terminal, 3_000)
        with Watched(console.pid) as process:
            os.kill(console.pid, signal.SIGTERM)
            assert process.ended()
    assert console.code == 128 + signal.SIGTERM
    assert console.errors == ""
    assert console.entry().outcome is None
    console.sandbox.faults.latency_ms = 0
    async with start(console.sandbox, console.journal_path) as session:
        await session.settled_first()
        [settled] = session.settled
    if Outcome(settled.outcome.value) is Outcome.UNKNOWN:  # not applied yet; the server is given a minute
        later = datetime.now(UTC) + timedelta(minutes=2)
        async with start(console.sandbox, console.journal_path, clock=lambda: later) as session:
            await session.settled_first()
            [settled] = session.settled
    applied = console.consent() == "Unsubscribed"
    assert Outcome(settled.outcome.value) is (Outcome.CONFIRMED if applied else Outcome.FAILED)


def test_a_look_up_under_way_holds_nothing_up(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        terminal.wait_for("paste or type ids")
        terminal.wait_for_cursor()
        console.sandbox.faults.latency_ms = 60_000
        terminal.type(USER)
        terminal.press("Enter")
        terminal.wait_until(lambda: bool(console.sandbox.requests), "the look-up")
        with Watched(console.pid) as process:
            os.kill(console.pid, signal.SIGTERM)
            assert process.ended()
    assert console.code == 128 + signal.SIGTERM
    assert console.errors == ""
    assert not console.journal_path.exists()


def test_a_terminal_that_takes_nothing_any_more_holds_nothing_up(console: Console) -> None:
    """As over a connection that is dead and not yet known to be."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        console.command("FINISHING=0.2", "CLEANING_UP=0.3"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, **console.environ, "TERM": "xterm-256color"},
        start_new_session=True,
    ) as process:
        os.close(slave)
        shown = b""
        while b"or type ids" not in shown:  # the cursor stands on what is before it
            shown += os.read(master, 65536)
        for letter in b"abcdefghij" * 3000:  # each is painted, and nobody reads that
            os.write(master, bytes([letter]))
        process.send_signal(signal.SIGTERM)
        assert process.wait(LOCK_TIMEOUT) == 128 + signal.SIGTERM
    os.close(master)
