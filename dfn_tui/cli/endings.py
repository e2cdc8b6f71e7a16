"""How a command that writes ended, user by user."""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.output import json_line, say, write_data, write_text
from dfn_tui.cli.reading import UNKNOWN_USER, shown_json, unknown_user
from dfn_tui.errors import ConsoleError
from dfn_tui.service import (
    Conflict,
    FieldChange,
    FieldResult,
    Identity,
    Outcome,
    UserChange,
    UserResult,
    Verdict,
)
from dfn_tui.service.change_words import change_words, value_words, verdict_words
from dfn_tui.text import _, inert


class How(StrEnum):
    """How it ended for one user. PLANNED: only asked what would change."""

    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended for one user, of whom these fields were to change. `error` is that of the whole request
    where not the user alone failed."""

    identity: Identity
    how: How
    code: str | None = None
    message: str = ""
    changes: tuple[FieldChange, ...] = ()
    fields: tuple[FieldResult, ...] = ()
    error: ConsoleError | None = None


def unread(user: Identity, failure: Outcome) -> Ended:
    """A user that could not be read, and so is not written to."""
    return Ended(user, How.FAILED, failure.code, failure.message, error=failure.error)


def not_created(user: Identity) -> Ended:
    """A user that is not there, and that nobody asked to create."""
    message = _("{unknown} Nothing was sent; --create writes all the same.").format(unknown=unknown_user())
    return Ended(user, How.FAILED, UNKNOWN_USER, message)


def planned(change: UserChange) -> Ended:
    """What would be sent."""
    return Ended(change.identity, How.PLANNED, changes=change.fields)


def conflicting(change: UserChange, conflicts: Iterable[Conflict]) -> Ended:
    """A user that somebody else changed since it was read."""
    words = _("Changed by someone else meanwhile: {name} is now {value}. Nothing was sent for this user.")
    found = next(one for one in conflicts if one.identity == change.identity)
    shown = value_words(found.change, found.now, revealed=False)
    message = words.format(name=inert(found.change.name, 40), value=shown)
    return Ended(change.identity, How.CONFLICT, "changed-meanwhile", message, change.fields)


def of_result(result: UserResult) -> Ended:
    """What became of what was sent."""
    verdict = result.verdict
    how = How.FAILED if verdict is Verdict.DIFFERENT else How(verdict.value)
    gravest = next(field for field in result.fields if field.verdict is verdict)
    code = gravest.code or ("different" if verdict is Verdict.DIFFERENT else None)
    errors = [outcome.error for outcome in result.errors if outcome.error]
    changes = tuple(field.change for field in result.fields)
    error = errors[0] if errors else None
    return Ended(result.identity, how, code, gravest.message, changes, result.fields, error)


def show(args: argparse.Namespace, ended: Sequence[Ended]) -> None:
    """Shows how it ended on the standard output, and the counts on the standard error."""
    write_data() if args.json else write_text()
    for one in ended:
        if args.json:
            print(json_line(_record(one, args.reveal)))
        else:
            _show(one, args.reveal)
    counts = Counter(one.how for one in ended)
    say(", ".join(f"{counts[how]:,} {_name(how)}" for how in How if counts[how]))


def exit_code(ended: Sequence[Ended]) -> ExitCode:
    """The exit code of a command that ended so."""
    failed = [one.error for one in ended if one.how in (How.FAILED, How.CONFLICT)]
    return of_failures(failed, unknown=any(one.how is How.UNKNOWN for one in ended))


def _record(one: Ended, revealed: bool) -> dict[str, object]:
    verdicts = [field.verdict.value for field in one.fields] or [one.how.value] * len(one.changes)
    return {
        "user_id": one.identity.value,
        "outcome": one.how.value,
        "code": one.code,
        "message": one.message,
        "changes": [
            {
                "name": item.name,
                "before": shown_json(item.name, item.before, revealed),
                "after": shown_json(item.name, item.after, revealed),
                "readable": item.readable,
                "outcome": verdict,
            }
            for item, verdict in zip(one.changes, verdicts, strict=True)
        ],
    }


def _show(one: Ended, revealed: bool) -> None:
    user = inert(one.identity.value)
    for field in one.fields:
        parts = (user, change_words(field.change, revealed), verdict_words(field.verdict))
        print("  ".join((*parts, *_why(field.code, field.message))))
    if not one.fields:
        changes = [change_words(item, revealed) for item in one.changes]
        for words in [[words] for words in changes] or [[]]:
            print("  ".join((user, *words, _name(one.how), *_why(one.code, one.message))))


def _why(code: str | None, message: str) -> Iterable[str]:
    return (inert(part) for part in (code, message) if part)


def _name(how: How) -> str:
    return {
        How.CONFIRMED: _("confirmed"),
        How.ACCEPTED: _("accepted, not verified"),
        How.UNCHANGED: _("unchanged"),
        How.PLANNED: _("planned"),
        How.FAILED: _("failed"),
        How.UNKNOWN: _("unknown"),
        How.CONFLICT: _("changed meanwhile"),
    }[how]
