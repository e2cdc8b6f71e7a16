"""`dfn-tui set`: its arguments. What it does, and what it needs, is imported when it runs."""

import argparse
from importlib import import_module

from dfn_tui.cli.options import add_reading, add_writing, positive
from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ids, the changes and the options of `dfn-tui set`."""
    parser.usage = _("%(prog)s [options] ID… NAME=VALUE…")
    parser.add_argument(
        "words",
        nargs="+",
        metavar="WORD",
        help=_("users (-: those on the standard input), then what is to be so for all of them"),
    )
    add_reading(parser)
    add_writing(parser)
    parser.add_argument(
        "--max-grants", type=positive, metavar="N", help=_("give a consent to so many users, this once")
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns an `ExitCode`. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.set_command").run(args))
