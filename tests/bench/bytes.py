"""How many bytes reach the terminal, in three sizes; in the first beside a bare Textual app and vim.

Every figure is counted at the other end of a pseudo-terminal. The console repaints its clock once a minute:
idle is measured between two turns of the minute. vim is measured where it is installed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import mean, median

from tests.bench.harness import BARE, CONSOLE, LOCK_TIMEOUT, QUIT, QUIT_VIM, VIM, Figure, Terminal

KIB = 1024
IDLE = 10.0  # seconds
PRESSES = 12
START = 3.0  # seconds, after which every program is ready
ENOUGH = 0.5  # seconds without a byte: whatever was under way is done
BETWEEN = 0.08  # the same for one key
UP, DOWN, LEFT, RIGHT, ESCAPE, ENTER = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C", "\x1b", "\r"
REPAINT = "\x0c"
MATRIX = (DOWN, RIGHT, DOWN, LEFT, UP)


SIZES = ((120, 40), (160, 45), (200, 50))
"""The first one has a user on a screen of their own, the others beside the list."""
GOALS: dict[str, tuple[int, int]] = {
    "start, until usable": (2 * KIB, 2 * KIB),
    "idle for 10 s": (0, 0),
    "idle for 10 s, a user open": (0, 0),
    "a typed character": (20, 20),
    "a move in the consent matrix": (200, 200),
    "a move in a list": (200, 1200),
    "a move that scrolls a list (mean)": (200, 1200),
    "staging a flag": (350, 350),
    "opening a user": (5 * KIB, 5 * KIB),
    "all of the list, and a user where there is room": (15 * KIB, 15 * KIB),
}
"""In the first size, and in the others."""
POINTER = "given"  # painted where the cursor of the consent matrix is


def measure(environ: Mapping[str, str], *, with_vim: bool) -> list[Figure]:
    """All figures, in bytes; of what was done several times, the median."""
    bare = dict(_bare(environ))
    vim = dict(_vim(environ)) if with_vim else {}
    console = [dict(_console(environ, *size)) for size in SIZES]
    return [
        Figure(
            f"bytes: {name}",
            value,
            bare.get(name),
            vim.get(name),
            GOALS.get(name, (None, None))[0],
            larger=tuple(one[name] for one in console[1:]),
            goal_of_larger=GOALS.get(name, (None, None))[1],
        )
        for name, value in console[0].items()
    ]


def _console(environ: Mapping[str, str], columns: int, lines: int) -> Iterator[tuple[str, float]]:
    with _started(CONSOLE, environ, columns=columns, lines=lines) as (terminal, start):
        yield "start, until usable", start
        yield "idle for 10 s", _idle(terminal)
        yield "a typed character", _keys(terminal, "user-0001-more")
        yield "opening a user", _after(terminal, "\x15", "user-0001", ENTER, shown=POINTER)
        yield "idle for 10 s, a user open", _idle(terminal)
        yield "a move in the consent matrix", _keys(terminal, islice(cycle(MATRIX), PRESSES))
        yield "staging a flag", _keys(terminal, "uxuxux")
        yield "the properties of a user", _after(terminal, "2")
        yield "a move in the properties", _keys(terminal, (DOWN,) * 5)
        _after(terminal, "1")
        yield "closing a user", _after(terminal, ESCAPE)
        many = " ".join(f"user-{number:04}" for number in range(1, 61))
        yield "looking 60 users up", _after(terminal, "i", "\x15", many, ENTER, shown="user-0030")
        yield "a move in a list", _keys(terminal, (DOWN, DOWN, DOWN, UP, DOWN, DOWN))
        _keys(terminal, (DOWN,) * (lines - 10))
        yield "a move that scrolls a list (mean)", _keys(terminal, (DOWN,) * 10, of=mean)
        yield "all of the list, and a user where there is room", _after(terminal, REPAINT)


def _bare(environ: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    with _started(BARE, environ) as (terminal, start):
        yield "start, until usable", start
        yield "idle for 10 s", _idle(terminal)
        yield "a typed character", _keys(terminal, "user-0001-more")


def _vim(environ: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    lines = Path(environ["HOME"], "lines")
    lines.write_text("".join(f"line {number}\n" for number in range(100)))
    with _started((*VIM, str(lines)), environ, QUIT_VIM) as (terminal, start):
        yield "start, until usable", start
        yield "idle for 10 s", _idle(terminal)
        yield "a move in a list", _keys(terminal, "jjjkjj")
        _keys(terminal, "j" * 34)
        yield "a move that scrolls a list (mean)", _keys(terminal, "j" * 10, of=mean)
        terminal.send("A")
        terminal.settle()
        yield "a typed character", _keys(terminal, "user-0001-more")


@contextmanager
def _started(
    command: Sequence[str],
    environ: Mapping[str, str],
    quit_with: str = QUIT,
    *,
    columns: int = SIZES[0][0],
    lines: int = SIZES[0][1],
) -> Iterator[tuple[Terminal, int]]:
    """The program, and how many bytes it sent until it was ready for a key."""
    with Terminal(command, environ, columns=columns, lines=lines, quit_with=quit_with) as terminal:
        yield terminal, terminal.sent_in(START)


def _after(terminal: Terminal, *keys: str, shown: str = "") -> int:
    """How much the last of these keys sends, until that is `shown` and all is quiet."""
    for key in keys:
        terminal.settle()
        terminal.send(key)
    seen = b""
    deadline = time.monotonic() + LOCK_TIMEOUT
    while shown.encode() not in seen:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{shown} was never shown: {seen.decode(errors='replace')}")
        seen += terminal.settle(BETWEEN)
    return len(seen + terminal.settle(ENOUGH))


def _keys(
    terminal: Terminal,
    keys: str | Sequence[str] | Iterator[str],
    of: Callable[[list[int]], float] = median,
) -> float:
    """What each of these keys sends, in the middle."""
    sent = []
    for key in keys:
        terminal.send(key)
        sent.append(len(terminal.settle(BETWEEN)))
    return of(sent)


def _idle(terminal: Terminal) -> int:
    left = 60 - time.time() % 60
    if left < IDLE + 1:
        time.sleep(left + 2)
    terminal.settle(0.0)
    return terminal.sent_in(IDLE)
