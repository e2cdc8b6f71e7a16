"""Changes and how they ended, in words: the same on a screen and in a command's output."""

from collections import Counter
from collections.abc import Mapping

from dfn_tui.api.calls import Progress
from dfn_tui.api.types import Value
from dfn_tui.consent.messages import state_glyph, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.pipeline import ChangeStep
from dfn_tui.service.changes.reconcile import Reconciled
from dfn_tui.service.history import left_out_words, state_of
from dfn_tui.service.personal import shown_value
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _, ngettext, sanitize

_MOST_FIELDS = 5  # are named in a line


def outcome_words(outcome: Outcome) -> str:
    """How a change ended, as one or two words."""
    return {
        Outcome.CONFIRMED: _("✓ confirmed"),
        Outcome.ACCEPTED: _("~ accepted, not verified"),
        Outcome.UNCHANGED: _("= as wanted already"),
        Outcome.PLANNED: _("planned"),
        Outcome.DIFFERENT: _("✗ different"),
        Outcome.FAILED: _("✗ failed"),
        Outcome.CONFLICT: _("▲ changed by someone else, not sent"),
        Outcome.UNKNOWN: _("? unknown"),
    }[outcome]


def ended_words(outcome: Outcome, *, in_snapshot: bool) -> str:
    """The same of a change that is in the journal: one that a snapshot shows was never read back."""
    shown = in_snapshot and outcome is Outcome.CONFIRMED
    return _("✓ seen, in a snapshot") if shown else outcome_words(outcome)


def outcome_role(outcome: Outcome) -> str:
    """The colour of an outcome, by its name in `text.roles`."""
    return {
        Outcome.CONFIRMED: "ok",
        Outcome.UNCHANGED: "ok",
        Outcome.PLANNED: "staged",
        Outcome.ACCEPTED: "warn",
        Outcome.CONFLICT: "warn",
    }.get(outcome, "danger")


def count_words(counts: Mapping[Outcome, int], *, in_snapshot: bool = False) -> list[str]:
    """`1,200 ✓ confirmed`: one for each way in which users ended. `in_snapshot`: nobody was read back."""
    return [
        _("{count} {outcome}").format(
            count=f"{counts[one]:,}", outcome=ended_words(one, in_snapshot=in_snapshot)
        )
        for one in Outcome
        if counts.get(one)
    ]


def pause_words(at: Progress) -> str:
    """A pause before the next attempt, and why."""
    seconds = round(at.waiting)
    words = _("Waiting {seconds} s, then attempt {attempt}: {reason}")
    if not seconds:
        words = _("Trying again, attempt {attempt}: {reason}")
    return words.format(seconds=seconds, attempt=at.attempt, reason=sanitize(at.reason))


def step_words(at: Progress) -> str:
    """How far a change is: what only looks does not say that it sends."""
    words = _("Sending: {done} of {total}")
    if at.step == ChangeStep.CHECK:
        words = _("Checking what is there now, nothing sent yet: {done} of {total}")
    elif at.step == ChangeStep.READ_BACK:
        words = _("Sent, reading back: {done} of {total}")
    return words.format(done=f"{at.done:,}", total=f"{at.total:,}")


def nothing_set() -> str:
    """What is said of a user who reads as unknown: somebody who was never asked reads the same."""
    return _("Nothing is set for this user: unknown to the server, or never asked.")


def nothing_set_count(users: int) -> str:
    """How many users read as unknown. Messages may go out to those of them who exist."""
    words = ngettext(
        "{count} user has nothing set (unknown to the server, or never asked)",
        "{count} users have nothing set (unknown to the server, or never asked)",
        users,
    )
    return words.format(count=f"{users:,}")


def unreadable_count(fields: Mapping[str, int]) -> str:
    """The fields that could not be read, by name, with the number of users of whom that is so; empty where
    there is none."""
    parts = [
        ngettext("{name} ({count} user)", "{name} ({count} users)", count).format(
            name=sanitize(name, 40), count=f"{count:,}"
        )
        for name, count in Counter(fields).most_common(_MOST_FIELDS)
    ]
    if len(fields) > _MOST_FIELDS:
        parts.append("…")
    return _("Not readable: {fields}").format(fields=", ".join(parts)) if parts else ""


def value_words(item: FieldChange, value: Value | None, *, revealed: bool, limit: int = 60) -> str:
    """A value of that field: a consent by glyph and word, a personal one masked unless `revealed`."""
    if item.kind == FieldKind.CONSENT:
        state = state_of(value)
        return f"{state_glyph(state)} {state_name(state)}"
    if value is None:
        return _("(none)")
    if item.redaction is not None:  # a mask already
        return sanitize(str(value), limit)
    return shown_value(item.name, value, revealed=revealed, limit=limit)


def before_words(item: FieldChange, revealed: bool) -> str:
    """What a field was before a change of it, where that is known."""
    if item.readable or (item.after is None and item.before is not None):
        return value_words(item, item.before, revealed=revealed)
    return _("not readable")


def change_words(item: FieldChange, revealed: bool) -> str:
    """`mkt_sms_flag  ● given → ○ withdrawn`."""
    after = _("deleted") if item.after is None else value_words(item, item.after, revealed=revealed)
    return f"{sanitize(item.name, 40)}  {before_words(item, revealed)} → {after}"


def reconciled_words(found: Reconciled) -> str:
    """How a write that an earlier run left open was found to have ended."""
    words = {
        Outcome.CONFIRMED: _("Entry {seq}, {user}: it was applied."),
        Outcome.FAILED: _("Entry {seq}, {user}: it was not applied."),
        Outcome.DIFFERENT: _("Entry {seq}, {user}: it has another value by now. {now}"),
    }.get(found.outcome, _("Entry {seq}, {user}: unknown. {why}"))
    user = sanitize(found.entry.intent.subject.value, 40)
    now, field = "", found.field
    if field is not None and field.read_back:
        now = f"{sanitize(field.change.name, 40)}: {value_words(field.change, field.now, revealed=False)}"
    said = words.format(seq=found.entry.seq, user=user, why=sanitize(found.message), now=now)
    left_out = found.entry.intent.left_out
    return f"{said} {left_out_words(left_out)}" if left_out else said
