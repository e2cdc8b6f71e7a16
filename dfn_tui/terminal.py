"""The terminal the console runs in, and the ways it is told to end: signals, and a terminal that is gone.

SIGHUP, SIGTERM and SIGINT make the console finish what it is writing and leave. A terminal that vanished
counts as SIGHUP even where nobody sends one (as under `nohup`). Whatever happens, the process ends within
`FINISHING` and `CLEANING_UP` seconds, and a terminal that is still there is left as it was found.
"""

import errno
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import IO, Any, Protocol, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

FINISHING = 8.0
"""Seconds that a write under way is given to end. One that does not stays open in the journal."""
CLEANING_UP = 2.0
"""Seconds more for everything else. What hangs even then is given up."""

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
_RESTORED = b"\x1b[m\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""What is sent on leaving: no style, no bracketed paste, line wrap, keys, screen, cursor, focus reports."""


def started_by_shell() -> bool:
    """Whether the parent is a shell with job control: of the same session, and the console in a process
    group of its own. Any other parent would not notice that the console was stopped."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except PermissionError:  # asked about another session, by some systems
        return False


class Leaving(Protocol):
    """What the driver asks of its app: to end in good order, with an exit code, in so many seconds."""

    def leave(self, code: int, timeout: float) -> None: ...


class ConsoleDriver(LinuxDriver):
    """Textual's driver, made to survive the loss of its terminal and to hear when it shall end.

    On its own it would stand still for ever when output fails, spin when input ends, and die of a signal
    with the terminal in disorder.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminals = [fd for fd in (0, 1, 2) if os.isatty(fd)]
        self._file = cast("Any", _Outlet(cast("IO[str]", self._file), self._lost))
        self._ending = False

    def start_application_mode(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        if self._terminals and self._key_thread is None:  # not again after Ctrl+Z
            threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._lost()

    def close(self) -> None:
        super().close()
        if not self._ending:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)

    def _watch(self) -> None:
        """Waits, at no cost, until there is no terminal any more."""
        poll = select.poll()
        poll.register(self._terminals[0], 0)  # asked for nothing, it still tells of the end
        if any(event & select.POLLHUP for _fd, event in poll.poll()):
            self._lost()

    def _lost(self) -> None:
        """Lets reading and writing go nowhere instead of failing, and hangs up."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in self._terminals:
            os.dup2(nowhere, fd)
        os.close(nowhere)
        os.kill(os.getpid(), signal.SIGHUP)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._ending:
            return
        self._ending = True
        code = 128 + number
        # An alarm, not a task of the loop: it comes even where the loop stands still.
        signal.signal(signal.SIGALRM, lambda _number, _frame: self._give_up(code))
        signal.setitimer(signal.ITIMER_REAL, FINISHING + CLEANING_UP)
        self._loop.call_soon_threadsafe(cast("Leaving", self._app).leave, code, FINISHING)

    def _give_up(self, code: int) -> None:
        # A terminal that takes nothing any more must not hold even this up: then the next alarm kills.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 1.0)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        with suppress(OSError):
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _RESTORED)
        os._exit(code)


class _Outlet:
    """Writes to the terminal for as long as there is one, and never fails because it is gone."""

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost

    def write(self, text: str) -> None:
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._lost()
