"""Questions to whoever sits at the terminal."""

import sys

from dfn_tui.cli.stdin import is_terminal


def can_ask() -> bool:
    """Whether somebody sees what is said and can answer it."""
    return is_terminal() and sys.stderr.isatty()


def ask(question: str) -> str:
    """What is typed, without blanks around it; "" at the end of the input. `question` has to be inert."""
    print(question, end="", file=sys.stderr, flush=True)  # not by `input`: that would write among the data
    return sys.stdin.readline().strip()
