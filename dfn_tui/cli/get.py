"""`dfn-tui get`: its arguments. What it does, and what it needs, is imported when it runs."""

import argparse
from importlib import import_module

from dfn_tui.cli.options import add_reading
from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ids and the options of `dfn-tui get`."""
    parser.usage = _("%(prog)s [options] ID…")
    parser.add_argument("words", nargs="+", metavar="ID", help=_("a user; -: those on the standard input"))
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns an `ExitCode`. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.get_command").run(args))
