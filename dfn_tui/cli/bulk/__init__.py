"""`dfn-tui bulk`: its arguments. What the commands do, and what they need, is imported when one runs."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from dfn_tui.cli.options import (
    add_approval,
    add_connection,
    add_json,
    add_kind,
    add_reveal,
    positive,
)
from dfn_tui.consent.flags import Flag
from dfn_tui.text import _

_MODULES = {
    "plan": "planning",
    "undo": "planning",
    "show": "showing",
    "apply": "running",
    "resume": "running",
    "status": "jobs",
    "verify": "verifying",
}
"""Where each command is, as a function of its name."""

_DOCUMENTED_LIMIT = 10_000  # requests a minute; the module that the run has it from is slow to import


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the commands of `dfn-tui bulk` and their options."""
    commands = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    _add_plan(commands.add_parser("plan", help=_("read every user and save what would change")))
    _add_show(commands.add_parser("show", help=_("look through a plan, leave users out of it")))
    _add_apply(commands.add_parser("apply", help=_("send what a plan says")))
    _add_status(commands.add_parser("status", help=_("list the jobs, or show how one ended")))
    _add_resume(commands.add_parser("resume", help=_("go on with a job where it was left")))
    _add_undo(commands.add_parser("undo", help=_("make a plan that takes a job back")))
    _add_verify(commands.add_parser("verify", help=_("read all users again: is it as planned?")))


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.usage = _("%(prog)s [options] FILE [NAME=VALUE…] -o PLAN")
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=_("one id a line, CSV, TSV or JSON lines; -: the standard input"),
    )
    parser.add_argument(
        "words", nargs="*", metavar="NAME=VALUE", help=_("what is to be so for all users, beside their row")
    )
    _add_output(parser)
    _add_common(parser)
    add_kind(parser)
    parser.add_argument("--create", action="store_true", help=_("plan users the server does not know, too"))
    parser.add_argument("--stop-at-bad", action="store_true", help=_("make no plan if one row is bad"))
    _add_limit(parser)


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_planned(parser)
    parser.add_argument("--users", action="store_true", help=_("each user with the changes planned"))
    parser.add_argument("--bad", action="store_true", help=_("each row of the input that is not in the plan"))
    parser.add_argument("--flag", choices=[*Flag], metavar="F", help=_("changes of this one"))
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--grants", action="store_true", help=_("users who are given a consent"))
    way.add_argument("--withdrawals", action="store_true", help=_("users from whom one is withdrawn"))
    parser.add_argument("--warned", action="store_true", help=_("users with a contradiction afterwards"))
    standings = ("change", "create", "already", "unknown", "unreadable", "blind", "changed")
    words = _("users found so: {standings}").format(standings=", ".join(standings))
    parser.add_argument("--standing", choices=standings, metavar="S", help=words)
    parser.add_argument("--find", metavar="TEXT", default="", help=_("users whose id contains this"))
    narrowing = parser.add_mutually_exclusive_group()
    words = _("leave these users out (-: from the standard input); without ids all that fit the options")
    narrowing.add_argument("--leave-out", nargs="*", metavar="ID", help=words)
    narrowing.add_argument("--put-back", nargs="*", metavar="ID", help=_("put them back"))
    words = _("leave all out but the first N: for a trial")
    narrowing.add_argument("--only-first", type=positive, metavar="N", help=words)
    add_reveal(parser)
    add_json(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    _add_planned(parser)
    _add_common(parser)
    add_approval(parser)
    parser.add_argument(
        "--max-grants", type=positive, metavar="N", help=_("give a consent to so many users, this once")
    )
    parser.add_argument(
        "--max-users", type=positive, metavar="N", help=_("write to so many users, this once")
    )
    parser.add_argument(
        "--on-conflict",
        choices=("stop", "skip", "overwrite"),
        default="stop",
        help=_("users whom somebody changed since: stop (the default), set aside, or send without looking"),
    )
    parser.add_argument("--no-read-back", action="store_true", help=_("do not read again what was sent"))
    _add_limit(parser)
    parser.add_argument(
        "--digest", type=_digest, metavar="HEX", help=_("apply no other plan: its digest's first 12 digits")
    )
    _add_results(parser)


def _add_status(parser: argparse.ArgumentParser) -> None:
    _add_job(parser, nargs="?")
    _add_common(parser)
    _add_results(parser)
    add_reveal(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    _add_job(parser, nargs="?")
    _add_common(parser)
    parser.add_argument("--failed", action="store_true", help=_("those that failed once more, too"))
    _add_limit(parser)
    _add_results(parser)


def _add_undo(parser: argparse.ArgumentParser) -> None:
    _add_job(parser)
    _add_output(parser)
    _add_common(parser)
    _add_limit(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", type=Path, metavar="PLAN|JOB", help=_("a plan's file, or a job's id"))
    _add_common(parser)
    _add_limit(parser)
    add_reveal(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_connection(parser, _("over this connection"))
    add_json(parser)


def _add_planned(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help=_("the plan's file"))


def _add_job(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument("job", nargs=nargs, metavar="JOB", help=_("the job's id, or how it begins"))


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="PLAN", help=_("where the plan is saved")
    )
    parser.add_argument("--force", action="store_true", help=_("in place of a file that is there"))


def _add_limit(parser: argparse.ArgumentParser) -> None:
    words = _("at most so many requests a minute: {most}").format(most=_DOCUMENTED_LIMIT)
    parser.add_argument("--limit", type=_up_to(_DOCUMENTED_LIMIT), metavar="N", help=words)


def _add_results(parser: argparse.ArgumentParser) -> None:
    words = _("write how each user ended to a new CSV file; -: to the standard output")
    parser.add_argument("--results", type=Path, metavar="FILE", help=words)


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = positive(text)
        if found > most:
            raise argparse.ArgumentTypeError(_("a whole number up to {most}").format(most=most))
        return found

    return number


def _digest(text: str) -> str:
    """So much of a digest that another plan will not have the same."""
    digits = text.lower()
    if not (12 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef")):
        raise argparse.ArgumentTypeError(_("12 to 64 hexadecimal digits"))
    return digits


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns an `ExitCode`. Raises `ConsoleError`."""
    from dfn_tui.cli.output import guarded  # noqa: PLC0415  not needed for `--help`

    command = getattr(import_module(f"dfn_tui.cli.bulk.{_MODULES[args.action]}"), args.action)
    return guarded(lambda: int(command(args)))
