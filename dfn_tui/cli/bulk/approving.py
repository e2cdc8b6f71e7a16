"""Approving a plan that somebody else applies: its digest, signed with an SSH key. Nothing is sent."""

import argparse
from datetime import UTC, datetime

from dfn_tui.cli.bulk.output import check_digest, plan_lines, usual_rates
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import say
from dfn_tui.cli.stdin import ask, can_ask
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.approving import Signing
from dfn_tui.service.bulk.approving import approve as sign
from dfn_tui.service.bulk.plan.file import open_copy
from dfn_tui.service.bulk.plan.totals import Totals, cost, totals
from dfn_tui.text import _, ngettext, sanitize


def approve(args: argparse.Namespace) -> ExitCode:
    """Signs what a plan says, after showing it and asking. Raises `ConsoleError`."""
    now = datetime.now(UTC)
    with open_copy(args.plan) as plan:  # who made it may still change the file
        check_digest(args, plan)
        found = totals(plan)
        limits = usual_rates(found)
        for line in plan_lines(plan, found, now, limits, cost(found, limit=limits[0])):
            say(line)
        _confirm(args, found)
        signed, path = sign(plan, found.digest, datetime.now(UTC), Signing(args.key, can_ask()))
    say(_("Signed by {name}: {path}").format(name=signed.statement.principal, path=sanitize(str(path), 200)))
    say(_("Whoever applies the plan needs that file beside it. It holds nothing secret."))
    return ExitCode.DONE


def _confirm(args: argparse.Namespace, found: Totals) -> None:
    """Has the number of users given. Raises `GateRefused`."""
    users = found.to_send
    if not users:
        raise GateRefused(
            _("Nothing to approve"), _("No user would be sent. Nothing was signed."), _("Look at the plan.")
        )
    if args.confirm is None and not can_ask():
        raise GateRefused(
            _("Not confirmed"),
            _("There is no terminal to ask on. Nothing was signed."),
            _("Look at it, then give --confirm {count}.").format(count=users),
        )
    words = ngettext(
        "To sign that {count} user is sent, type the number of users: ",
        "To sign that {count} users are sent, type the number of users: ",
        users,
    )
    typed = str(args.confirm) if args.confirm is not None else ask(words.format(count=f"{users:,}"))
    if typed.replace(",", "") != str(users):
        raise GateRefused(
            _("Not confirmed"),
            _("{count} users would be sent, and something else was said. Nothing was signed.").format(
                count=f"{users:,}"
            ),
            _("Look at the plan again."),
        )
