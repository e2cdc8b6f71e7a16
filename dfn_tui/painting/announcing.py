"""Telling an operator who looks elsewhere: a notification of the terminal (OSC 9), where it takes one."""

from collections.abc import Mapping

from dfn_tui.text import sanitize

VARIABLE = "DFN_TUI_OSC9"
"""`1` sends it to any terminal, through tmux as well; `0` to none."""

_PROGRAMS = frozenset({"iterm.app", "iterm2", "wezterm", "ghostty", "warpterminal"})
_TERMS = ("xterm-kitty", "xterm-ghostty", "wezterm", "foot")
_MOST = 200


def notification(text: str, environ: Mapping[str, str]) -> str:
    """What to send so that the terminal shows `text` outside of its window; empty where it would not take it.

    tmux and screen pass it on only where they were told to: to them nothing is sent unless asked for. A
    terminal is known by its own variables, of which sshd passes on `TERM` and mostly `LC_TERMINAL`.
    """
    asked = environ.get(VARIABLE, "")
    term = environ.get("TERM", "")
    multiplexed = environ.get("TMUX") or environ.get("STY") or term.startswith(("tmux", "screen"))
    programs = {environ.get(name, "").lower() for name in ("TERM_PROGRAM", "LC_TERMINAL")}
    known = not multiplexed and (not _PROGRAMS.isdisjoint(programs) or term.startswith(_TERMS))
    if asked == "0" or not (known or asked == "1"):
        return ""
    sequence = f"\x1b]9;{sanitize(text, _MOST)}\x07"
    if environ.get("TMUX"):
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    return sequence
