"""The operator goes away and comes back: the console shows what it showed, whole, and takes keys."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tmux import USER_SHOWN, Tmux, look_up

pytestmark = pytest.mark.slow

CONSOLE = [sys.executable, "-m", "dfn_tui", "demo"]


@pytest.fixture
def home(tmp_path: Path, require: Callable[..., None]) -> dict[str, str]:
    """An environment in which nothing belongs to whoever runs the test."""
    require("tmux")
    names = {"HOME": "", "DFN_TUI_CONFIG": "config.toml", "DFN_TUI_STATE": "state", "TMUX_TMPDIR": ""}
    return {name: str(tmp_path / file) for name, file in names.items()}


def open_user(terminal: Tmux) -> str:
    """Opens a user, stages a withdrawal, and gives what is shown then.

    A consent that is given during the night in Korea brings a notice that comes and goes.
    """
    look_up(terminal, "user-0001")
    terminal.wait_for(*USER_SHOWN)
    terminal.press("u")
    terminal.wait_for("1 edit staged")
    return body(terminal)


def body(terminal: Tmux) -> str:
    """What is shown, without the clocks and the hand of the day's strip, which go on meanwhile."""
    return re.sub(r"\d\d:\d\d|[ ╍━·│]+", " ", "\n".join(terminal.screen().splitlines()[1:22]))


def leave(terminal: Tmux) -> None:
    """Leaves the console, which drops nothing without having asked."""
    terminal.press("x")
    terminal.wait_for("Nothing staged.")
    terminal.press("C-q")


def test_suspended_and_woken(home: dict[str, str], tmp_path: Path) -> None:
    with Tmux(["bash", "--norc", "--noprofile", "-i"], {**home, "PS1": "shell> "}) as terminal:
        terminal.wait_for("shell>")
        terminal.type(f"cd {tmp_path}; stty -g > before; {shlex.join(CONSOLE)}")
        terminal.press("Enter")
        was = open_user(terminal)
        for _ in range(2):
            terminal.press("C-z")
            terminal.wait_for("Stopped")
            assert terminal.format("#{alternate_on} #{cursor_flag} #{wrap_flag}") == "0 1 1"
            terminal.type("clear; echo typed into $0")
            terminal.press("Enter")
            terminal.wait_for("typed into bash")
            terminal.type("fg")
            terminal.press("Enter")
            terminal.wait_until(lambda: body(terminal) == was, "what was shown before")
            terminal.press("2")
            terminal.wait_for("user_name")
            terminal.press("1")
            terminal.wait_until(lambda: body(terminal) == was, "the first tab")
        leave(terminal)
        terminal.wait_until(lambda: terminal.format("#{alternate_on}") == "0", "the end")
        terminal.type("echo ended with $?; stty -g > after; echo all written")
        terminal.press("Enter")
        terminal.wait_for("ended with 0", "\nall written")
        assert "Traceback" not in terminal.screen()
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def test_where_no_shell_could_wake_it_it_is_not_suspended(home: dict[str, str]) -> None:
    with Tmux(CONSOLE, home) as terminal:
        open_user(terminal)
        terminal.press("C-z")
        terminal.wait_for("no shell")
        terminal.press("2")
        terminal.wait_for("user_name")


def test_detached_and_attached(home: dict[str, str]) -> None:
    inner = ["tmux", "-u", "-f", "/dev/null", "-L", "inner"]
    begin, again = [*inner, "new-session", "-s", "work", shlex.join(CONSOLE)], [*inner, "attach"]
    try:
        with Tmux(["sh"], home) as terminal:
            terminal.type(f"unset TMUX; {shlex.join(begin)}")
            terminal.press("Enter")
            was = open_user(terminal)
            terminal.press("C-b", "d")
            terminal.wait_for("[detached")
            terminal.type(shlex.join(again))
            terminal.press("Enter")
            terminal.wait_until(lambda: body(terminal) == was, "what was shown before")
            leave(terminal)
            terminal.wait_for("[exited]")
    finally:  # it is still there where the test failed
        subprocess.run([*inner, "kill-server"], env=os.environ | home, check=False, capture_output=True)


def test_small_and_large_again(home: dict[str, str]) -> None:
    with Tmux(CONSOLE, home) as terminal:
        was = open_user(terminal)
        terminal.resize(40, 10)
        terminal.wait_until(lambda: "1 edit staged" in terminal.screen(), "the small screen")
        lines = terminal.screen().splitlines()
        assert len(lines) <= 10
        assert max(map(len, lines)) <= 40
        terminal.press("2", "3", "1")
        terminal.resize(80, 25)
        terminal.wait_until(lambda: body(terminal) == was, "what was shown before")
