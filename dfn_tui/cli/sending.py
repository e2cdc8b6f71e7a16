"""`dfn-tui sending`: when advertising may go out to users, by channel: the day's strip of the console."""

import argparse
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from dfn_tui.cli.forms import RecordView
from dfn_tui.cli.ids import given_ids
from dfn_tui.cli.reading import FoundUser, MakeView, remark, show_users
from dfn_tui.cli.session import opened
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.flags import Flag
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.sending import ChannelVerdict, Delivery, delivery_glyph, delivery_name, may_advertise
from dfn_tui.consent.strip import HALF_HOURS, Strip, day_strips
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Value
from dfn_tui.text import _, sanitize

_ROLES = {Delivery.YES: "given", Delivery.MAY: "warn", Delivery.NO: "withdrawn"}


def sending(args: argparse.Namespace) -> int:
    """Shows, for each user and channel, whether advertising may go out now and when of the day; returns an
    `ExitCode`. Raises `ConsoleError`."""

    def fields(record: UserRecord) -> dict[str, Value | None]:
        return {flag.value: state.value for flag, state in record.consents.items()}

    with opened(args) as (session, runner):
        view: MakeView = partial(_view, session.capabilities.flags, session.clock())
        return runner.run(show_users(args, session, given_ids(args.words), fields, view, ci=False))


def _view(flags: Collection[Flag], now: datetime, _lines: object) -> RecordView[FoundUser]:
    headings = (
        Heading(_("user"), least=8, whole=True),
        Heading(_("channel")),
        Heading(_("now (KST)")),
        Heading(_("the day, from 00 to 24")),
        Heading(_("why"), least=8),
    )
    columns = ("kind", "user_id", "channel", "now", "hours", "reason", "at", "outcome", "code", "message")
    return RecordView(
        partial(_record, flags, now),
        columns,
        headings,
        partial(_cells, flags, now),
        rows=partial(_rows, flags, now),
    )


def _channels(
    one: FoundUser, flags: Collection[Flag], now: datetime
) -> Iterator[tuple[ChannelVerdict, Strip]]:
    if one.record.failure is not None:
        return
    strips = day_strips(one.record.consents, flags)
    for verdict in may_advertise(one.record.consents, now, flags):
        yield verdict, strips[verdict.channel]


def _record(flags: Collection[Flag], now: datetime, one: FoundUser) -> dict[str, object]:
    code, message = remark(one.record)
    return {
        "user_id": one.record.identity.value,
        "kind": one.record.identity.kind.value,
        "at": now.isoformat(timespec="seconds"),
        "channels": {
            verdict.channel.value: {
                "now": verdict.answer.value,
                "reason": verdict.reason,
                "hours": _hours(strip),
            }
            for verdict, strip in _channels(one, flags, now)
        },
        "outcome": "failed" if one.record.failure else "read",
        "code": code,
        "message": message,
    }


def _rows(flags: Collection[Flag], now: datetime, one: FoundUser) -> Iterator[dict[str, object]]:
    same = _record(flags, now, one)
    empty = True
    for verdict, strip in _channels(one, flags, now):
        empty = False
        hours = " / ".join(f"{span['from']}-{span['until']} {span['answer']}" for span in _hours(strip))
        channel = {"channel": verdict.channel.value, "now": verdict.answer.value, "reason": verdict.reason}
        yield {**same, **channel, "hours": hours}
    if empty:
        yield same


def _hours(strip: Strip) -> Sequence[dict[str, str]]:
    """The day as spans of Korean time in which the answer is the same."""
    spans = []
    for answer, halves in groupby(range(HALF_HOURS), key=lambda half: strip[half]):
        of_answer = [*halves]
        spans.append({"from": _time(of_answer[0]), "until": _time(of_answer[-1] + 1), "answer": answer.value})
    return spans


def _time(half: int) -> str:
    return f"{half // 2:02}:{half % 2 * 30:02}"


def _cells(flags: Collection[Flag], now: datetime, one: FoundUser) -> Iterator[Row]:
    user, none = TableCell(sanitize(one.record.identity.value)), TableCell("")
    code, message = remark(one.record)
    if one.record.failure is not None:
        yield user, none, none, none, TableCell(f"✗ {sanitize(message)} ({sanitize(code or '-')})", "danger")
    for verdict, strip in _channels(one, flags, now):
        role = _ROLES[verdict.answer]
        answer = TableCell(delivery_name(verdict.answer), role)
        # Without a colour: the answer is another one by night, and each has a sign of its own.
        day = TableCell("".join(map(delivery_glyph, strip)), "", _short(strip))
        why = TableCell(verdict.reason, "label")
        yield user, TableCell(channel_name(verdict.channel)), answer, day, why


def _short(strip: Strip) -> str:
    """The day by hours; each is the less certain of its halves."""
    pairs = zip(strip[::2], strip[1::2], strict=True)
    return "".join(delivery_glyph(one if one is other else Delivery.MAY) for one, other in pairs)
