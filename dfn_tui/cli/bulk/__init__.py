"""`dfn-tui bulk`: what its commands take. What they do, and what they need, is imported when one runs."""

import argparse
from pathlib import Path

from dfn_tui.cli.arguments import (
    add_actions,
    add_approval,
    add_connection,
    add_json_of_users,
    add_kind,
    add_max_grants,
    add_reveal,
    positive,
    up_to,
)
from dfn_tui.consent.flags import Flag
from dfn_tui.text import _

_DOCUMENTED_LIMIT = 10_000  # requests a minute; the module that the run has it from is slow to import


def add_bulk(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    _add_plan(commands.add_parser("plan", help=_("read every user and save what would change")))
    _add_show(commands.add_parser("show", help=_("look through a plan, leave users out of it")))
    _add_apply(commands.add_parser("apply", help=_("send what a plan says")))
    _add_status(commands.add_parser("status", help=_("list the jobs, or show how one ended")))
    _add_resume(commands.add_parser("resume", help=_("go on with a job where it was left")))
    _add_undo(commands.add_parser("undo", help=_("make a plan that takes a job back")))
    _add_verify(commands.add_parser("verify", help=_("read all users again: is it as planned?")))


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.planning:plan")
    parser.usage = _("%(prog)s [options] FILE [NAME=VALUE…] -o PLAN")
    words = _("one id a line, CSV, TSV or JSON lines; -: the standard input")
    parser.add_argument("file", type=Path, metavar="FILE", help=words)
    words = _("what is to be so for all users, beside their row")
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help=words)
    _add_output(parser)
    _add_common(parser)
    add_kind(parser)
    parser.add_argument("--create", action="store_true", help=_("plan users the server does not know, too"))
    parser.add_argument("--stop-at-bad", action="store_true", help=_("make no plan if one row is bad"))
    _add_limit(parser)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.showing:show")
    _add_planned(parser)
    parser.add_argument("--users", action="store_true", help=_("each user with the changes planned"))
    parser.add_argument("--bad", action="store_true", help=_("each row of the input that is not in the plan"))
    parser.add_argument("--flag", choices=[*Flag], metavar="F", help=_("changes of this one"))
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--grants", action="store_true", help=_("users who are given a consent"))
    way.add_argument("--withdrawals", action="store_true", help=_("users from whom one is withdrawn"))
    parser.add_argument("--warned", action="store_true", help=_("users with a contradiction afterwards"))
    statuses = ("change", "create", "already", "unknown", "unreadable", "blind", "changed")
    words = _("users found so: {statuses}").format(statuses=", ".join(statuses))
    parser.add_argument("--status", choices=statuses, metavar="S", help=words)
    parser.add_argument("--find", metavar="TEXT", default="", help=_("users whose id contains this"))
    selection = parser.add_mutually_exclusive_group()
    words = _("leave these users out (-: from the standard input); without ids all that fit the options")
    selection.add_argument("--exclude", nargs="*", metavar="ID", help=words)
    selection.add_argument("--include", nargs="*", metavar="ID", help=_("put them back"))
    # The names of version 0.1, for one version more.
    parser.add_argument("--standing", dest="status", choices=statuses, help=argparse.SUPPRESS)
    selection.add_argument("--leave-out", dest="exclude", nargs="*", help=argparse.SUPPRESS)
    selection.add_argument("--put-back", dest="include", nargs="*", help=argparse.SUPPRESS)
    words = _("leave all out but the first N: for a trial")
    selection.add_argument("--only-first", type=positive, metavar="N", help=words)
    add_reveal(parser)
    add_json_of_users(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.running:apply")
    _add_planned(parser)
    _add_common(parser)
    add_approval(parser)
    add_max_grants(parser)
    words = _("write to so many users, this once")
    parser.add_argument("--max-users", type=positive, metavar="N", help=words)
    words = _("users whom somebody changed since: stop (the default), set aside, or send without looking")
    parser.add_argument("--on-conflict", choices=("stop", "skip", "overwrite"), default="stop", help=words)
    parser.add_argument("--no-read-back", action="store_true", help=_("do not read again what was sent"))
    _add_limit(parser)
    words = _("apply no other plan: its digest's first 12 digits")
    parser.add_argument("--digest", type=_digest, metavar="HEX", help=words)
    _add_results(parser)


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.jobs:status")
    _add_job(parser, nargs="?")
    _add_common(parser)
    _add_results(parser)
    add_reveal(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.running:resume")
    _add_job(parser, nargs="?")
    _add_common(parser)
    parser.add_argument("--failed", action="store_true", help=_("those that failed once more, too"))
    _add_limit(parser, otherwise=None)  # the one that the job was begun with
    _add_results(parser)


def _add_undo(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.planning:undo")
    _add_job(parser)
    _add_output(parser)
    _add_common(parser)
    _add_limit(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.verifying:verify")
    parser.add_argument("what", type=Path, metavar="PLAN|JOB", help=_("a plan's file, or a job's id"))
    _add_common(parser)
    _add_limit(parser)
    add_reveal(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_connection(parser, _("over this connection"))
    add_json_of_users(parser)


def _add_planned(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help=_("the plan's file"))


def _add_job(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument("job", nargs=nargs, metavar="JOB", help=_("the job's id, or how it begins"))


def _add_output(parser: argparse.ArgumentParser) -> None:
    words = _("where the plan is saved")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN", help=words)
    parser.add_argument("--force", action="store_true", help=_("in place of a file that is there"))


def _add_limit(parser: argparse.ArgumentParser, otherwise: int | None = _DOCUMENTED_LIMIT) -> None:
    words = _("at most so many requests a minute: {most}").format(most=_DOCUMENTED_LIMIT)
    most = up_to(_DOCUMENTED_LIMIT)
    parser.add_argument("--limit", type=most, default=otherwise, metavar="N", help=words)


def _add_results(parser: argparse.ArgumentParser) -> None:
    words = _("write how each user ended to a new CSV file; -: to the standard output")
    parser.add_argument("--results", type=Path, metavar="FILE", help=words)


def _digest(text: str) -> str:
    """So much of a digest that another plan will not have the same."""
    digits = text.lower()
    if not (12 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef")):
        raise argparse.ArgumentTypeError(_("12 to 64 hexadecimal digits"))
    return digits
