"""A program in a real pseudo-terminal that answers one query, whether it repeats a sign: what it sent, when.

The screen is not modelled: what a program sends is enough to know when a character was painted.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import sysconfig
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from dfn_tui.painting.abilities import ASK_REPEAT

LOCK_TIMEOUT = 30.0  # seconds until something that was waited for is held to be missing
ALTERNATE_SCREEN = b"\x1b[?1049h"  # the first thing a full-screen program sends: it has the terminal now
QUIT = "\x11"  # Ctrl+Q

BARE = (sys.executable, str(Path(__file__).with_name("bare_app.py")))
CONSOLE = (str(Path(sysconfig.get_path("scripts")) / "dfn-tui"), "demo")
ASKED_REPEAT = ASK_REPEAT.encode()
NOT_INHERITED = (
    "COLUMNS",  # where they are set, the size of the terminal does not count
    "LINES",
    "PYTHONDONTWRITEBYTECODE",  # the console would be compiled at each start, unlike Textual
)
VIM = ("vim", "-u", "NONE", "-N")
QUIT_VIM = "\x1b:q!\r"


@dataclass(frozen=True, slots=True)
class Figure:
    """The same thing measured in each program; None where a program has nothing of the kind."""

    name: str
    console: float
    bare: float | None = None
    vim: float | None = None
    goal: float | None = None
    larger: tuple[float, ...] = ()
    """The console on larger terminals."""
    goal_of_larger: float | None = None


class Terminal:
    """Runs `command` for the time of a `with` block. Times are those of `time.perf_counter`, in seconds."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        columns: int = 80,
        lines: int = 24,
        quit_with: str = QUIT,
        folder: Path | None = None,
    ) -> None:
        """`folder` is where the program works; none: where this one does."""
        self._command = command
        self._folder = folder
        self.answers = True
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        self._environ = {**inherited, "TERM": "xterm-256color", **(environ or {})}
        self._quit_with = quit_with
        self._size = struct.pack("HHHH", lines, columns, 0, 0)

    def __enter__(self) -> Self:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, self._size)
                if self._folder is not None:
                    os.chdir(self._folder)
                os.execvpe(self._command[0], list(self._command), self._environ)
            finally:
                os._exit(127)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Asks the program to quit, and kills it if it does not."""
        try:
            if not self._ended():
                self.send(self._quit_with)
            deadline = time.perf_counter() + LOCK_TIMEOUT
            while not self._ended() and time.perf_counter() < deadline:
                self._read(0.05)
        finally:
            if not self._ended():
                os.kill(self.pid, signal.SIGKILL)
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            os.waitpid(self.pid, 0)
            os.close(self._fd)

    def _ended(self) -> bool:
        """Whether the program has ended; it stays to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _read(self, timeout: float) -> bytes:
        """What the program sends next; nothing after `timeout` seconds, or where it has ended."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, timeout))
        try:
            seen = os.read(self._fd, 65536) if ready else b""
            if self.answers and ASKED_REPEAT in seen:
                os.write(self._fd, b"\x1b[2;4R")
        except OSError:  # how Linux says that nobody holds the other end any more
            return b""
        return seen

    def send(self, keys: str) -> float:
        """Types `keys`, and returns when."""
        now = time.perf_counter()
        os.write(self._fd, keys.encode())
        return now

    def echoes(self) -> bool:
        """Whether the terminal shows by itself what is typed."""
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def wait_for(self, wanted: bytes, timeout: float = LOCK_TIMEOUT) -> float | None:
        """When `wanted` was sent in full, looking from now on. None where `timeout` seconds pass first."""
        seen = b""
        deadline = time.perf_counter() + timeout
        while (left := deadline - time.perf_counter()) > 0:
            seen += self._read(left)
            if wanted in seen:
                return time.perf_counter()
            if self._ended():
                raise RuntimeError(f"{self._command} ended: {seen.decode(errors='replace')}")
        return None

    def settle(self, quiet: float = 0.1) -> bytes:
        """What is sent until nothing is for `quiet` seconds."""
        seen = b""
        while more := self._read(quiet):
            seen += more
        return seen

    def resize(self, columns: int, lines: int) -> None:
        """Gives the terminal another size, as somebody who drags the edge of its window."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def sent_in(self, seconds: float) -> int:
        """How many bytes the program sends in that time."""
        count = 0
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            count += len(self._read(left))
        return count

    def resident_kib(self) -> int:
        """The memory the program holds at this moment, without that of its children. In KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1])
