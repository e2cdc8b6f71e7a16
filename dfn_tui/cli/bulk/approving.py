"""The review of a plan: its figures shown, and answered on the terminal or by options."""

import argparse
from dataclasses import replace

from dfn_tui.cli.approving import confirm, have_read
from dfn_tui.cli.bulk.telling import command, expected, plan_lines
from dfn_tui.cli.ids import checked_text
from dfn_tui.cli.output import say
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.desk import BulkDesk
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.changes.policy import Approval
from dfn_tui.text import _


def approve(args: argparse.Namespace, bulk: BulkDesk, plan: PlanFile) -> Approval:
    """The operator's answers to that plan. Raises `GateRefused` where one is missing or is a no."""
    if args.digest and not plan.digest.startswith(args.digest):
        raise GateRefused(
            _("This is another plan"),
            _("Its digest is {digest}. Nothing was sent.").format(digest=plan.digest[: len(args.digest)]),
            _("Look at it: {command}").format(command=command(None, "show", args.plan)),
        )
    found, now = totals(plan), bulk.desk.clock()
    sending = expected(
        found,
        limit=args.limit,
        look_first=args.on_conflict != OnConflict.OVERWRITE,
        read_back=not args.no_read_back,
    )
    for line in plan_lines(plan, found, now, sending):
        say(line)
    cautions = [
        caution
        for caution in found.demands(now, production=bulk.desk.production).cautions
        if caution.must_acknowledge
    ]
    every = Approval(
        checked_text(args.reason),
        checked_text(args.evidence),
        frozenset(caution.id.value for caution in cautions),
        found.to_send,
        args.max_grants,
        args.max_users,
    )
    bulk.guard(plan, every)  # first what no answer would mend
    for caution in cautions:
        if caution.id.value not in args.acknowledge:
            have_read(caution.id.value, caution.text)
    look = _("Look at them first: {command}").format(command=command(None, "show", args.plan, "--users"))
    asked = _question(found, production=bulk.desk.production)
    confirm(args, found.to_send, production=bulk.desk.production, asked=asked, look=look)
    return replace(every, typed_count=found.to_send)


def _question(found: Totals, *, production: bool) -> tuple[str, str]:
    if found.deleted:
        return _("This cannot be undone. Type the number of users to send: "), str(found.to_send)
    if production:
        return _("This is production. Type the number of users to send: "), str(found.to_send)
    return _("Type yes to send: "), _("yes")
