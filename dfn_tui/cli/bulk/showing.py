"""Looking through a plan, and leaving users out of it. No server is asked."""

import argparse
from collections.abc import Iterator
from contextlib import nullcontext

from dfn_tui.cli.bulk import WAS
from dfn_tui.cli.bulk.output import bad_rows, command, plan_lines, totals_json, usual_rates
from dfn_tui.cli.bulk.views import PLAN_COLUMNS, bad_view, group_lines, group_view, planned_view
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records, writing
from dfn_tui.cli.ids import checked_text, given_ids, identities
from dfn_tui.cli.output import say, what_was_done
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.approving import signatures_beside
from dfn_tui.service.bulk.plan.exclusion import exclude, select
from dfn_tui.service.bulk.plan.file import NumberedGroup, PlanFile, open_plan
from dfn_tui.service.bulk.plan.records import PlannedUser, PlanStatus
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection, cost, totals
from dfn_tui.service.bulk.run.sent import sent_before
from dfn_tui.service.context import capabilities_of
from dfn_tui.store import Operator, journal_file
from dfn_tui.text import _, ngettext
from dfn_tui.text.korea import utc_now

_PAGE = 500
_GROUPS_SHOWN = 20


def show(args: argparse.Namespace) -> ExitCode:
    """Leaves users out of a plan where that is asked for, and shows it. Raises `ConsoleError`."""
    with open_plan(args.plan) as plan:
        chosen, journal = _selection(args), journal_file()
        if numbers := sent_before(plan.head, journal.parent / "jobs", journal).numbers:
            plan.mark_sent(numbers)
        _exclude(args, plan, chosen)
        with what_was_done() if _excludes(args) else nullcontext():
            if args.bad:
                write_records(args, bad_rows(plan), bad_view())
            elif args.groups:
                write_records(args, _groups(plan), group_view(revealed=args.reveal))
            elif _wants_users(args, chosen):
                several = len(plan.head.kinds) > 1  # else the plan's figures say the one
                with writing(args, planned_view(revealed=args.reveal, kinds=several)) as writer:
                    for user in _users(plan, chosen):
                        writer.put(user)
            else:
                write_records(args, [plan], _plan_view(revealed=args.reveal), lines_seen=True)
    return ExitCode.DONE


def _selection(args: argparse.Namespace) -> Selection:
    """The users that the options choose: all of them without any."""
    direction = Direction.GRANT if args.grants else Direction.WITHDRAW if args.withdrawals else None
    return Selection(
        group=args.group,
        flag=Flag(args.flag) if args.flag else None,
        direction=direction,
        was=WAS.get(args.was),
        status=PlanStatus(args.status) if args.status else None,
        warned=True if args.warned else None,
        text=checked_text(args.find),
    )


def _exclude(args: argparse.Namespace, plan: PlanFile, chosen: Selection) -> None:
    ids = args.exclude if args.exclude is not None else args.include
    now, who = utc_now(), Operator.here()
    by = f"{who.user}@{who.host}"
    if args.only_first is not None:
        changed = exclude(plan, AllButFirst(args.only_first), now, by, out=True)
    elif ids is None:
        return
    else:
        which = _which(ids, plan, chosen)
        changed = exclude(plan, which, now, by, out=args.exclude is not None)
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
    named = [_in_plan(id, plan) for id in given_ids(ids)]
    missing = [id for id in named if plan.find(id) is None]
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
    return SelectedUsers(tuple(named))


def _in_plan(id: str, plan: PlanFile) -> str:
    """The id as the plan has it, which may have users of several kinds. Raises `ConsoleError`."""
    head = plan.head
    has = capabilities_of(head.api)
    last: ConsoleError | None = None
    for kind in head.kinds:
        try:
            [one] = identities((id,), kind.value, has)
        except ConsoleError as error:
            last = error
        else:
            if plan.find(one.value) is not None:
                return one.value
    if last is not None and len(head.kinds) == 1:
        raise last
    return id


def _plan_view(*, revealed: bool) -> RecordView[PlanFile]:
    """A plan as a whole."""

    def record(plan: PlanFile) -> dict[str, object]:
        found = totals(plan)
        signed = [
            one._asdict() | {"at": one.at.isoformat() if one.at else None, "counts": not one.why}
            for one in signatures_beside(plan, found, utc_now())
        ]
        return totals_json(plan, found) | {"signatures": signed}

    def cells(plan: PlanFile) -> Iterator[Row]:
        return ([TableCell(line)] for line in _plan_lines(plan, revealed))

    return RecordView(
        record, PLAN_COLUMNS, [Heading(_("plan"))], cells, lambda plan: _plan_lines(plan, revealed)
    )


def _plan_lines(plan: PlanFile, revealed: bool) -> Iterator[str]:
    found = totals(plan)
    limits = usual_rates(found)
    now = utc_now()
    yield from plan_lines(plan, found, now, limits, cost(found, limit=limits[0]))
    yield from (one.words for one in signatures_beside(plan, found, now))
    groups = plan.largest(limit=_GROUPS_SHOWN + 1)
    for one in groups[:_GROUPS_SHOWN]:
        yield from group_lines(one, revealed=revealed)
    if len(groups) > _GROUPS_SHOWN:
        yield _("… and more groups. All of them: {command}").format(
            command=command(None, "show", plan.path, "--groups")
        )


def _groups(plan: PlanFile) -> Iterator[NumberedGroup]:
    shown = 0
    while found := plan.largest(shown, _PAGE):
        yield from found
        shown += len(found)


def _excludes(args: argparse.Namespace) -> bool:
    """Whether the plan is changed."""
    return any(option is not None for option in (args.exclude, args.include, args.only_first))


def _wants_users(args: argparse.Namespace, chosen: Selection) -> bool:
    return args.users or (chosen != Selection() and not _excludes(args))


def _users(plan: PlanFile, chosen: Selection) -> Iterator[PlannedUser]:
    after = -1
    while found := select(plan, chosen, after, _PAGE):
        yield from found
        after = found[-1].number
