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
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import IO, Any, Protocol, cast

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from dfn_tui.keyboard.messages import AllShown, Packet
from dfn_tui.keyboard.reading import InputReader
from dfn_tui.text.glyphs import SAMPLE

FINISHING = 8.0
"""Seconds that a write under way is given to end. One that does not stays open in the journal."""
CLEANING_UP = 2.0
"""Seconds more for everything else. What hangs even then is given up."""

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
_RESTORED = b"\x1b[m\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""What is sent on leaving: no style, no bracketed paste, line wrap, no mouse, keys, screen, cursor, focus
reports."""
_ANSWERED = 2.0
"""Seconds after which no answer of the terminal is expected any more."""
_FIRST_ANSWER = 30.0
"""Seconds in which a terminal is asked further that has not answered yet: its line may be slow."""
WHERE = "\x1b[6n"
"""Asks the terminal where its cursor is. What it answers tells that it has shown all that was sent before."""


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
        self.answers = False
        """Whether the terminal says where its cursor is, when it is asked."""
        self._asked: deque[tuple[int | None, Callable[[int], object]]] = deque()
        self._asked_at = 0.0
        self._first_asked_at: float | None = None

    def start_application_mode(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        if self._terminals and self._key_thread is None:  # not again after Ctrl+Z
            threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and not self.answers and not self._asked:
            self._look_how_wide()

    # What is asked of the terminal.

    def _ask_where(self, answered: Callable[[int], object], shown: str = "", row: int | None = None) -> None:
        """Has `answered` called, in the thread of the input, with the column that the terminal's cursor is in
        after `shown`. A terminal may never answer."""
        self._asked.append((row, answered))
        self._asked_at = time.monotonic()
        super().write(shown + WHERE)

    def _expects_answer(self) -> bool:
        """Whether an answer may still come; a terminal that has none is not waited for."""
        return bool(self._asked) and time.monotonic() - self._asked_at < _ANSWERED

    def _look_how_wide(self) -> None:
        """Has the terminal show the glyphs of which some terminals make two cells each: it will be painted
        over. Nothing waits for the answer."""
        self._ask_where(self._measured, "\x1b[H" + SAMPLE, 0)
        self._first_asked_at = self._first_asked_at or self._asked_at

    def _measured(self, column: int) -> None:
        self.answers = True
        if column > len(SAMPLE):
            self._loop.call_soon_threadsafe(self.glyphs_are_wide)

    def glyphs_are_wide(self) -> None:
        """The terminal gives two cells to characters for which one was counted."""

    def ask_whether_shown(self) -> bool:
        """Has the app told by `AllShown`, in its order among the keys, when the terminal has shown what was
        sent until now. False where the terminal would not answer."""
        first = self._first_asked_at
        asked = self.answers or (first is not None and time.monotonic() - first < _FIRST_ANSWER)
        if asked:
            self._ask_where(lambda _column: self.send_message(AllShown()))
        return asked

    # What comes from it.

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001  told as a defect, like those of the other threads
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        reader = InputReader(self.fileno, self._take, self._expects_answer)
        try:
            reader.run(self.exit_event)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._lost()

    def _take(self, messages: Sequence[Message]) -> None:
        """Hands on what arrived together; keys among it as one packet, so that nothing comes between them."""
        typed: list[events.Key | events.Paste] = []
        for message in messages:
            if isinstance(message, events.Key | events.Paste):
                typed.append(message.set_sender(self._app))
                continue
            self._hand_on(typed)
            typed = []
            if not isinstance(message, events.CursorPosition):
                self.process_message(message)
            else:
                self._answer(message)
        self._hand_on(typed)

    def _answer(self, place: events.CursorPosition) -> None:
        """An answer of another row is to a later question: the ones before it got none."""
        while self._asked:
            row, answered = self._asked.popleft()
            if row in (None, place.y):
                answered(place.x)
                break

    def _hand_on(self, typed: Sequence[events.Key | events.Paste]) -> None:
        if len(typed) == 1:
            self.process_message(typed[0])
        elif typed:
            self.send_message(Packet(typed))

    # The mouse.

    def use_mouse(self, on: bool) -> None:
        """Has the terminal report clicks and the wheel, or no longer."""
        if on is not self._mouse:
            self._disable_mouse_support()
            self._mouse = on
            self._enable_mouse_support()

    @property
    def mouse(self) -> bool:
        """Whether the terminal was asked to report clicks and the wheel."""
        return self._mouse

    def _enable_mouse_support(self) -> None:
        """Presses and the wheel only. Each move of the mouse would be a report, and mostly a repaint."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")
            self.flush()

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000l\x1b[?1006l")
            self.flush()

    def _query_in_band_window_resize(self) -> None:
        """Never: the size is what the system says, not what stands in the input."""

    def _enable_mouse_pixels(self) -> None:
        """Never: a cell is what is clicked."""

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
