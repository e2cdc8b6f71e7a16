"""A million bytes that no keyboard sends, into a console in a pseudo-terminal that edits and writes."""

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import Filter, Journal
from tests.sandbox_thread import SandboxThread
from tests.system.typist import USER_READ, Typist

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("DFN_TUI_FUZZ_SEED", "20261127"))
BYTES = 1_000_000
AT_ONCE = 2048
KNOWN = (
    *("\x1b[A", "\x1b[1;5B", "\x1b[Z", "\x1bOP", "\x1b[15~", "\x1b[97;1:3u", "\x1b[97;5:1;97:98u"),
    *("\x1b[<0;11;6M", "\x1b[<64;40;12M", "\x1b[M !!", "\x1b[24;80R", "\x1b[1;1R", "\x1b[48;24;80;9;9t"),
    *("\x1b[?2026;2$y", "\x1b[?2048;1$y", "\x1b[I", "\x1b[O", "\x1b[200~user-0002\r", "\x1b[201~"),
    *("\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1bP>|term\x1b\\", "user-0003\r", "가나다", "\r", "\x1b"),
)
LEAVING = b"\x11\x1a\x10"
"""Ctrl+Q, Ctrl+Z, and the palette, which has both: keys that rightly end or stop the console."""


def fuzz(chance: random.Random) -> Iterator[bytes]:
    """Random bytes, and sequences that terminals send with bytes put in, changed and left out."""
    while True:
        if chance.random() < 0.3:
            piece = bytearray(chance.randbytes(chance.randrange(1, 40)))
        else:
            piece = bytearray(chance.choice(KNOWN).encode())
            for _ in range(chance.randrange(4)):
                place = chance.randrange(len(piece) + 1)
                piece[place : place + chance.randrange(2)] = chance.randbytes(chance.randrange(2))
        yield piece.translate(None, LEAVING)


def feed(console: Typist, pieces: Iterator[bytes], count: int) -> None:
    """Types so many bytes, as fast as the console takes them."""
    fd = console.terminal._fd
    os.set_blocking(fd, False)
    waiting = b""
    while count > 0 or waiting:
        while len(waiting) < AT_ONCE and count > 0:
            piece = next(pieces)
            waiting += piece
            count -= len(piece)
        try:
            waiting = waiting[os.write(fd, waiting) :]
        except BlockingIOError:
            console.listen()
    os.set_blocking(fd, True)
