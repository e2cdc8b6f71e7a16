"""How wide the terminal makes the signs of the console: asked of the terminal itself."""

import os
import re
import select
import sys
import time

from dfn_tui.config import Config, ConfigError
from dfn_tui.service.doctor.seen import CheckResult, ok, warning
from dfn_tui.text import _
from dfn_tui.text.glyphs import SAMPLE

_LONGEST = 1.0
"""Seconds that the terminal is given to answer."""
_WHERE = re.compile(rb"\x1b\[\d+;(\d+)R")
_IS_TERMINAL = re.compile(rb"\x1b\[\?[\d;]*c")


def glyphs(config: Config | ConfigError) -> CheckResult:
    """Whether the signs are one cell wide each, and what the console does where they are not."""
    asked = config.ascii_glyphs if isinstance(config, Config) else None
    measured = cells(SAMPLE)
    if asked:
        return ok(_("Signs are drawn in ASCII, as ascii_glyphs says."))
    if measured is None:
        words = _("The terminal does not say how wide it makes signs like {signs}.")
        hint = _("Where frames fall apart, set ascii_glyphs = true.")
        return ok(f"{words.format(signs=SAMPLE[:3])} {hint}")
    if measured == len(SAMPLE):
        return ok(_("Signs like {signs} are one cell wide.").format(signs=SAMPLE[:3]))
    words = _("Signs like {signs} are two cells wide here.").format(signs=SAMPLE[:3])
    if asked is None:
        return ok(f"{words} {_('The console draws them in ASCII.')}")
    return warning(words, _("Remove ascii_glyphs = false, or set ambiguous characters to narrow."))


def cells(text: str) -> int | None:
    """How many cells the terminal gives to that text, which it shows for a moment; None where there is no
    terminal, or it does not say within a second."""
    try:
        import termios  # noqa: PLC0415  Windows has none
        import tty  # noqa: PLC0415
    except ImportError:
        return None
    if not (sys.__stdin__ and sys.__stderr__ and sys.__stdin__.isatty() and sys.__stderr__.isatty()):
        return None
    fd, out = sys.__stdin__.fileno(), sys.__stderr__.fileno()
    if os.getpgrp() != os.tcgetpgrp(fd):  # in the background nothing may be read
        return None
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd, termios.TCSADRAIN)
        # Every terminal says what it is: where that answer comes first, or alone, the other one never will.
        os.write(out, f"\r{text}\x1b[6n\x1b[c".encode())
        column = _WHERE.search(_answer(fd))
        os.write(out, b"\r\x1b[K")
    except OSError:
        return None
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)  # what comes late is not for the shell
    return int(column[1]) - 1 if column else None


def _answer(fd: int) -> bytes:
    """What arrives until the terminal has said all."""
    said, end = b"", time.monotonic() + _LONGEST
    while not _IS_TERMINAL.search(said) and (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            more = os.read(fd, 1024)
            if not more:
                break
            said += more
    return said
