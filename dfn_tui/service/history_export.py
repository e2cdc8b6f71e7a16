"""Journal entries for other programs: as JSON objects, and as rows for spreadsheets.

Nothing is uncovered here: what an entry masks stays masked.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import cast

from dfn_tui.consent.duties import Duty
from dfn_tui.service.changes.values import format_value
from dfn_tui.store import DutyNote, Entry, FieldChange, Operator, OutcomeRecord
from dfn_tui.store.records import Value
from dfn_tui.text import sanitize
from dfn_tui.text.korea import korean_time

OPEN = "open"
"""The outcome of an entry that has none, as in a filter."""

COLUMNS = (
    "seq",
    "at",
    "time_kst",
    "connection",
    "environment",
    "generation",
    "user_kind",
    "user_id",
    "kind",
    "name",
    "before",
    "after",
    "readable",
    "outcome",
    "now",
    "code",
    "message",
    "concluded_at",
    "reason",
    "evidence",
    "warnings",
    "operator",
    "sudo_user",
    "ssh",
    "host",
    "program",
    "write",
    "undo_of",
    "job",
    "left_out",
    "expressed_on",
    "expressed_source",
    "incident",
    "ground",
    "approver",
    "signer",
    "journal",
)
"""The header of the rows."""

DONE_COLUMNS = ("told_on", "confirmed_on")
"""Beside them, where it is asked what was done of the duties that follow."""

_OF_FIELD = ("kind", "name", "outcome", "read_back", "now", "code", "message")

# What a spreadsheet takes for the beginning of a formula, also in full width. The apostrophe, with which
# such a cell is made text, is guarded too, so that taking one away always gives back what was there.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")


def record(entry: Entry) -> dict[str, object]:
    """The entry and how it ended, as JSON has it. Times are UTC; keys never change their meaning."""
    intent, outcome = entry.intent, entry.outcome
    return {
        "seq": entry.seq,
        "at": _utc(entry.at),
        "connection": intent.connection,
        "environment": intent.environment,
        "generation": intent.api,
        "user_kind": intent.subject.kind,
        "user_id": intent.subject.value,
        "user_cover": intent.subject.redaction,
        "changes": [_change(entry, change) for change in intent.changes],
        "outcome": outcome.outcome if outcome else OPEN,
        "code": outcome.code if outcome else None,
        "message": outcome.message if outcome else "",
        "concluded_at": _utc(outcome.at) if outcome else None,
        **_named(intent, "reason", "evidence", "warnings"),
        "operator": _operator(intent.operator),
        **_named(intent, "program", "write", "undo_of", "job", "left_out"),
        **_named(intent, "expressed_on", "expressed_source", "incident", "ground"),
        **_named(intent, "approver", "signer"),
        "journal": entry.journal,
    }


def _change(entry: Entry, change: FieldChange) -> dict[str, object]:
    ended = entry.field_outcome(change)
    return {
        **_named(change, "kind", "name", "before", "after", "readable", "personal"),
        "cover": change.redaction,
        "outcome": entry.outcome_of(change) or OPEN,
        "read_back": bool(ended and ended.read_back),
        "now": ended.now if ended else None,
        "code": ended.code if ended else None,
        "message": ended.message if ended else "",
    }


def outcome_record(outcome: OutcomeRecord) -> dict[str, object]:
    """One of the outcomes of an entry, as JSON has it. `by` is null where whoever wrote the entry did."""
    return {
        "at": _utc(outcome.at),
        "outcome": outcome.outcome,
        "code": outcome.code,
        "message": outcome.message,
        "by": _operator(outcome.by) if outcome.by else None,
        "changes": [_named(field, *_OF_FIELD) for field in outcome.fields],
    }


def note_record(note: DutyNote) -> dict[str, object]:
    """That a duty which follows an entry was done, as JSON has it."""
    at = _utc(note.at) if note.at else None
    named = {"seq": note.seq, "at": at, "duty": note.duty, "on": note.on, "reason": note.reason}
    return named | {"operator": _operator(note.operator)}


def done_on(notes: Iterable[DutyNote]) -> dict[str, object]:
    """The days on which it was done, under `DONE_COLUMNS`."""
    days: dict[str, list[str]] = {Duty.TELL: [], Duty.CONFIRM: []}
    for note in notes:
        days.setdefault(note.duty, []).append(note.on)
    return dict(zip(DONE_COLUMNS, (" ".join(days[duty]) for duty in Duty), strict=True))


def _operator(who: Operator) -> dict[str, object]:
    return _named(who, "user", "sudo_user", "ssh", "host", "pid")


def _named(record: object, *names: str) -> dict[str, object]:
    return {name: getattr(record, name) for name in names}


def rows(entry: Entry) -> Iterator[list[str]]:
    """A row under `COLUMNS` for each change of the entry, or one without any: inert, and nothing a
    spreadsheet would run."""
    for values in row_records(entry):
        yield [_cell(values.get(column)) for column in COLUMNS]


def row_records(entry: Entry) -> Iterator[dict[str, object]]:
    """The same, with values as they are."""
    who = entry.intent.operator
    same = record(entry) | {"time_kst": korean_time(entry.at), "warnings": " / ".join(entry.intent.warnings)}
    same |= {"operator": who.user, "sudo_user": who.sudo_user, "ssh": who.ssh, "host": who.host}
    for change in [_change(entry, one) for one in entry.intent.changes] or [{}]:
        # What the outcome does not say of the field in particular, it says of the user.
        yield same | {name: value for name, value in change.items() if value not in (None, "")}


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _cell(value: object) -> str:
    return "" if value is None else spreadsheet_cell(format_value(cast("Value", value)))


def spreadsheet_cell(value: str) -> str:
    """`value` inert, and so that no spreadsheet runs it."""
    shown = sanitize(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
