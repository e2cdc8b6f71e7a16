"""Users in columns: what each said to, and what an operator should know of them."""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from dfn_tui.cli.counts import show_counts
from dfn_tui.cli.forms import RecordView
from dfn_tui.cli.ids import given_ids
from dfn_tui.cli.reading import FoundUser, remark, show_users, shown_json, user_record
from dfn_tui.cli.session import opened
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.flags import Flag, Purpose
from dfn_tui.consent.lints import lint
from dfn_tui.consent.messages import flag_label, state_glyph, state_name, state_role
from dfn_tui.service.personal import shown_value
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Value
from dfn_tui.text import _, sanitize

Lines = Callable[[FoundUser], Iterator[str]]

_LEAST_ID, _LEAST_NAME, _LEAST = 8, 6, 10
_WHO = ("kind", "user_id")
_HOW = ("unreadable", "read_at", "outcome", "code", "message")


def get(args: argparse.Namespace) -> int:
    """`dfn-tui get`: shows the consents and properties of users; returns an `ExitCode`. Raises
    `ConsoleError`."""

    def fields(record: UserRecord) -> Mapping[str, Value]:
        return {flag.value: state.value for flag, state in record.consents.items()} | dict(record.properties)

    with opened(args) as (session, runner):
        if args.counts:
            return runner.run(show_counts(args, session, given_ids(args.words)))
        view = partial(profile_view, session.capabilities.flags, args.reveal)
        return runner.run(show_users(args, session, given_ids(args.words), fields, view, ci=False))


def profile_view(flags: Sequence[Flag], revealed: bool, lines: Lines) -> RecordView[FoundUser]:
    """Consents by their meaning, each in a column of its own, and the findings."""
    shown = [flag for flag in Flag if flag in flags]
    columns = (*_WHO, "name", *(flag.value for flag in shown), "findings", "properties", *_HOW)
    headings = [
        Heading(_("id"), least=_LEAST_ID, whole=True),
        Heading(_("name"), least=_LEAST_NAME),
        *(Heading(flag_label(flag), _group(flag)) for flag in shown),
        Heading(_("findings"), least=_LEAST_ID),
    ]

    def cells(one: FoundUser) -> Iterator[Row]:
        record = one.record
        states = [record.consents.get(flag) for flag in shown]
        yield (
            TableCell(sanitize(record.identity.value)),
            TableCell(sanitize(record.name, 60)),
            *(
                TableCell(f"{state_glyph(state)} {state_name(state)}", state_role(state), state_glyph(state))
                if record.consents
                else TableCell("")
                for state in states
            ),
            _findings(record),
        )

    def rows(one: FoundUser) -> Iterator[dict[str, object]]:
        record = user_record(one, revealed)
        own = {flag.value: one.fields.get(flag.value) for flag in shown}
        others = {
            name: shown_json(name, value, revealed)
            for name, value in one.fields.items()
            if name not in [*Flag]
        }
        findings = " / ".join(found.text for found in lint(one.record.consents))
        yield {**record, **own, "name": one.record.name, "properties": others, "findings": findings}

    return RecordView(lambda one: user_record(one, revealed), columns, headings, cells, lines, rows)


def ci_view(names: Sequence[str], revealed: bool, lines: Lines) -> RecordView[FoundUser]:
    """Identifiers, each in a column of its own."""
    headings = [
        Heading(_("id"), least=_LEAST_ID, whole=True),
        *(Heading(name, least=_LEAST) for name in names),
    ]
    headings.append(Heading(_("remark"), least=_LEAST))

    def record(one: FoundUser) -> dict[str, object]:
        return {name: value for name, value in user_record(one, revealed).items() if name != "findings"}

    def cells(one: FoundUser) -> Iterator[Row]:
        shown = []
        for name in names:
            value = one.fields.get(name)
            lost, none = name in one.unreadable, TableCell(_("(none)"), "label", "–")
            if lost or name not in one.fields:
                shown.append(TableCell(_("not readable") if lost else "", "danger"))
            else:
                words = None if value is None else shown_value(name, value, revealed=revealed)
                shown.append(none if words is None else TableCell(words))
        yield (TableCell(sanitize(one.record.identity.value)), *shown, _remark(one.record))

    def rows(one: FoundUser) -> Iterator[dict[str, object]]:
        found = record(one)
        own = {name: shown_json(name, one.fields.get(name), revealed) for name in names}
        yield {**found, **own}

    return RecordView(record, (*_WHO, *names, *_HOW), headings, cells, lines, rows)


def _group(flag: Flag) -> str:
    heads = {Purpose.ADVERTISING: _("advertising"), Purpose.NIGHT: _("at night 21–08")}
    return heads.get(flag.purpose, "")


def _remark(record: UserRecord) -> TableCell:
    code, message = remark(record)
    if record.failure is not None:
        named = f" ({sanitize(code)})" if code and code not in message else ""
        return TableCell(f"✗ {sanitize(message, 200)}{named}", "danger")
    return TableCell(message, "label")


def _findings(record: UserRecord) -> TableCell:
    """What is odd, the gravest alone where it is a failure."""
    if record.failure is not None or record.unknown_to_server:
        return _remark(record)
    texts = [one.text for one in lint(record.consents)]
    if record.unreadable:
        fields = ", ".join(f"{name} ({why})" for name, why in record.unreadable.items())
        texts.append(sanitize(_("not readable: {fields}").format(fields=fields), 200))
    return TableCell(f"▲ {' · '.join(texts)}", "warn") if texts else TableCell("")
