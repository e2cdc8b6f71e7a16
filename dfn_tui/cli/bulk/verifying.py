"""Reading all users of a plan or a job again: are they as it wants them?"""

import argparse
from collections.abc import Iterator

from dfn_tui.cli.bulk.output import opened_for_many, unseal
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import RecordView, writing
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import shown_json
from dfn_tui.cli.session import server_progress
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.messages import state_role
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.run.verifying import Drift
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import value_words
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.service.snapshots.format import age_words
from dfn_tui.service.types import Value
from dfn_tui.text import _, ngettext, sanitize


def verify(args: argparse.Namespace) -> ExitCode:
    """Tells every user that is not as planned. Raises `ConsoleError`."""
    with opened_for_many(args) as (bulk, runner):
        if not args.what.exists():
            unseal(bulk, runner, str(args.what))
        return runner.run(_verify(args, bulk))


async def _verify(args: argparse.Namespace, bulk: BulkSession) -> ExitCode:
    read = drifted = failed = 0
    async with server_progress(beside_data=True) as line:

        def on_progress(users: int) -> None:
            nonlocal read
            read += users
            line.show(_("{count} users read").format(count=f"{read:,}"))

        error: ConsoleError | None = None
        try:
            with writing(args, drift_view(args.reveal)) as writer:
                async for drift in bulk.verify(str(args.what), on_progress, limit=args.limit):
                    failed += bool(drift.failure)
                    drifted += bool(drift.fields)
                    writer.put(drift)
        except ConsoleError as stopped:
            if not drifted:
                raise
            error = stopped
            say(f"{error.title}\n{error.happened}\n{error.next_step}")
    say(
        ngettext(
            "{count} user read: {drifted} not as planned, {failed} could not be read.",
            "{count} users read: {drifted} not as planned, {failed} could not be read.",
            read,
        ).format(count=f"{read:,}", drifted=f"{drifted:,}", failed=f"{failed:,}")
    )
    if (snapshots := bulk.session.snapshots) is not None and (head := (await snapshots.status()).head):
        words = _("By the snapshot {age}. Whom it shows as wanted is confirmed in the job and the journal.")
        say(words.format(age=age_words(head.began, bulk.session.clock())))
    return of_failures([*([error] if error else []), *([None] if drifted or failed else [])])


def drift_view(revealed: bool) -> RecordView[Drift]:
    """Users who are not as wanted: a row for each field."""
    headings = (
        Heading(_("user"), least=8, whole=True),
        Heading(_("field")),
        Heading(_("expected"), least=8),
        Heading(_("is now"), least=8),
        Heading(_("remark"), least=8),
    )
    columns = ("kind", "user_id", "name", "expected", "now", "outcome", "code", "message")

    def rows(drift: Drift) -> Iterator[dict[str, object]]:
        record = _record(drift, revealed)
        for field in _fields(drift, revealed) or [{}]:
            yield {**record, **field}

    def cells(drift: Drift) -> Iterator[Row]:
        user, none = TableCell(sanitize(drift.user.value)), TableCell("")
        if drift.failure:
            why = TableCell(_("could not be read: {why}").format(why=sanitize(drift.failure, 300)), "danger")
            yield user, none, none, none, why
        for item, now in drift.fields:
            values = [_value(item, item.after, revealed), _value(item, now, revealed)]
            yield user, TableCell(sanitize(item.name, 40)), *values, none

    return RecordView(
        lambda drift: _record(drift, revealed),
        columns,
        headings,
        cells,
        lambda drift: _lines(drift, revealed),
        rows,
    )


def _value(item: FieldChange, value: Value | None, revealed: bool) -> TableCell:
    consent = item.kind == FieldKind.CONSENT
    return TableCell(_words(item, value, revealed), state_role(state_of(value)) if consent else "")


def _lines(drift: Drift, revealed: bool) -> Iterator[str]:
    user = sanitize(drift.user.value, 60)
    if drift.failure:
        yield _("{user}: could not be read. {why}").format(user=user, why=sanitize(drift.failure, 300))
    for item, now in drift.fields:
        words = _("{user}  {name}  expected {expected}, is {now}")
        yield words.format(
            user=user,
            name=sanitize(item.name, 40),
            expected=_words(item, item.after, revealed),
            now=_words(item, now, revealed),
        )


def _words(item: FieldChange, value: Value | None, revealed: bool) -> str:
    return _("(none)") if value is None else value_words(item, value, revealed=revealed)


def _record(drift: Drift, revealed: bool) -> dict[str, object]:
    return {
        "user_id": drift.user.value,
        "kind": drift.user.kind.value,
        "outcome": "failed" if drift.failure else "drift",
        "code": None,
        "message": drift.failure,
        "fields": _fields(drift, revealed),
    }


def _fields(drift: Drift, revealed: bool) -> list[dict[str, object]]:
    return [
        {
            "name": item.name,
            "expected": shown_json(item.name, item.after, revealed),
            "now": shown_json(item.name, now, revealed),
        }
        for item, now in drift.fields
    ]
