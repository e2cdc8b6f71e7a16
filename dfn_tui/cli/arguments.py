"""What each command takes. `run` is the function that runs it: by name, because its module, and all that it
needs, is imported only then."""

import argparse
from collections.abc import Callable

from dfn_tui.cli.parser import incident
from dfn_tui.service.types import IdentityKind
from dfn_tui.text import _

_MOST_LISTED = 10_000
_LARGEST_NUMBER = 2**63 - 1


def add_get(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID…")
    parser.set_defaults(run="dfn_tui.cli.users:get")
    parser.add_argument("words", nargs="+", metavar="ID", help=_("a user; -: those on the standard input"))
    _add_reading(parser)
    words = _("instead of the users, how many of them gave each consent, withdrew it, or never said")
    parser.add_argument("--counts", action="store_true", help=words)


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID… NAME=VALUE…")
    parser.set_defaults(run="dfn_tui.cli.writing:set_")
    words = _("users (-: those on the standard input), then what is to be so for all of them")
    parser.add_argument("words", nargs="+", metavar="WORD", help=words)
    _add_reading(parser)
    _add_writing(parser)
    add_said(parser)
    add_max_grants(parser)


def add_undo(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ENTRY…")
    parser.set_defaults(run="dfn_tui.cli.undoing:undo", create=False, allow_unknown=False)
    words = _("the numbers of journal entries, each of another user")
    parser.add_argument("entries", nargs="+", metavar="ENTRY", help=words)
    add_connection(parser, _("of this connection; without: the one they were written over"))
    words = _("restore this field although somebody changed it since")
    parser.add_argument("--overwrite", action="append", default=[], metavar="NAME", help=words)
    add_formats(parser)
    add_reveal(parser)
    add_approval(parser)
    add_said(parser)
    add_max_grants(parser)
    _add_dry_run(parser)


def add_history(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID")
    parser.set_defaults(run="dfn_tui.cli.history:history")
    parser.add_argument("user", metavar="ID", help=_("whose changes"))
    add_kind(parser)
    words = _("from every host, as the archive has it")
    parser.add_argument("--all-hosts", action="store_true", help=words)
    add_filters(parser, users=False)
    add_limit(parser)
    add_uncovering(parser)
    add_formats(parser)


def add_kept(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.kept:kept")
    add_connection(parser, _("that were to be sent over this connection"))
    add_formats(parser)
    add_reveal(parser)


def add_receipt(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.receipts:receipt")
    parser.add_argument("user", metavar="ID", help=_("whose consents"))
    add_connection(parser, _("over this connection"))
    add_kind(parser)
    words = _("text (the default), json, or html: a page to print or to send, also for a FILE that ends so")
    parser.add_argument("--format", choices=("text", "json", "html"), help=words)
    words = _("a new file that only you can read; -, the default, is the standard output")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help=words)


def add_duties(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] [told | confirmed (ID… | FILE)]")
    parser.set_defaults(run="dfn_tui.cli.duties:duties")
    words = _("note that these people were told the outcome, or were asked to confirm; without: what is open")
    parser.add_argument("action", nargs="?", choices=("told", "confirmed"), help=words)
    words = _("users (-: those on the standard input), a file of them, or one that this command wrote as CSV")
    parser.add_argument("words", nargs="*", metavar="ID|FILE", help=words)
    words = _("only what is to be done within this time (7d), and what is late")
    parser.add_argument("--due", type=days, metavar="TIME", help=words)
    words = _("the day on which it was done, as 2026-11-26; without: today, in Korea")
    parser.add_argument("--on", default="", metavar="DAY", help=words)
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("how it was done"))
    add_connection(parser, _("what was changed over this connection"))
    add_reveal(parser)
    add_formats(parser)


def add_sending(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] ID…")
    parser.set_defaults(run="dfn_tui.cli.sending:sending")
    parser.add_argument("words", nargs="+", metavar="ID", help=_("a user; -: those on the standard input"))
    _add_reading(parser)


def add_watch(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] (ID… | FILE | --plan PLAN)")
    parser.set_defaults(run="dfn_tui.cli.bulk.watching:watch")
    words = _("users (-: those on the standard input), or a file with an id on each line")
    parser.add_argument("words", nargs="*", metavar="ID|FILE", help=words)
    words = _("the users of this plan or job, and whether they are as it wants them")
    parser.add_argument("--plan", metavar="PLAN", help=words)
    words = _("so many seconds between two readings: 60")
    parser.add_argument("--every", type=seconds, default=60.0, metavar="TIME", help=words)
    words = _("end after this time (90s, 10m, 2h) and a last reading")
    parser.add_argument("--for", dest="longest", type=seconds, metavar="TIME", help=words)
    parser.add_argument("--times", type=positive, metavar="N", help=_("end after so many readings"))
    parser.add_argument("--exit-on-change", action="store_true", help=_("end with the first change"))
    parser.add_argument("--ci", action="store_true", help=_("watch the CI fields, too"))
    add_connection(parser, _("over this connection"))
    add_kind(parser)
    add_formats(parser)
    add_reveal(parser)


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
    setting.set_defaults(secret=True)
    words = _("keep it there: the system's keyring, or the Linux kernel's until the evening")
    setting.add_argument("--store", choices=("keyring", "kernel"), help=words)
    status = commands.add_parser("status", help=_("where each token is from, and why not from elsewhere"))
    _add_token(status, "status")
    add_formats(status)
    accepting = commands.add_parser("accept", help=_("send tokens to the address that is configured now"))
    _add_token(accepting, "accept")
    deleting = commands.add_parser("delete", help=_("forget tokens in every store"))
    _add_token(deleting, "delete", _("only this token"))


def _add_token(parser: argparse.ArgumentParser, function: str, words: str = "") -> None:
    parser.set_defaults(run=f"dfn_tui.cli.auth:{function}")
    add_connection(parser, _("this connection"))
    if words:
        parser.add_argument("--kind", choices=("api", "import", "export"), help=words)


def add_connections(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    listing = commands.add_parser("list", help=_("the connections of the configuration"))
    listing.set_defaults(run="dfn_tui.cli.connections:list_")
    testing = commands.add_parser("test", help=_("whether the token is there and the server takes it"))
    testing.set_defaults(run="dfn_tui.cli.connections:test")
    words = _("this connection; without: the default, or the only one")
    testing.add_argument("name", nargs="?", metavar="NAME", help=words)
    add_connection(testing, _("the same"))
    for one in (listing, testing):
        add_formats(one)


def add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.doctor:run")
    add_connection(parser, _("look at this connection's token and server"))
    add_formats(parser)
    parser.add_argument("--offline", action="store_true", help=_("ask no server"))


def add_completion(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.completion:run")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), help=_("for this shell"))
    what.add_argument("--connections", action="store_true", help=_("the connections' names, one a line"))


def add_help(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.help:run")
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=_("what to show; without: the topics"))


def add_limit(parser: argparse.ArgumentParser) -> None:
    words = _("at most so many: 200")
    parser.add_argument("--limit", type=up_to(_MOST_LISTED), default=200, metavar="N", help=words)


def add_filters(parser: argparse.ArgumentParser, *, users: bool = True) -> None:
    if users:
        words = _("a user's id, or words such as outcome:unknown")
        parser.add_argument("words", nargs="*", metavar="FILTER", help=words)
        parser.add_argument("--user", metavar="ID", help=_("changes of this user"))
    parser.add_argument("--flag", metavar="NAME", help=_("changes of this consent"))
    parser.add_argument("--operator", metavar="WHO", help=_("changes by this account"))
    add_connection(parser, _("changes over this connection"))
    add_incident(parser, _("changes that were made for this ticket"))
    parser.add_argument("--outcome", metavar="WORD", help=_("confirmed, failed, unknown, open, …"))
    parser.add_argument("--since", metavar="DAY", help=_("from this day or moment on, Korean time"))
    parser.add_argument("--until", metavar="DAY", help=_("up to this moment, or the end of this day"))


def add_uncovering(parser: argparse.ArgumentParser) -> None:
    words = _("uncover personal values with the journal's key")
    parser.add_argument("--reveal", action="store_true", help=words)


def add_formats(parser: argparse.ArgumentParser) -> None:
    """The forms that data is printed in."""
    forms = parser.add_mutually_exclusive_group()
    words = _("table (what a terminal shows), csv, json, or jsonl: a JSON object a line")
    forms.add_argument("--format", choices=("table", "csv", "json", "jsonl"), help=words)
    forms.add_argument("--json", action="store_true", help=_("the same as --format jsonl"))


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
    add_formats(parser)
    add_reveal(parser)
    add_allow_unknown(parser)


def add_allow_unknown(parser: argparse.ArgumentParser) -> None:
    words = _("users with nothing set are no failure (else exit code 1)")
    parser.add_argument("--allow-unknown", action="store_true", help=words)


def add_incident(parser: argparse.ArgumentParser, words: str) -> None:
    """`-i ID`, for after the command."""
    default = argparse.SUPPRESS  # as above
    parser.add_argument("-i", "--incident", type=incident, default=default, metavar="ID", help=words)


def add_kind(parser: argparse.ArgumentParser) -> None:
    kinds = [kind.value for kind in IdentityKind]
    words = _("what the ids are: {kinds}").format(kinds=", ".join(kinds))
    parser.add_argument("--kind", choices=kinds, metavar="KIND", help=words)


def add_reveal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reveal", action="store_true", help=_("do not mask personal values"))


def add_approval(parser: argparse.ArgumentParser) -> None:
    """The operator's answers to what would be written."""
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("why, or a ticket"))
    words = _("the proof that a consent was given")
    parser.add_argument("--evidence", default="", metavar="TEXT", help=words)
    words = _("the ticket that this is done for: tags the journal, and is the reason where none is given")
    add_incident(parser, words)
    parser.add_argument("--yes", action="store_true", help=_("ask nothing, where it is not production"))
    words = _("send without asking if N users would be written to")
    parser.add_argument("--confirm", type=positive, metavar="N", help=words)
    words, choices = _("this warning was read"), ("night-rule", "merges")
    parser.add_argument("--acknowledge", action="append", choices=choices, default=[], help=words)


def add_said(parser: argparse.ArgumentParser) -> None:
    """On what ground consents are changed."""
    words = _("the day on which the person said so, as 2026-11-26; without: today, in Korea")
    parser.add_argument("--expressed-on", default="", metavar="DAY", help=words)
    words = _("expressed: the person said so; correction: a write of ours was wrong, as any undo is")
    parser.add_argument("--ground", choices=("expressed", "correction"), help=words)


def add_max_grants(parser: argparse.ArgumentParser) -> None:
    words = _("give a consent to so many users, this once")
    parser.add_argument("--max-grants", type=positive, metavar="N", help=words)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    """What every command that writes to the users it names takes besides."""
    add_approval(parser)
    _add_dry_run(parser)
    parser.set_defaults(max_grants=None, expressed_on="", ground=None)
    words = _("write to users the server does not know, too")
    parser.add_argument("--create", action="store_true", help=words)


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help=_("show what would change, and send nothing"))


def positive(text: str) -> int:
    """A whole number from 1 on, for an option. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(_("a whole number from 1 on"))
    return int(text)


def seconds(text: str) -> float:
    """A time as `90`, `1.5s`, `10m` or `2h`, in seconds. Raises ArgumentTypeError."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("s", "m", "h") else (text, "s")
    whole, _point, part = number.partition(".")
    if not (number.isascii() and whole.isdecimal() and (part or "0").isdecimal() and float(number) > 0):
        raise argparse.ArgumentTypeError(_("a time, as 90, 90s, 10m or 2h"))
    if len(number) > 9:
        raise argparse.ArgumentTypeError(_("a time, as 90, 90s, 10m or 2h"))
    return float(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def days(text: str) -> float:
    """A number of days as `7d` or `7`, in seconds. Raises ArgumentTypeError."""
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise argparse.ArgumentTypeError(_("a number of days, as 7d"))
    return float(number) * 86400


def up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 to `most`, for an option; it raises ArgumentTypeError."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(_("a number from 1 to {most}").format(most=most))
        return int(text)

    return number
