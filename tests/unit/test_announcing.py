"""The terminal's own notification: sent where it is taken, and never with anything but words in it."""

import pytest

from dfn_tui.painting.announcing import VARIABLE, notification
from dfn_tui.painting.painter import Painter

SENT = "\x1b]9;done\x07"


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({"TERM": "xterm-256color"}, ""),  # not known to take it
        ({"TERM": "xterm-kitty"}, SENT),
        ({"TERM": "xterm-ghostty"}, SENT),
        ({"TERM": "foot"}, SENT),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, SENT),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, SENT),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ""),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0", "LC_TERMINAL": "iTerm2"}, ""),
        ({"TERM": "screen", "STY": "1.pts", "LC_TERMINAL": "iTerm2"}, ""),
        ({"TERM": "screen-256color", "LC_TERMINAL": "iTerm2"}, ""),  # a multiplexer on the way here
        ({"TERM": "xterm-kitty", VARIABLE: "0"}, ""),
        ({"TERM": "xterm", VARIABLE: "1"}, SENT),
        ({"TMUX": "/tmp/tmux,1,0", VARIABLE: "1"}, "\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\"),
        ({}, ""),
    ],
)
def test_who_is_sent_it(environ: dict[str, str], sent: str) -> None:
    assert notification("done", environ) == sent


def test_what_it_says_cannot_end_it_or_begin_anything() -> None:
    hostile = notification("a\x07b\x1b]52;c;x\x1b\\c\n" + "x" * 500, {"TERM": "foot"})
    inner = hostile.removeprefix("\x1b]9;").removesuffix("\x07")
    assert inner.isprintable()
    assert len(inner) < 300


@pytest.mark.parametrize("environ", [{"TERM": "foot"}, {"TMUX": "x", VARIABLE: "1"}])
def test_it_passes_the_painter_as_it_is_and_paints_nothing_anew(environ: dict[str, str]) -> None:
    painter = Painter()
    painter.sent_for("\x1b[1;1Hx", 10, 2)
    sequence = notification("done", environ)
    assert painter.sent_for(sequence, 10, 2) == sequence
    assert painter.canvas.known
