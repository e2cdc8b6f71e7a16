"""Options that several commands have."""

import argparse

from dfn_tui.api.types import IdentityKind
from dfn_tui.text import _


def add_connection(parser: argparse.ArgumentParser, words: str) -> None:
    """`-c NAME`, for after the command."""
    parser.add_argument(
        "-c",
        "--connection",
        default=argparse.SUPPRESS,  # or it would undo one that stands before the command
        metavar="NAME",
        help=words,
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """What every command about users takes."""
    add_connection(parser, _("over this connection"))
    add_kind(parser)
    add_json(parser)
    add_reveal(parser)


def add_kind(parser: argparse.ArgumentParser) -> None:
    """`--kind KIND`."""
    kinds = [kind.value for kind in IdentityKind]
    words = _("what the ids are: {kinds}").format(kinds=", ".join(kinds))
    parser.add_argument("--kind", choices=kinds, metavar="KIND", help=words)


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line for each user"))


def add_reveal(parser: argparse.ArgumentParser) -> None:
    """`--reveal`."""
    parser.add_argument("--reveal", action="store_true", help=_("do not mask personal values"))


def add_approval(parser: argparse.ArgumentParser) -> None:
    """The operator's answers to what would be written."""
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("why, or a ticket"))
    parser.add_argument(
        "--evidence", default="", metavar="TEXT", help=_("the proof that a consent was given")
    )
    parser.add_argument("--yes", action="store_true", help=_("ask nothing, where it is not production"))
    parser.add_argument(
        "--confirm", type=positive, metavar="N", help=_("send without asking if N users would be written to")
    )
    parser.add_argument(
        "--acknowledge",
        action="append",
        choices=("night-rule",),
        default=[],
        help=_("this warning was read"),
    )


def add_writing(parser: argparse.ArgumentParser) -> None:
    """What every command that writes to the users it names takes besides."""
    add_approval(parser)
    parser.add_argument("--dry-run", action="store_true", help=_("show what would change, and send nothing"))
    parser.set_defaults(max_grants=None)
    parser.add_argument(
        "--create", action="store_true", help=_("write to users the server does not know, too")
    )


def positive(text: str) -> int:
    """A whole number from 1 on, for an option."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(_("a whole number from 1 on"))
    return int(text)
