"""A million bytes that no keyboard sends, into a console in a pseudo-terminal that edits and writes."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import Filter, Journal
from tests.sandbox_thread import SandboxThread
from tests.system.typist import Typist

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("DFN_TUI_FUZZ_SEED", "20261127"))
BYTES = 1_000_000
AT_ONCE = 2048
PARTS = 4
BACK = 300.0
"""Seconds until all keys were taken that the console was given, on a busy machine."""
WHERE, WHERE_IT_IS = b"\x1b[6n", b"\x1b[1;2R"
DOWN, SEND, ESCAPE, REPAINT = "\x1b[B", "\x13", "\x1b[27u", "\x0c"
KNOWN = (
    *("\x1b[A", "\x1b[1;5B", "\x1b[Z", "\x1bOP", "\x1b[15~", "\x1b[97;1:3u", "\x1b[97;5:1;97:98u"),
    *("\x1b[<0;11;6M", "\x1b[<64;40;12M", "\x1b[M !!", "\x1b[24;80R", "\x1b[1;1R", "\x1b[48;24;80;9;9t"),
    *("\x1b[?2026;2$y", "\x1b[?2048;1$y", "\x1b[I", "\x1b[O", "\x1b[200~user-0002\r", "\x1b[201~"),
    *("\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1bP>|term\x1b\\", "user-0003\r", "가나다", "\r", "\x1b"),
)
LEAVING = b"\x11\x1a\x10"
"""Ctrl+Q, Ctrl+Z, and the palette, which has both: keys that rightly end or stop the console."""


def fuzz(chance: random.Random) -> Iterator[bytes]:
    """Random bytes, pastes of such, and sequences that terminals send with bytes put in, changed and left
    out. Few random bytes come outside of a paste: each is a key, and is painted."""
    while True:
        kind = chance.random()
        if kind < 0.05:
            piece = bytearray(chance.randbytes(chance.randrange(1, 40)))
        elif kind < 0.08:
            piece = bytearray(b"\x1b[200~" + chance.randbytes(chance.randrange(2000)) + b"\x1b[201~")
        else:
            piece = bytearray(chance.choice(KNOWN).encode())
            for _ in range(chance.randrange(4)):
                place = chance.randrange(len(piece) + 1)
                piece[place : place + chance.randrange(2)] = chance.randbytes(chance.randrange(2))
        yield bytes(piece.translate(None, LEAVING))


def feed(console: Typist, pieces: Iterator[bytes], count: int) -> None:
    """Types so many bytes, as fast as the console takes them; nobody looks at what it shows, but the terminal
    says where its cursor is when it is asked, as terminals do."""
    fd = console.terminal._fd
    os.set_blocking(fd, False)
    waiting = b""
    while count > 0 or waiting:
        while len(waiting) < AT_ONCE and count > 0:
            waiting += (piece := next(pieces))
            count -= len(piece)
        with suppress(BlockingIOError):
            waiting = waiting[os.write(fd, waiting) :]
        waiting += WHERE_IT_IS * console.terminal._read(0.01).count(WHERE)
    os.set_blocking(fd, True)


def come_back(console: Typist) -> None:
    """To the look-up screen, from wherever the keys have led."""
    console.forget()
    console.type("\x1b[201~")
    deadline, again = time.monotonic() + BACK, 0.0
    while "user_id ❭" not in console.screen():
        assert time.monotonic() < deadline, console.screen()
        if time.monotonic() > again:
            # With pauses: no question takes a key that follows one it did not take.
            again = time.monotonic() + 1
            console.type(f"{ESCAPE}{REPAINT}")


def journalled(state: Path) -> Counter[Outcome | None]:
    """How the changes ended that the journal holds."""
    with Journal(state / "journal.db") as journal:
        assert journal.verify().whole
        return Counter(
            entry.outcome and entry.outcome.outcome for entry in journal.find(Filter(), limit=100_000)
        )


@pytest.mark.parametrize("part", range(PARTS))
def test_the_console_lives_through_a_million_bytes(part: int, tmp_path: Path, sandbox: SandboxThread) -> None:
    print(f"DFN_TUI_FUZZ_SEED={SEED}")
    pieces = fuzz(random.Random(SEED + part))
    with Typist(tmp_path, sandbox) as console:
        sandbox.faults.latency_ms = 1000
        console.type(f"user-0010\r{DOWN}{DOWN}uriINC-7\r{SEND}")
        console.wait_for("nothing sent yet")
        feed(console, pieces, BYTES // PARTS)  # while it is being written, and after
        sandbox.faults.latency_ms = 0
        come_back(console)
        console.wait_until(lambda: None not in journalled(tmp_path / "state"))
    assert journalled(tmp_path / "state")[Outcome.CONFIRMED] >= 1
