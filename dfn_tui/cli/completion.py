"""`dfn-tui completion`: its arguments. What it does, and what it needs, is imported when it runs."""

import argparse
from importlib import import_module

from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `dfn-tui completion`."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), help=_("for this shell"))
    what.add_argument("--connections", action="store_true", help=_("the connections' names, one a line"))


def run(args: argparse.Namespace) -> int:
    """Runs the command: 0 done. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.completion_command").run(args))
