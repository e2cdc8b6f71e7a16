"""The review of a plan: its figures shown, and answered on the terminal or by options."""

import argparse
from dataclasses import replace

from dfn_tui.cli.approving import all_answered, confirm
from dfn_tui.cli.bulk.telling import command, expected, plan_lines
from dfn_tui.cli.output import say
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.desk import BulkDesk
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.changes.policy import Approval, requirements
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
    asked = requirements(found.scope, bulk.desk.connection, now)
    approval = replace(all_answered(args, asked, found.to_send), max_users=args.max_users)
    bulk.guard(plan, approval)  # first what no answer would mend
    look = _("Look at them first: {command}").format(command=command(None, "show", args.plan, "--users"))
    confirm(args, asked, found.to_send, look=look)
    return approval
