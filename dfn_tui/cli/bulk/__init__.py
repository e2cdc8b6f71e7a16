"""`dfn-tui bulk`: what its commands take. What they do, and what they need, is imported when one runs."""

import argparse
from pathlib import Path

from dfn_tui.cli.arguments import (
    add_actions,
    add_allow_unknown,
    add_approval,
    add_connection,
    add_formats,
    add_kind,
    add_max_grants,
    add_reveal,
    add_said,
    positive,
    up_to,
)
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import _

_DOCUMENTED_LIMIT = 10_000  # requests a minute; the module that the run has it from is slow to import

WAS = {"never-set": State.NEVER_SET, "subscribed": State.SUBSCRIBED, "unsubscribed": State.UNSUBSCRIBED}
_RULES = ("stop", "skip", "overwrite")


def add_bulk(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    _add_plan(commands.add_parser("plan", help=_("read every user and save what would change")))
    _add_inspect(commands.add_parser("inspect", help=_("say what a list is taken for; nobody is asked")))
    _add_show(commands.add_parser("show", help=_("look through a plan, leave users out of it")))
    _add_approve(commands.add_parser("approve", help=_("sign a plan that somebody else applies")))
    _add_apply(commands.add_parser("apply", help=_("send what a plan says")))
    _add_list(commands.add_parser("list", help=_("list the jobs, and those that cannot be read")))
    _add_status(commands.add_parser("status", help=_("show how a job ended; without one list them")))
    _add_resume(commands.add_parser("resume", help=_("go on with a job where it was left")))
    _add_clean(commands.add_parser("clean", help=_("remove the files of finished jobs")))
    _add_undo(commands.add_parser("undo", help=_("make a plan that takes a job back")))
    _add_verify(commands.add_parser("verify", help=_("read all users again: is it as planned?")))


def add_optout(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.optout:optout")
    parser.usage = _("%(prog)s [options] CHANNEL FILE")
    words = _("the channel whose messages they do not want any more")
    parser.add_argument("channel", choices=("sms",), metavar="CHANNEL", help=words)
    _add_file(parser)
    _add_common(parser)
    _add_mapping(parser)
    words = _("also keep the plan of it in this file")
    parser.add_argument("-o", "--output", type=Path, metavar="PLAN", help=words)
    parser.add_argument("--force", action="store_true", help=_("in place of a file that is there"))
    add_approval(parser)
    add_said(parser)
    _add_allow_bad(parser)
    _add_limit(parser)
    _add_results(parser)
    parser.set_defaults(
        kind="phone_no",
        create=False,
        resubscribe=False,
        was=None,
        allow_unknown=False,
        stop_at_bad=False,
        on_conflict="overwrite",
        no_read_back=False,
        digest=None,
        key=None,
        max_grants=None,
        max_users=None,
    )


def add_preflight(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.preflight:preflight")
    parser.usage = _("%(prog)s [options] --channel CHANNEL FILE")
    _add_file(parser)
    words = _("what the campaign goes out by: sms, push or kakao")
    channels = ("sms", "push", "kakao")
    parser.add_argument("--channel", choices=channels, required=True, metavar="CHANNEL", help=words)
    words = _("when it goes out: 21:10 (today or tomorrow), '2026-11-27 21:10'; Korean time; else now")
    parser.add_argument("--at", metavar="TIME", help=words)
    words = _("it is no advertising: the consent for informational messages counts, and no night")
    parser.add_argument("--informational", action="store_true", help=words)
    words = _("write who may be sent to, a CSV")
    parser.add_argument("--may", type=Path, metavar="FILE", help=words)
    words = _("write who may not, and of whom it cannot be said, with the reasons, a CSV")
    parser.add_argument("--may-not", type=Path, metavar="FILE", help=words)
    parser.add_argument("--force", action="store_true", help=_("in place of files that are there"))
    words = _("people who were never asked count as who may be sent to; else they are on neither list")
    parser.add_argument("--include-never-set", action="store_true", help=words)
    _add_common(parser)
    add_kind(parser)
    _add_source(parser)
    _add_columns(parser)
    _add_limit(parser, _("at most so many requests a minute; without it half of the documented {most}"))


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.planning:plan")
    parser.usage = _("%(prog)s [options] FILE [NAME=VALUE…] -o PLAN")
    _add_users(parser)
    _add_output(parser)
    parser.add_argument("--create", action="store_true", help=_("plan users the server does not know, too"))
    _add_resubscribe(parser)
    _add_was(parser, _("send to nobody but whose consents to be changed were all so before: {states}"))
    add_allow_unknown(parser)
    _add_allow_bad(parser)
    parser.add_argument("--stop-at-bad", action="store_true", help=_("make no plan if one row is bad"))
    add_said(parser)
    _add_limit(parser)


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.inspecting:inspect")
    parser.usage = _("%(prog)s [options] FILE [NAME=VALUE…]")
    _add_users(parser)


def _add_users(parser: argparse.ArgumentParser) -> None:
    """A list of users, what is wanted of all of them, and what its columns are."""
    _add_file(parser)
    words = _("what is to be so for all users, beside their row")
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help=words)
    _add_common(parser)
    add_kind(parser)
    _add_mapping(parser)


def _add_file(parser: argparse.ArgumentParser) -> None:
    words = _("an Excel workbook, one id a line, CSV, TSV or JSON lines; -: the standard input")
    parser.add_argument("file", type=Path, metavar="FILE", help=words)


def _add_mapping(parser: argparse.ArgumentParser) -> None:
    """How the file is to be read, and what its columns are."""
    _add_source(parser)
    _add_columns(parser)
    words = _("write this property though no user may have it yet")
    parser.add_argument("--new-property", action="append", default=[], metavar="NAME", help=words)


def _add_columns(parser: argparse.ArgumentParser) -> None:
    """What the columns of a list are."""
    words = _("what the column under HEAD (or #3) is: an identity, a field, points:number, evidence, …")
    parser.add_argument("--map", type=_pair, action="append", default=[], metavar="HEAD=NAME", help=words)
    words = _("write nothing of this column")
    parser.add_argument("--ignore", action="append", default=[], metavar="HEAD", help=words)
    words = _("nor of any other column that nobody named")
    parser.add_argument("--ignore-others", action="store_true", help=words)
    words = _("what words mean: Y=Subscribed,N=Unsubscribed,Z= (nothing),sms=mkt_sms_flag")
    parser.add_argument("--values", type=_pairs, action="extend", default=[], metavar="WORDS", help=words)
    words = _("the first line of the list is an id, not a head")
    parser.add_argument("--no-head", action="store_true", help=words)


def _add_source(parser: argparse.ArgumentParser) -> None:
    """How a file of users is to be read; `source_options` takes it."""
    words = _("what the text is in, as cp949 or shift_jis, where that is not recognised")
    parser.add_argument("--encoding", metavar="NAME", default="", help=words)
    words = _("the sheet of a workbook, where several hold rows")
    parser.add_argument("--sheet", metavar="NAME", default="", help=words)
    words = _("read a workbook's hidden rows like others, or leave them out")
    parser.add_argument("--hidden", choices=("include", "skip"), help=words)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.showing:show")
    _add_planned(parser)
    parser.add_argument("--users", action="store_true", help=_("each user with the changes planned"))
    words = _("all groups: what is sent, from what to what, and to how many users")
    parser.add_argument("--groups", action="store_true", help=words)
    parser.add_argument("--group", type=positive, metavar="N", help=_("users of the group of that number"))
    parser.add_argument("--bad", action="store_true", help=_("each row of the input that is not in the plan"))
    parser.add_argument("--flag", choices=[*Flag], metavar="F", help=_("changes of this one"))
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--grants", action="store_true", help=_("users who are given a consent"))
    way.add_argument("--withdrawals", action="store_true", help=_("users from whom one is withdrawn"))
    _add_was(parser, _("users whose consents were so before: {states}"))
    parser.add_argument("--warned", action="store_true", help=_("users with a contradiction afterwards"))
    statuses = ("change", "create", "already", "unknown", "unreadable", "blind", "changed", "said-no")
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
    add_formats(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.running:apply")
    _add_planned(parser)
    _add_common(parser)
    add_approval(parser)
    add_said(parser)
    add_max_grants(parser)
    words = _("write to so many users, this once")
    parser.add_argument("--max-users", type=positive, metavar="N", help=words)
    words = _("users whom somebody changed since: stop (the default), set aside, or send without looking")
    parser.add_argument("--on-conflict", choices=_RULES, default="stop", help=words)
    parser.add_argument("--no-read-back", action="store_true", help=_("do not read again what was sent"))
    _add_limit(parser)
    _add_digest(parser, _("apply no other plan: its digest's first 12 digits"))
    _add_key(parser)
    _add_results(parser)


def _add_approve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.approving:approve")
    _add_planned(parser)
    _add_key(parser)
    _add_digest(parser, _("sign no other plan: its digest's first 12 digits"))
    words = _("sign without asking if N users would be sent")
    parser.add_argument("--confirm", type=positive, metavar="N", help=words)


def _add_digest(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--digest", type=_digest, metavar="HEX", help=words)


def _add_key(parser: argparse.ArgumentParser) -> None:
    words = _("sign with this SSH key; without: with the agent's")
    parser.add_argument("--key", type=Path, metavar="FILE", help=words)


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.jobs:list_")
    _add_common(parser)


def _add_clean(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.jobs:clean")
    words = _("jobs that ended so many days ago or earlier")
    parser.add_argument("--older-than", type=up_to(36_500), required=True, metavar="DAYS", help=words)
    words = _("also jobs that could be gone on with, or with users of unknown outcome")
    parser.add_argument("--unfinished", action="store_true", help=words)
    _add_common(parser)


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.jobs:status")
    _add_job(parser, nargs="?")
    _add_common(parser)
    _add_results(parser)
    parser.add_argument("--users", action="store_true", help=_("each user of the job, and how they ended"))
    words = _("each user who failed, came out different, is unknown or was changed meanwhile")
    parser.add_argument("--troubled", action="store_true", help=words)
    add_reveal(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.running:resume")
    _add_job(parser, nargs="?")
    _add_common(parser)
    parser.add_argument("--failed", action="store_true", help=_("those that failed once more, too"))
    words = _("users whom somebody changed since: look at all again first, leave them aside, or send them")
    parser.add_argument("--on-conflict", choices=_RULES, help=words)
    _add_limit(parser)
    _add_key(parser)
    _add_results(parser)


def _add_undo(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.planning:undo")
    _add_job(parser)
    _add_output(parser)
    _add_common(parser)
    add_allow_unknown(parser)
    _add_allow_bad(parser)
    _add_resubscribe(parser)
    add_said(parser)
    _add_limit(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.bulk.verifying:verify")
    parser.add_argument("what", type=Path, metavar="PLAN|JOB", help=_("a plan's file, or a job's id"))
    _add_common(parser)
    _add_limit(parser)
    add_reveal(parser)


def _add_resubscribe(parser: argparse.ArgumentParser) -> None:
    words = _("give consents to people who had said no, too: needs evidence of their yes")
    parser.add_argument("--resubscribe", action="store_true", help=words)


def _add_was(parser: argparse.ArgumentParser, words: str) -> None:
    help = words.format(states=", ".join(WAS))
    # The platform's own words are capitalised.
    parser.add_argument("--was", type=str.casefold, choices=tuple(WAS), metavar="STATE", help=help)


def _add_allow_bad(parser: argparse.ArgumentParser) -> None:
    words = _("rows that are in no plan are no failure (else exit code 1)")
    parser.add_argument("--allow-bad", action="store_true", help=words)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_connection(parser, _("over this connection"))
    add_formats(parser)


def _add_planned(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help=_("the plan's file"))


def _add_job(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument("job", nargs=nargs, metavar="JOB", help=_("the job's id, or how it begins"))


def _add_output(parser: argparse.ArgumentParser) -> None:
    words = _("where the plan is saved")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN", help=words)
    parser.add_argument("--force", action="store_true", help=_("in place of a file that is there"))


def _add_limit(parser: argparse.ArgumentParser, words: str = "") -> None:
    words = words or _(
        "at most so many requests a minute; without it half of the documented {most}, all to withdraw"
    )
    most = up_to(_DOCUMENTED_LIMIT)
    parser.add_argument("--limit", type=most, metavar="N", help=words.format(most=_DOCUMENTED_LIMIT))


def _add_results(parser: argparse.ArgumentParser) -> None:
    words = _("write how each user ended to a new CSV file; -: to the standard output")
    parser.add_argument("--results", type=Path, metavar="FILE", help=words)
    words = _("begin the results with the mark Excel looks for")
    parser.add_argument("--bom", action="store_true", help=words)


def _pair(text: str) -> tuple[str, str]:
    """What stands before and after the last equals sign: a head may hold one, a name does not."""
    head, equals, name = text.rpartition("=")
    if not (equals and head.strip() and name.strip()):
        raise argparse.ArgumentTypeError(_("a head, an equals sign and a name"))
    return head, name


def _pairs(text: str) -> list[tuple[str, str]]:
    """Words with what they mean, which may be nothing."""
    found = [one.rpartition("=") for one in text.split(",")]
    if not all(equals and word.strip() for word, equals, _meaning in found):
        raise argparse.ArgumentTypeError(_("words with their meanings, as Y=Subscribed,N=Unsubscribed"))
    return [(word, meaning) for word, _equals, meaning in found]


def _digest(text: str) -> str:
    """So much of a digest that another plan will not have the same."""
    digits = text.lower()
    if not (12 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef")):
        raise argparse.ArgumentTypeError(_("12 to 64 hexadecimal digits"))
    return digits
