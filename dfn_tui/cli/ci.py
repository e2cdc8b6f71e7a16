"""`dfn-tui ci`: its arguments. What the commands do, and what they need, is imported when one runs."""

import argparse
from importlib import import_module

from dfn_tui.cli.options import add_reading, add_writing
from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the commands of `dfn-tui ci` and their options."""
    commands = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    getting = commands.add_parser("get", help=_("the identifiers that messages are sent to"))
    _add_words(
        getting,
        _("[options] ID… [NAME…]"),
        _("users (-: those on the standard input), then fields; all without"),
    )
    setting = commands.add_parser("set", help=_("set identifiers, or link identities (generation 2)"))
    _add_words(
        setting, _("[options] ID… NAME=VALUE…"), _("users (-: those on the standard input), then fields")
    )
    deleting = commands.add_parser("delete", help=_("delete identifiers for good"))
    _add_words(
        deleting,
        _("[options] ID… NAME…"),
        _("users (-: those on the standard input), then fields (generation 1 only)"),
    )
    for writing in (setting, deleting):
        add_writing(writing)


def _add_words(parser: argparse.ArgumentParser, form: str, words: str) -> None:
    parser.usage = f"%(prog)s {form}"
    parser.add_argument("words", nargs="+", metavar="WORD", help=words)
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns an `ExitCode`. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.ci_command").run(args))
