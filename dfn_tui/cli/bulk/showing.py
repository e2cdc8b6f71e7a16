"""Looking through a plan, and narrowing it. No server is asked."""

import argparse
from collections.abc import Iterator

from dfn_tui.cli.bulk.output import bad_json, bad_rows, expected, plan_lines, totals_json, user_json
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import checked_text, given_ids, identities
from dfn_tui.cli.output import say, write_json, write_lines
from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.plan.exclusion import narrow, select
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import bad_words, planned_words, status_text, who_words
from dfn_tui.service.bulk.plan.records import PlannedUser, PlanStatus
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection, totals
from dfn_tui.service.context import capabilities_of
from dfn_tui.store import Operator
from dfn_tui.text import _, ngettext
from dfn_tui.text.korea import utc_now

_PAGE = 500


def show(args: argparse.Namespace) -> ExitCode:
    """Narrows a plan where that is asked for, and shows it. Raises `ConsoleError`."""
    with open_plan(args.plan) as plan:
        chosen = _selection(args)
        _narrow(args, plan, chosen)
        if args.json:
            write_json(_objects(args, plan, chosen))
        else:
            write_lines(_lines(args, plan, chosen))
    return ExitCode.DONE


def _selection(args: argparse.Namespace) -> Selection:
    """The users that the options choose: all of them without any."""
    direction = Direction.GRANT if args.grants else Direction.WITHDRAW if args.withdrawals else None
    return Selection(
        flag=Flag(args.flag) if args.flag else None,
        direction=direction,
        status=PlanStatus(args.status) if args.status else None,
        warned=True if args.warned else None,
        text=checked_text(args.find),
    )


def _narrow(args: argparse.Namespace, plan: PlanFile, chosen: Selection) -> None:
    ids = args.exclude if args.exclude is not None else args.include
    now, who = utc_now(), Operator.here()
    by = f"{who.user}@{who.host}"
    if args.only_first is not None:
        changed = narrow(plan, AllButFirst(args.only_first), now, by, out=True)
    elif ids is None:
        return
    else:
        which = _which(ids, plan, chosen)
        changed = narrow(plan, which, now, by, out=args.exclude is not None)
    if args.include is not None:
        words = ngettext("{count} user was put back.", "{count} users were put back.", changed)
    else:
        words = ngettext("{count} user was left out.", "{count} users were left out.", changed)
    say(words.format(count=f"{changed:,}"))


def _which(ids: list[str], plan: PlanFile, chosen: Selection) -> Selection | SelectedUsers:
    """The users named, or those chosen by options. Raises `ConsoleError` where it is neither, or both."""
    by_options = chosen != Selection()
    if bool(ids) == by_options:
        raise ConsoleError(
            _("Which users are meant?"),
            _("They are named by ids, or chosen by options such as --flag. The plan was left as it is."),
            _("Give one of the two."),
        )
    if by_options:
        return chosen
    head = plan.head
    named = identities(given_ids(ids), head.kind.value, capabilities_of(head.api))
    missing = [one.value for one in named if plan.find(one.value) is None]
    if missing:
        raise ConsoleError(
            _("Not in the plan"),
            ngettext(
                "{count} of these users is not in it. The plan was left as it is.",
                "{count} of these users are not in it. The plan was left as they are.",
                len(missing),
            ).format(count=f"{len(missing):,}"),
            _("Find them with --find."),
        )
    return SelectedUsers(tuple(one.value for one in named))


def _objects(args: argparse.Namespace, plan: PlanFile, chosen: Selection) -> Iterator[dict[str, object]]:
    if args.bad:
        yield from map(bad_json, bad_rows(plan))
    elif _wants_users(args, chosen):
        yield from (user_json(user, revealed=args.reveal) for user in _users(plan, chosen))
    else:
        yield totals_json(plan, totals(plan))


def _lines(args: argparse.Namespace, plan: PlanFile, chosen: Selection) -> Iterator[str]:
    if args.bad:
        yield from map(bad_words, bad_rows(plan))
    elif _wants_users(args, chosen):
        kind = plan.head.kind
        for user in _users(plan, chosen):
            yield f"{who_words(user, kind, revealed=args.reveal)}  {status_text(user)}"
            yield from (f"  {line}" for line in planned_words(user, revealed=args.reveal))
    else:
        found = totals(plan)
        yield from plan_lines(plan, found, utc_now(), expected(found))


def _wants_users(args: argparse.Namespace, chosen: Selection) -> bool:
    narrowed = args.exclude is not None or args.include is not None or args.only_first is not None
    return args.users or (chosen != Selection() and not narrowed)


def _users(plan: PlanFile, chosen: Selection) -> Iterator[PlannedUser]:
    after = -1
    while found := select(plan, chosen, after, _PAGE):
        yield from found
        after = found[-1].number
