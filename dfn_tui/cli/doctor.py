"""`dfn-tui doctor`: its arguments. What it does, and what it needs, is imported when it runs."""

import argparse
from importlib import import_module

from dfn_tui.cli.options import add_connection
from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `dfn-tui doctor`."""
    add_connection(parser, _("look at this connection's token and server"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line"))
    parser.add_argument("--offline", action="store_true", help=_("ask no server"))


def run(args: argparse.Namespace) -> int:
    """Runs the command: 0 nothing failed, 1 a check failed. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.doctor_command").run(args))
