"""Colours in what a command prints: the roles of the console's screens, in the terminal's own colours."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from dfn_tui.text.roles import TERMINAL_ROLES

_CODES = {
    "bold": "1",
    "dim": "2",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "bright_blue": "94",
}
_USUAL_WIDTH = 80  # of a terminal that does not say


def wants_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether colours are wanted there. `NO_COLOR` comes first, then `FORCE_COLOR` and `CLICOLOR_FORCE`,
    which colour pipes, too; else a terminal is painted that can show it."""
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_seen(stream) and environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


def is_seen(stream: TextIO) -> bool:
    """Whether somebody looks at it: it is a terminal."""
    with suppress(OSError, ValueError):  # it is closed
        return stream.isatty()
    return False


def columns_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> int | None:
    """How many cells a line may take there: those of the terminal, or what `COLUMNS` says of it. None: as
    many as it needs; into a pipe nothing is cut."""
    if not is_seen(stream):
        return None
    said = environ.get("COLUMNS", "")
    if said.isascii() and said.isdecimal() and 0 < int(said) < 10_000:
        return int(said)
    with suppress(OSError, ValueError):  # it has no size
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    return _USUAL_WIDTH


def paint(text: str, role: str, *, colour: bool | None = None) -> str:
    """`text` in the colour of that role, where the standard output is to be painted. `strong.` before a role
    is bold as well."""
    if not role or not text or not (wants_colour(sys.stdout) if colour is None else colour):
        return text
    strong, name = role.startswith("strong."), role.removeprefix("strong.")
    words = [*(["bold"] if strong else []), *TERMINAL_ROLES[name].split()]
    codes = dict.fromkeys(_CODES[word] for word in words if word != "none")
    return f"\x1b[{';'.join(codes)}m{text}\x1b[m" if codes else text
