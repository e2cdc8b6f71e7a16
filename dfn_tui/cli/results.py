"""How a command that writes ended, user by user."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.output import say, what_was_done
from dfn_tui.cli.reading import UNKNOWN_USER, change_json, shown_json
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.messages import state_role
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import NOT_JOURNALLED, Outcome
from dfn_tui.service.change_format import (
    before_words,
    change_words,
    count_words,
    nothing_set,
    outcome_role,
    outcome_words,
    value_words,
)
from dfn_tui.service.changes.outcome import NOT_READ_BACK, FieldResult, UserResult
from dfn_tui.service.changes.pipeline import Conflict
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldChange, FieldKind, UserChange
from dfn_tui.service.types import Identity
from dfn_tui.text import _, ngettext, sanitize

_NOT_AS_ASKED = (Outcome.FAILED, Outcome.CONFLICT, Outcome.DIFFERENT)


class CommandResult(NamedTuple):
    """How it ended for one user, of whom these fields were to change. `error` is that of the whole request
    where not the user alone failed."""

    identity: Identity
    outcome: Outcome
    code: str | None = None
    message: str = ""
    changes: tuple[FieldChange, ...] = ()
    fields: tuple[FieldResult, ...] = ()
    error: ConsoleError | None = None


def not_created(user: Identity) -> CommandResult:
    """A user that is not there, and that nobody asked to create."""
    message = _("{unknown} Nothing was sent; --create writes all the same.").format(unknown=nothing_set())
    return CommandResult(user, Outcome.FAILED, UNKNOWN_USER, message)


def conflicting(change: UserChange, conflicts: Iterable[Conflict]) -> CommandResult:
    """A user that somebody else changed since it was read."""
    words = _("Changed by someone else meanwhile: {name} is now {value}. Nothing was sent for this user.")
    found = next(one for one in conflicts if one.user.identity == change.identity)
    shown = value_words(found.change, found.now, revealed=False)
    message = words.format(name=sanitize(found.change.name, 40), value=shown)
    return CommandResult(change.identity, Outcome.CONFLICT, "changed-meanwhile", message, change.fields)


def of_result(result: UserResult) -> CommandResult:
    """What became of what was sent."""
    decisive = result.decisive
    errors = [reply.error for reply in result.errors if reply.error]
    changes = tuple(field.change for field in result.fields)
    error = errors[0] if errors else None
    return CommandResult(
        result.identity, result.outcome, decisive.code, decisive.message, changes, result.fields, error
    )


def not_journalled(result: CommandResult, trouble: ConsoleError) -> CommandResult:
    """The same, where that could not be written down: the entry stays open until a later start settles it."""
    fields = tuple(one if one.code else one._replace(code=NOT_JOURNALLED) for one in result.fields)
    words = _("The outcome is not in the journal: {why}").format(why=trouble.happened)
    message = " ".join(filter(None, (result.message, words)))
    return result._replace(code=NOT_JOURNALLED, message=message, fields=fields)


def with_fields(result: CommandResult, others: Sequence[FieldResult]) -> CommandResult:
    """The same user with these fields, too, of which nothing was sent. The gravest outcome counts."""
    fields = result.fields or tuple(
        FieldResult(one, result.outcome, code=result.code, message=result.message) for one in result.changes
    )
    merged = of_result(UserResult(result.identity, (*fields, *others)))
    return merged._replace(error=result.error)


def show(args: argparse.Namespace, ended: Sequence[CommandResult]) -> None:
    """Shows how it ended on the standard output, and the counts on the standard error."""
    with what_was_done():
        write_records(args, ended, result_view(args.reveal))
    counts = Counter(one.outcome for one in ended)
    kinds = ", ".join(sorted({one.identity.kind.value for one in ended}))
    users = ngettext("{count} user ({kinds})", "{count} users ({kinds})", len(ended))
    say(f"{users.format(count=f'{len(ended):,}', kinds=kinds)}: {', '.join(count_words(counts))}")


def result_view(revealed: bool) -> RecordView[CommandResult]:
    """How it ended for each user: a row for each field."""
    headings = [
        Heading(_("user"), least=8, whole=True),
        Heading(_("field")),
        Heading(_("before"), least=8),
        Heading(_("after"), least=8),
        Heading(_("outcome"), least=8),
        Heading(_("remark"), least=8),
    ]
    columns = ("kind", "user_id", "name", "before", "after", "now", "readable", "outcome", "code", "message")

    def rows(one: CommandResult) -> Iterator[dict[str, object]]:
        record = _record(one, revealed)
        for change in _changes(one, revealed) or [{}]:
            yield {**record, **{name: value for name, value in change.items() if value not in (None, "")}}

    def cells(one: CommandResult) -> Iterator[Row]:
        user = TableCell(sanitize(one.identity.value))
        fields = one.fields or [
            FieldResult(item, one.outcome, code=one.code, message=one.message) for item in one.changes
        ]
        for field in fields:
            yield user, *_field_cells(field, revealed)
        if not fields:
            outcome = TableCell(outcome_words(one.outcome), outcome_role(one.outcome))
            none = TableCell("")
            yield user, none, none, none, outcome, TableCell("  ".join(_why(one.code, one.message)), "label")

    return RecordView(
        lambda one: _record(one, revealed), columns, headings, cells, lambda one: _lines(one, revealed), rows
    )


def _field_cells(field: FieldResult, revealed: bool) -> Row:
    item = field.change
    consent = item.kind == FieldKind.CONSENT
    code = None if field.code == field.outcome else field.code  # which is said already
    why = [*_why(code, field.message)]
    if _now(field, revealed):
        now = value_words(item, field.now, revealed=revealed)
        why.insert(0, _("now: {value}").format(value=now))
    after = _("deleted") if item.after is None else value_words(item, item.after, revealed=revealed)
    return (
        TableCell(sanitize(item.name, 40)),
        TableCell(before_words(item, revealed), state_role(state_of(item.before)) if consent else ""),
        TableCell(
            after, state_role(state_of(item.after)) if consent else "danger" if item.after is None else ""
        ),
        TableCell(outcome_words(field.outcome), outcome_role(field.outcome)),
        TableCell("  ".join(why), "label"),
    )


def exit_code(
    ended: Sequence[CommandResult], *, stopped: bool = False, allow_unknown: bool = False
) -> ExitCode:
    """The exit code of a command that ended so. `allow_unknown`: that nobody is there is fine."""
    fine = UNKNOWN_USER if allow_unknown else None
    failed = [one.error for one in ended if one.outcome in _NOT_AS_ASKED and (one.code or "") != fine]
    codes = {field.code for one in ended for field in one.fields}
    codes |= {one.code for one in ended}
    unknown = not codes.isdisjoint({NOT_READ_BACK, NOT_JOURNALLED}) or any(
        one.outcome is Outcome.UNKNOWN for one in ended
    )
    return of_failures(failed, unknown=unknown, stopped=stopped)


def _record(one: CommandResult, revealed: bool) -> dict[str, object]:
    return {
        "user_id": one.identity.value,
        "kind": one.identity.kind.value,
        "outcome": one.outcome.value,
        "code": one.code,
        "message": one.message,
        "changes": _changes(one, revealed),
    }


def _changes(one: CommandResult, revealed: bool) -> list[dict[str, object]]:
    outcomes = [field.outcome.value for field in one.fields] or [one.outcome.value] * len(one.changes)
    return [
        change_json(item, revealed)
        | {"outcome": outcome}
        | _now(one.fields[at] if one.fields else None, revealed)
        for at, (item, outcome) in enumerate(zip(one.changes, outcomes, strict=True))
    ]


def _now(field: FieldResult | None, revealed: bool) -> dict[str, object]:
    """What is there now, where that is not what was wanted."""
    if field is None or field.outcome is not Outcome.DIFFERENT or not field.read_back:
        return {}
    return {"now": shown_json(field.change.name, field.now, revealed)}


def _lines(one: CommandResult, revealed: bool) -> Iterator[str]:
    user = sanitize(one.identity.value)
    for field in one.fields:
        parts = [user, change_words(field.change, revealed), outcome_words(field.outcome)]
        if _now(field, revealed):
            parts.append(
                _("now: {value}").format(value=value_words(field.change, field.now, revealed=revealed))
            )
        code = None if field.code == field.outcome else field.code  # which is said already
        yield "  ".join((*parts, *_why(code, field.message)))
    if not one.fields:
        changes = [change_words(item, revealed) for item in one.changes]
        for words in [[words] for words in changes] or [[]]:
            yield "  ".join((user, *words, outcome_words(one.outcome), *_why(one.code, one.message)))


def _why(code: str | None, message: str) -> Iterable[str]:
    return (sanitize(part) for part in (code, message) if part)
