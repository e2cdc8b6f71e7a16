"""Kinds of terminals: the console starts in them and can be read, or says in a word why not."""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.harness import Terminal
from tests.unit.emulator import Emulator

pytestmark = pytest.mark.slow

CONSOLE = [sys.executable, "-m", "dfn_tui"]
COLOUR = re.compile(rb"\x1b\[(?:\d*;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
END_OF_FILE = "\x04"
LOCK_TIMEOUT = 100  # times that the terminal falls quiet


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(
        'default = "live"\n[connections.live]\napi = "v1"\nenvironment = "production"\nread_only = true\n'
        'base_url = "http://127.0.0.1:9"\n'
    )


def started_and_left(environ: dict[str, str]) -> bytes:
    """Starts the console, waits until it can be read, leaves it, and gives what it sent."""
    script = f"{shlex.join(CONSOLE)}; echo ended with $?; cat"
    sent, screen = b"", Emulator(80, 24)
    with Terminal(["sh", "-c", script], environ, quit_with=END_OF_FILE) as terminal:
        for _ in range(LOCK_TIMEOUT):
            if "PRODUCTION" in screen.text() and "Quit" in screen.text():
                break
            data = terminal.settle()
            sent += data
            screen.feed(data.decode())
        shown = screen.text()
        assert "PRODUCTION" in shown
        assert "READ-ONLY" in shown
        assert "user_id " in shown
        terminal.send("\x11")
        assert terminal.wait_for(b"ended with 0")
    return sent


@pytest.mark.parametrize("kind", ["linux", "screen", "tmux-256color", "xterm", "vt100"])
def test_the_console_starts_in_it_and_can_be_read(kind: str) -> None:
    assert COLOUR.search(started_and_left({"TERM": kind}))


def test_without_colours_everything_is_still_said() -> None:
    assert not COLOUR.search(started_and_left({"TERM": "xterm-256color", "NO_COLOR": "1"}))


@pytest.mark.parametrize("kind", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_show_it_is_refused(kind: str) -> None:
    master, slave = pty.openpty()
    try:
        ended = subprocess.run(
            CONSOLE,
            env={**os.environ, "TERM": kind},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            check=False,
            timeout=60,
        )
        said = os.read(master, 4096).decode()
    finally:
        os.close(slave)
        os.close(master)
    assert ended.returncode == 2
    assert f"TERM is {f'“{kind}”' if kind else 'not set'}" in said
    assert "\x1b" not in said


def test_no_terminal_is_refused() -> None:
    ended = subprocess.run(
        CONSOLE, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "standard input, standard output, standard error" in ended.stderr
    assert "ssh -t" in ended.stderr
