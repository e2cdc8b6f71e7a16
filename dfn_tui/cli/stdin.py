"""A token, a list or an answer from the standard input, and the terminal in its place afterwards."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _

if TYPE_CHECKING:
    from pydantic import SecretStr

_STDIN = 0
_LARGEST = 65_536  # bytes of a first line
_LARGEST_LIST = 64 << 20  # bytes: some millions of ids


def is_terminal(fd: int | None = None) -> bool:
    """Whether somebody types what is read; for a descriptor given, whether it is a terminal."""
    with suppress(OSError):  # it is closed
        return os.isatty(_STDIN if fd is None else fd)
    return False


def can_ask() -> bool:
    """Whether somebody sees what is said and can answer it."""
    return is_terminal() and sys.stderr.isatty()


def ask(question: str) -> str:
    """What is typed, without blanks around it; "" at the end of the input. `question` has to be inert."""
    with _wakened_by_signals() as wakened:
        print(
            question, end="", file=sys.stderr, flush=True
        )  # not by `input`: that would write among the data
        while sys.stdin not in select.select([sys.stdin, wakened], [], [])[0]:
            os.read(wakened, 64)  # the signal's handler has run, and let this go on
    return sys.stdin.readline().strip()


@contextmanager
def _wakened_by_signals() -> Iterator[int]:
    """A descriptor that can be read once a signal came. Python runs a signal's handler between two steps of
    its own: one that comes just before a read that waits would be answered only after the next line."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)  # asked for by `set_wakeup_fd`
    before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield readable
    finally:
        signal.set_wakeup_fd(before)
        os.close(readable)
        os.close(writable)


def piped_token() -> "SecretStr":
    """The first line of what is piped in. Raises `ConsoleError` on a terminal: it would be shown as it is
    typed; and `BadToken`."""
    from dfn_tui.credentials import clean_token  # noqa: PLC0415  pydantic, which no other start needs
    from dfn_tui.credentials.memory import keep_to_ourselves  # noqa: PLC0415  as above

    keep_to_ourselves()

    if is_terminal():
        raise ConsoleError(
            _("No token was piped in"),
            _("The standard input is a terminal."),
            _("Pipe the token in: pass show dfinery/prod | dfn-tui --token-stdin"),
        )
    return clean_token(_first_line().decode("utf-8", "replace"))


def _first_line() -> bytes:
    """Read from the descriptor itself: Python's buffer would keep what follows."""
    line = b""
    while b"\n" not in line and len(line) <= _LARGEST:
        try:
            piece = os.read(_STDIN, 4096)
        except OSError:  # it is closed
            break
        if not piece:
            break
        line += piece
    return line.partition(b"\n")[0]


def piped_bytes() -> BinaryIO:
    """The standard input as it is, to be read to its end."""
    return open(_STDIN, "rb", closefd=False)


def is_stdin(path: Path) -> bool:
    """Whether the standard input is that file. Raises `OSError` where either is not there."""
    return os.path.samestat(os.fstat(_STDIN), path.stat())


def piped_text() -> str:
    """All that is on the standard input, to its end. Raises `ConsoleError` where that is too long, or not
    UTF-8."""
    data = bytearray()
    with suppress(OSError):  # it is closed
        while len(data) <= _LARGEST_LIST and (piece := os.read(_STDIN, 1 << 16)):
            data += piece
    if len(data) > _LARGEST_LIST:
        raise ConsoleError(
            _("The list is too long"),
            _("The standard input holds more than 64 MiB."),
            _("Give fewer ids at once."),
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConsoleError(
            _("The list cannot be read"),
            _("The standard input is not UTF-8 text at line {line}.").format(line=line),
            _("Convert it to UTF-8 first."),
        ) from None


def reopen_terminal() -> None:
    """Puts the controlling terminal where the pipe was, because the console reads its keys there.

    Raises `ConsoleError` where there is no terminal.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise ConsoleError(
            _("There is no terminal"),
            _("The console has no terminal to read keys from: {error}.").format(error=system_reason(error)),
            _("Start it from a terminal (over SSH: ssh -t)."),
        ) from None
    os.dup2(terminal, _STDIN)
    os.close(terminal)
