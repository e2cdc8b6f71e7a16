"""`dfn-tui optout`: a list of phone numbers whose owners said no, as the free 080 numbers collect them.

The platform is never told of these by itself: the company has to do it. A preset of a plan and its job, which
asks for nothing but what any withdrawal needs.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from dfn_tui import paths
from dfn_tui.cli.bulk.jobs import check_results
from dfn_tui.cli.bulk.planning import plan
from dfn_tui.cli.bulk.running import apply
from dfn_tui.cli.choice import required
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.stdin import ask, can_ask
from dfn_tui.config import ApiVersion, load
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

_CONSENTS = {"sms": "df_sms_ads_optin"}


def optout(args: argparse.Namespace) -> int:
    """Withdraws the consent of everybody on the list, whatever is wrong with other rows; returns an
    `ExitCode`. Raises `ConsoleError`."""
    if required(load(paths.config_file()), args.connection).api is ApiVersion.V1:
        raise ConsoleError(
            _("Version 1 knows nobody by a phone number"),
            _("Its users are named by user_id alone. Nothing was sent."),
            _("Find out who they are, and give: dfn-tui bulk plan FILE mkt_sms_flag=Unsubscribed -o PLAN"),
        )
    check_results(args)
    args.words = [f"{_CONSENTS[args.channel]}=false"]
    args.reason = args.reason or args.incident or ""
    if not args.reason and can_ask():
        args.reason = ask(_("Reason or ticket: "))
    with TemporaryDirectory(prefix="dfn-tui-") as folder:
        if args.output is None:
            args.output = Path(folder, "optout.plan")  # the job's own file keeps what it holds
        planned = plan(args, sent_at_once=True)
        if planned not in (ExitCode.DONE, ExitCode.SOME_FAILED):
            return planned
        args.plan = args.output
        return apply(args) or planned
