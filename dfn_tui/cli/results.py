"""How a command that writes ended, user by user."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.output import say, what_was_done, write_json, write_lines
from dfn_tui.cli.reading import UNKNOWN_USER, change_json, shown_json
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import change_words, count_words, nothing_set, outcome_words, value_words
from dfn_tui.service.changes.outcome import NOT_READ_BACK, FieldResult, UserResult
from dfn_tui.service.changes.pipeline import Conflict
from dfn_tui.service.records import FieldChange, UserChange
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize

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


def show(args: argparse.Namespace, ended: Sequence[CommandResult]) -> None:
    """Shows how it ended on the standard output, and the counts on the standard error."""
    with what_was_done():
        if args.json:
            write_json(_record(one, args.reveal) for one in ended)
        else:
            write_lines(line for one in ended for line in _lines(one, args.reveal))
    counts = Counter(one.outcome for one in ended)
    say(", ".join(count_words(counts)))


def exit_code(ended: Sequence[CommandResult]) -> ExitCode:
    """The exit code of a command that ended so."""
    failed = [one.error for one in ended if one.outcome in _NOT_AS_ASKED]
    unknown = any(one.outcome is Outcome.UNKNOWN or one.code == NOT_READ_BACK for one in ended)
    return of_failures(failed, unknown=unknown)


def _record(one: CommandResult, revealed: bool) -> dict[str, object]:
    outcomes = [field.outcome.value for field in one.fields] or [one.outcome.value] * len(one.changes)
    return {
        "user_id": one.identity.value,
        "outcome": one.outcome.value,
        "code": one.code,
        "message": one.message,
        "changes": [
            change_json(item, revealed)
            | {"outcome": outcome}
            | _now(one.fields[at] if one.fields else None, revealed)
            for at, (item, outcome) in enumerate(zip(one.changes, outcomes, strict=True))
        ],
    }


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
