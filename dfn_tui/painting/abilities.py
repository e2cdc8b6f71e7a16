"""What a terminal can do besides what all can, and how that is found out."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Abilities:
    """What may be sent to it."""

    erase_in_colour: bool = False
    """What is erased takes the background that would be painted next (terminfo's "bce"): blanks of any
    background cost as little as those of none."""
    repeat: bool = False
    """It repeats the last sign (REP): a line costs its first cell and a number."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Whether this terminal erases with the background of the moment, as all that are common do. Not in GNU
    screen, which does not as it comes, nor in tmux: it paints the real terminal itself, so that nothing would
    be won there, and leaves what was erased out of what is captured."""
    known = ("xterm", "rxvt", "alacritty", "foot", "kitty", "vte", "konsole", "wezterm", "linux")
    multiplexed = bool(environ.get("TMUX") or environ.get("STY"))
    return environ.get("TERM", "").startswith(known) and not multiplexed


ASK_REPEAT = "\x1b[2H─\x1b[2b\x1b[6n"
"""Paints three signs by a repetition, and asks where the cursor is then. No name tells: mosh calls itself
`xterm-256color` and does not know REP. The sign is one of a frame, as tmux 3.3 repeats ASCII alone. In
the second row: from the first the answer would be Shift+F3 too."""

ANSWERED_IN = 1
"""The row of the answer, counted from 0."""


def repeats(x: int) -> bool:
    """Whether a cursor at that column, counted from 0, says that all three are there."""
    return x == 3
