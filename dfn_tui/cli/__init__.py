"""The command line: each command imports what it needs when it runs, so that `--help` is instant."""

import argparse
from collections.abc import Sequence

from dfn_tui import __version__
from dfn_tui.text import _


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    parser = argparse.ArgumentParser(prog="dfn-tui", description=_("A consent console for the terminal."))
    parser.add_argument("--version", action="version", version=f"dfn-tui {__version__}")
    parser.parse_args(argv)
    return 0
