"""`dfn-tui journal`: its arguments. What the commands do, and what they need, is imported when one runs."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from dfn_tui.cli.options import add_connection
from dfn_tui.text import _

_MOST_LISTED = 10_000
_LARGEST_NUMBER = 2**63 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the commands of `dfn-tui journal` and their options."""
    commands = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    listing = commands.add_parser("list", help=_("the newest entries"))
    _add_filters(listing)
    listing.add_argument(
        "--limit", type=_up_to(_MOST_LISTED), default=200, metavar="N", help=_("at most so many: 200")
    )
    _add_json(listing)
    showing = commands.add_parser("show", help=_("one entry with all its outcomes"))
    showing.add_argument("seq", type=_up_to(_LARGEST_NUMBER), metavar="N", help=_("the entry's number"))
    _add_reveal(showing)
    _add_json(showing)
    _add_json(commands.add_parser("verify", help=_("name the first entry that is not as it was written")))
    _add_export(commands.add_parser("export", help=_("every entry that fits, to a file")))


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_filters(parser)
    parser.add_argument(
        "--format",
        choices=("csv", "json"),
        required=True,
        help=_("csv: a row for each change; json: an object for each entry, one a line"),
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("-"),
        metavar="FILE",
        help=_("a new file that only you can read; -, the default, is the standard output"),
    )
    parser.add_argument("--bom", action="store_true", help=_("begin the CSV with the mark Excel looks for"))
    _add_reveal(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="FILTER", help=_("a user's id, or words such as outcome:unknown")
    )
    parser.add_argument("--user", metavar="ID", help=_("changes of this user"))
    parser.add_argument("--flag", metavar="NAME", help=_("changes of this consent"))
    parser.add_argument("--operator", metavar="WHO", help=_("changes by this account"))
    add_connection(parser, _("changes over this connection"))
    parser.add_argument("--outcome", metavar="WORD", help=_("confirmed, failed, unknown, open, …"))
    parser.add_argument("--since", metavar="DAY", help=_("from this day or moment on, Korean time"))
    parser.add_argument("--until", metavar="DAY", help=_("up to this moment, or the end of this day"))


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line"))


def _add_reveal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reveal", action="store_true", help=_("uncover personal values with the key from the keyring")
    )


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(_("a number from 1 to {most}").format(most=most))
        return int(text)

    return number


def run(args: argparse.Namespace) -> int:
    """Runs the command: 0 done, 1 not found or not whole. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.journal_commands").run(args))
