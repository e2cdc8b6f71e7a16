"""The real console in a pseudo-terminal shows what it would show had everything been sent."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.harness import Terminal
from tests.unit.emulator import Emulator

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("recorded_console.py")
ESCAPE, UP, DOWN, RIGHT, LEFT = "\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
LOCK_TIMEOUT = 100  # times that the terminal falls quiet


class Painted:
    """What the terminal shows, beside what Textual meant it to show."""

    def __init__(self, terminal: Terminal, record: Path, columns: int, lines: int) -> None:
        self._terminal = terminal
        self._record = record
        self._read = 0
        self._shown = Emulator(columns, lines)
        self._meant = Emulator(columns, lines)
        self._sent = 0

    def _listen(self) -> None:
        data = self._terminal.settle(0.05).decode()
        self._sent += len(data.encode())
        self._shown.feed(data)
        with self._record.open() as record:
            record.seek(self._read)
            whole = record.read()
            whole = whole[: whole.rfind("\n") + 1]
            self._read += len(whole)
        for line in whole.splitlines():
            columns, lines, written = json.loads(line)
            if (columns, lines) != (self._meant.columns, self._meant.lines):
                self._meant = Emulator(columns, lines)
            self._meant.show(written)

    def press(self, *keys: str, sees: str, gone: str = "\0") -> None:
        """Presses keys, waits until the screen shows `sees` and no longer `gone`, and compares."""
        for key in keys:
            self._terminal.send(key)
            self._listen()
        self.wait(sees, gone)

    def wait(self, sees: str, gone: str = "\0") -> None:
        for _ in range(LOCK_TIMEOUT):
            text = self._shown.text()
            if sees in text and gone not in text and self._shown.cells() == self._meant.cells():
                return
            self._listen()
        assert self._shown.text() == self._meant.text()
        assert self._shown.cells() == self._meant.cells()
        raise AssertionError(f"{sees} was never shown, or {gone} never went:\n{self._shown.text()}")

    def sent(self) -> int:
        """How many bytes were sent since this was asked last."""
        sent, self._sent = self._sent, 0
        return sent

    def resize(self, columns: int, lines: int, *, sees: str) -> None:
        self._terminal.resize(columns, lines)
        self._shown.resize(lines, columns)
        self.wait(sees)

    def disturb(self) -> None:
        """Something else writes to the terminal."""
        self._shown.feed("\x1b[3;3H\x1b[41mBroadcast message from root\r\n\n\n")


@contextmanager
def painted(folder: Path, columns: int, lines: int) -> Iterator[Painted]:
    record = folder / "record"
    record.touch()
    command = (sys.executable, str(PROGRAM), str(record))
    with Terminal(command, columns=columns, lines=lines) as terminal:
        yield Painted(terminal, record, columns, lines)


@pytest.mark.parametrize(("columns", "lines"), [(120, 40), (80, 24)])
def test_a_session(tmp_path: Path, columns: int, lines: int) -> None:
    with painted(tmp_path, columns, lines) as console:
        console.wait("paste or type ids")
        assert console.sent() <= 12 * 1024
        console.press(*"user-0006", sees="user-0006")
        assert console.sent() <= 9 * 100
        console.press("\r", sees="─ read ")  # all of the user: "go out?" is there before
        assert console.sent() <= 8 * 1024
        console.press(DOWN, RIGHT, DOWN, LEFT, UP, sees="go out?")
        assert console.sent() <= 5 * 400
        console.press("u", sees="›")
        assert console.sent() <= 500
        console.press("p", sees="Stage a preset")
        console.press(DOWN, ESCAPE, sees="go out?", gone="Stage a preset")
        console.press("2", DOWN, DOWN, DOWN, sees="custom properties")
        console.resize(40, 10, sees="2 Prop")
        console.resize(columns, lines, sees="property")
        console.press("1", "r", sees="Cancel")
        console.press(ESCAPE, sees="go out?", gone="Cancel")
        console.press(ESCAPE, sees="Users", gone="go out?")
        ids = " ".join(f"user-{number:04}" for number in range(1, 61))
        console.press("\x15", ids, "\r", sees="60 ids", gone=" of 60 read")
        console.sent()
        # More than it takes to get there: the first keys may come before the rows have the focus.
        console.press(*[DOWN] * 50, *[UP] * 3, sees="user-0045")
        assert console.sent() <= 53 * 400
        console.press("\x10", sees="What to do")  # the palette lies over the table
        console.press(ESCAPE, sees="user-0045", gone="What to do")


def test_what_something_else_wrote_goes_with_ctrl_l(tmp_path: Path) -> None:
    with painted(tmp_path, 80, 24) as console:
        console.wait("paste or type ids")
        console.disturb()
        console.press("\x0c", sees="user-0001")


def test_a_resize_and_back_at_once_loses_nothing(tmp_path: Path) -> None:
    with painted(tmp_path, 80, 24) as console:
        console.wait("paste or type ids")
        console.resize(40, 10, sees="")
        console.resize(80, 24, sees="user-0001")
