"""A program in a real terminal: a tmux server of its own, nobody attached."""

import os
import re
import select
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

LOCK_TIMEOUT = 60.0  # seconds; a busy machine is no defect
CURSOR = re.compile(r"\x1b\[7m")  # of an input: its own colours reversed
FOCUSED = "(?:7|48;5;188|48;2;215;221;231)"  # a button: reversed, or on the dark theme's colour of text
USER_SHOWN = ("go out?", "─ read ")  # a user's own screen, and no longer "reading…"


class Tmux:
    """`command` in a terminal of 80×24, for the time of a `with` block. What it showed last stays there."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command = command
        self._environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environ}
        # A socket's path may not be long, and a test's own folder has a long one.
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")

    def __enter__(self) -> Self:
        # Ended by `kill-server` alone: not with the program, and not with its session.
        keep_pane, keep_server = ["set", "-g", "remain-on-exit", "on"], ["set", "-g", "exit-empty", "off"]
        new = ["new-session", "-d", "-x", "80", "-y", "25", "--", *self._command]  # one line is tmux's own
        self._tmux("start-server", ";", *keep_pane, ";", *new, ";", *keep_server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")
        self._folder.cleanup()

    def _tmux(self, *arguments: str) -> str:
        socket = str(Path(self._folder.name, "s"))
        return subprocess.run(
            ["tmux", "-u", "-S", socket, "-f", "/dev/null", *arguments],
            env=self._environ,
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout

    @property
    def pid(self) -> int:
        """The process of the program itself: tmux puts no shell before it."""
        return int(self.format("#{pane_pid}"))

    def record(self, file: Path) -> None:
        """From now on, what is sent to the terminal goes into that file too."""
        self._tmux("pipe-pane", f"cat >> {shlex.quote(str(file))}")

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Presses keys as tmux names them."""
        self._tmux("send-keys", *keys)

    def hang_up(self) -> None:
        """Takes the terminal from the program, as a connection that drops does."""
        self._tmux("kill-session")

    def resize(self, columns: int, lines: int) -> None:
        """Gives the terminal another size; one line of it is tmux's own."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def format(self, text: str) -> str:
        """What tmux makes of a format: `#{alternate_on}` is 1 on the alternate screen."""
        return self._tmux("display-message", "-p", text).strip()

    def screen(self) -> str:
        """What is shown, as plain text."""
        return self._tmux("capture-pane", "-p")

    def styled(self) -> str:
        """What is shown, with the escape sequences of its styles as tmux writes them."""
        return self._tmux("capture-pane", "-p", "-e")

    def wait_for(self, *words: str) -> None:
        """Waits until the screen shows all of these."""
        self.wait_until(lambda: all(word in self.screen() for word in words), " and ".join(words))

    def wait_for_cursor(self) -> None:
        """Waits until the focus is in an input: before that, what is typed goes elsewhere."""
        self.wait_until(lambda: CURSOR.search(self.styled()) is not None, "the cursor of an input")

    def wait_for_focus(self, button: str) -> None:
        """Waits until the focus is on that button."""
        self.wait_until(lambda: self.has_focus(button), f"the focus on {button}")

    def press_until(self, key: str, condition: Callable[[], bool], what: str) -> None:
        """Presses a key at a question until it is taken: none is that comes before the terminal has said that
        it shows the question, nor one that follows such a key without a pause."""
        again = 0.0

        def taken() -> bool:
            nonlocal again
            if condition():
                return True
            if time.monotonic() > again:
                again = time.monotonic() + 2
                self.press(key)
            return False

        self.wait_until(taken, what)

    def has_focus(self, button: str) -> bool:
        """Whether the focus is on that button."""
        shown = re.compile(
            rf"\x1b\[(?:[\d;]*;)?{FOCUSED}(?:;[\d;]*)?m(?:\x1b\[[\d;]*m)* +{re.escape(button)}"
        )
        return shown.search(self.styled()) is not None

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, f"waited for {what}:\n{self.screen()}"
            time.sleep(0.05)


class Watched:
    """A process that is not ours, for the time of a `with` block."""

    def __init__(self, pid: int) -> None:
        self._descriptor = os.pidfd_open(pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def ended(self) -> bool:
        """Waits for its end; False where it does not come."""
        readable, _, _ = select.select([self._descriptor], [], [], LOCK_TIMEOUT)
        return bool(readable)


def children(pid: int) -> list[int]:
    """The processes started by that one."""
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def look_up(terminal: Tmux, user: str) -> None:
    """Looks a user up in a console that has just begun."""
    terminal.wait_for("user_id ", "paste or type ids", "SANDBOX")
    terminal.wait_for_cursor()
    terminal.type(user)
    terminal.press("Enter")


def review_withdrawal(terminal: Tmux, user: str) -> None:
    """Withdraws a user's SMS consent, up to the button that sends it."""
    look_up(terminal, user)
    terminal.wait_for(*USER_SHOWN)
    terminal.press("Down", "Down", "u")
    terminal.wait_for("1 edit staged")
    terminal.press("r")
    terminal.wait_for_focus("Cancel")
    terminal.press("BTab")
    terminal.wait_for_cursor()
    terminal.type("INC-42")
    terminal.press("Tab", "Tab")
    terminal.wait_for_focus("Send")
