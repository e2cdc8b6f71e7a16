"""What each command takes. `run` is the function that runs it: by name, because its module, and all that it
needs, is imported only then."""

import argparse
from collections.abc import Callable
from pathlib import Path

from dfn_tui.service.types import IdentityKind
from dfn_tui.text import _

_MOST_LISTED = 10_000
_LARGEST_NUMBER = 2**63 - 1


def add_get(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID…")
    parser.set_defaults(run="dfn_tui.cli.reading:get")
    parser.add_argument("words", nargs="+", metavar="ID", help=_("a user; -: those on the standard input"))
    _add_reading(parser)


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID… NAME=VALUE…")
    parser.set_defaults(run="dfn_tui.cli.writing:set_")
    words = _("users (-: those on the standard input), then what is to be so for all of them")
    parser.add_argument("words", nargs="+", metavar="WORD", help=words)
    _add_reading(parser)
    _add_writing(parser)
    add_max_grants(parser)


def add_ci(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    getting = commands.add_parser("get", help=_("the identifiers that messages are sent to"))
    setting = commands.add_parser("set", help=_("set identifiers, or link identities (version 2)"))
    deleting = commands.add_parser("delete", help=_("delete identifiers for good"))
    fields = _("users (-: those on the standard input), then fields; all without")
    _add_ci(getting, "get", "[NAME…]", fields)
    _add_ci(setting, "set_", "NAME=VALUE…", _("users (-: those on the standard input), then fields"))
    fields = _("users (-: those on the standard input), then fields (version 1 only)")
    _add_ci(deleting, "delete", "NAME…", fields)
    _add_writing(setting)
    _add_writing(deleting)


def _add_ci(parser: argparse.ArgumentParser, function: str, names: str, words: str) -> None:
    parser.usage = f"%(prog)s [options] ID… {names}"
    parser.set_defaults(run=f"dfn_tui.cli.ci:{function}")
    parser.add_argument("words", nargs="+", metavar="WORD", help=words)
    _add_reading(parser)


def add_auth(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    setting = commands.add_parser("set", help=_("keep a token: asked for, or piped in"))
    _add_token(setting, "set_", _("which token; the connection's first is the default"))
    words = _("keep it there: the system's keyring, or the Linux kernel's until the evening")
    setting.add_argument("--store", choices=("keyring", "kernel"), help=words)
    status = commands.add_parser("status", help=_("where each token is from, and why not from elsewhere"))
    _add_token(status, "status")
    _add_json(status)
    deleting = commands.add_parser("delete", help=_("forget tokens in every store"))
    _add_token(deleting, "delete", _("only this token"))


def _add_token(parser: argparse.ArgumentParser, function: str, words: str = "") -> None:
    parser.set_defaults(run=f"dfn_tui.cli.auth:{function}")
    add_connection(parser, _("this connection"))
    if words:
        parser.add_argument("--kind", choices=("api", "import", "export"), help=words)


def add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.doctor:run")
    add_connection(parser, _("look at this connection's token and server"))
    _add_json(parser)
    parser.add_argument("--offline", action="store_true", help=_("ask no server"))


def add_completion(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.completion:run")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), help=_("for this shell"))
    what.add_argument("--connections", action="store_true", help=_("the connections' names, one a line"))


def add_help(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.help:run")
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=_("what to show; without: the topics"))


def add_journal(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    listing = commands.add_parser("list", help=_("the newest entries"))
    listing.set_defaults(run="dfn_tui.cli.journal:list_")
    _add_filters(listing)
    words = _("at most so many: 200")
    listing.add_argument("--limit", type=up_to(_MOST_LISTED), default=200, metavar="N", help=words)
    _add_json(listing)
    showing = commands.add_parser("show", help=_("one entry with all its outcomes"))
    showing.set_defaults(run="dfn_tui.cli.journal:show")
    showing.add_argument("seq", type=up_to(_LARGEST_NUMBER), metavar="N", help=_("the entry's number"))
    _add_uncovering(showing)
    _add_json(showing)
    verifying = commands.add_parser("verify", help=_("name the first entry that is not as it was written"))
    verifying.set_defaults(run="dfn_tui.cli.journal:verify")
    _add_json(verifying)
    _add_export(commands.add_parser("export", help=_("every entry that fits, to a file")))


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.journal:export")
    _add_filters(parser)
    words = _("csv: a row for each change; json: an object for each entry, one a line")
    parser.add_argument("--format", choices=("csv", "json"), required=True, help=words)
    words = _("a new file that only you can read; -, the default, is the standard output")
    parser.add_argument("-o", "--output", type=Path, default=Path("-"), metavar="FILE", help=words)
    parser.add_argument("--bom", action="store_true", help=_("begin the CSV with the mark Excel looks for"))
    _add_uncovering(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    words = _("a user's id, or words such as outcome:unknown")
    parser.add_argument("words", nargs="*", metavar="FILTER", help=words)
    parser.add_argument("--user", metavar="ID", help=_("changes of this user"))
    parser.add_argument("--flag", metavar="NAME", help=_("changes of this consent"))
    parser.add_argument("--operator", metavar="WHO", help=_("changes by this account"))
    add_connection(parser, _("changes over this connection"))
    parser.add_argument("--outcome", metavar="WORD", help=_("confirmed, failed, unknown, open, …"))
    parser.add_argument("--since", metavar="DAY", help=_("from this day or moment on, Korean time"))
    parser.add_argument("--until", metavar="DAY", help=_("up to this moment, or the end of this day"))


def _add_uncovering(parser: argparse.ArgumentParser) -> None:
    words = _("uncover personal values with the key from the keyring")
    parser.add_argument("--reveal", action="store_true", help=words)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line"))


def add_actions(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """The commands below a command."""
    return parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)


def add_connection(parser: argparse.ArgumentParser, words: str) -> None:
    """`-c NAME`, for after the command."""
    parser.add_argument(
        "-c",
        "--connection",
        default=argparse.SUPPRESS,  # or it would undo one that stands before the command
        metavar="NAME",
        help=words,
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What every command about users takes."""
    add_connection(parser, _("over this connection"))
    add_kind(parser)
    add_json_of_users(parser)
    add_reveal(parser)


def add_kind(parser: argparse.ArgumentParser) -> None:
    kinds = [kind.value for kind in IdentityKind]
    words = _("what the ids are: {kinds}").format(kinds=", ".join(kinds))
    parser.add_argument("--kind", choices=kinds, metavar="KIND", help=words)


def add_json_of_users(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line for each user"))


def add_reveal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reveal", action="store_true", help=_("do not mask personal values"))


def add_approval(parser: argparse.ArgumentParser) -> None:
    """The operator's answers to what would be written."""
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("why, or a ticket"))
    words = _("the proof that a consent was given")
    parser.add_argument("--evidence", default="", metavar="TEXT", help=words)
    parser.add_argument("--yes", action="store_true", help=_("ask nothing, where it is not production"))
    words = _("send without asking if N users would be written to")
    parser.add_argument("--confirm", type=positive, metavar="N", help=words)
    words, choices = _("this warning was read"), ("night-rule",)
    parser.add_argument("--acknowledge", action="append", choices=choices, default=[], help=words)


def add_max_grants(parser: argparse.ArgumentParser) -> None:
    words = _("give a consent to so many users, this once")
    parser.add_argument("--max-grants", type=positive, metavar="N", help=words)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    """What every command that writes to the users it names takes besides."""
    add_approval(parser)
    parser.add_argument("--dry-run", action="store_true", help=_("show what would change, and send nothing"))
    parser.set_defaults(max_grants=None)
    words = _("write to users the server does not know, too")
    parser.add_argument("--create", action="store_true", help=words)


def positive(text: str) -> int:
    """A whole number from 1 on, for an option. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(_("a whole number from 1 on"))
    return int(text)


def up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 to `most`, for an option; it raises ArgumentTypeError."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(_("a number from 1 to {most}").format(most=most))
        return int(text)

    return number
