"""Reading all users of a plan or a job again: are they as it wants them?"""

import argparse

from dfn_tui.cli.bulk.output import opened_for_many
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import json_line, say, write_data, write_text
from dfn_tui.cli.reading import require_reading, shown_json
from dfn_tui.cli.session import server_progress
from dfn_tui.service.bulk.run.verifying import Drift
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import value_words
from dfn_tui.service.records import FieldChange
from dfn_tui.service.types import Value
from dfn_tui.text import _, ngettext, sanitize


def verify(args: argparse.Namespace) -> ExitCode:
    """Tells every user that is not as planned. Raises `ConsoleError`."""
    with opened_for_many(args) as (bulk, runner):
        require_reading(bulk.session.capabilities)
        return runner.run(_verify(args, bulk))


async def _verify(args: argparse.Namespace, bulk: BulkSession) -> ExitCode:
    write_data() if args.json else write_text()
    read = drifted = failed = 0
    async with server_progress(beside_data=True) as line:

        def on_progress(users: int) -> None:
            nonlocal read
            read += users
            line.show(_("{count} users read").format(count=f"{read:,}"))

        async for drift in bulk.verify(str(args.what), on_progress, limit=args.limit):
            failed += bool(drift.failure)
            drifted += not drift.failure
            if args.json:
                print(json_line(_record(drift, args.reveal)))
            else:
                _show(drift, args.reveal)
    say(
        ngettext(
            "{count} user read: {drifted} not as planned, {failed} could not be read.",
            "{count} users read: {drifted} not as planned, {failed} could not be read.",
            read,
        ).format(count=f"{read:,}", drifted=f"{drifted:,}", failed=f"{failed:,}")
    )
    return ExitCode.SOME_FAILED if drifted or failed else ExitCode.DONE


def _show(drift: Drift, revealed: bool) -> None:
    user = sanitize(drift.user, 60)
    if drift.failure:
        print(_("{user}: could not be read. {why}").format(user=user, why=sanitize(drift.failure, 300)))
    for item, now in drift.fields:
        words = _("{user}  {name}  expected {expected}, is {now}")
        print(
            words.format(
                user=user,
                name=sanitize(item.name, 40),
                expected=_words(item, item.after, revealed),
                now=_words(item, now, revealed),
            )
        )


def _words(item: FieldChange, value: Value | None, revealed: bool) -> str:
    return _("(none)") if value is None else value_words(item, value, revealed=revealed)


def _record(drift: Drift, revealed: bool) -> dict[str, object]:
    return {
        "user_id": drift.user,
        "outcome": "failed" if drift.failure else "drift",
        "code": None,
        "message": drift.failure,
        "fields": [
            {
                "name": item.name,
                "expected": shown_json(item.name, item.after, revealed),
                "now": shown_json(item.name, now, revealed),
            }
            for item, now in drift.fields
        ],
    }
