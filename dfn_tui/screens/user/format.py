"""How a user is named on a screen, and the words for the types of values and for CI fields."""

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from dfn_tui.consent.flags import Flag
from dfn_tui.consent.messages import short_name, state_glyph, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import ended_words
from dfn_tui.service.history import state_of
from dfn_tui.service.records import Entry, FieldChange, FieldKind, UserRecord
from dfn_tui.service.snapshots.format import view_words
from dfn_tui.service.types import Identity, ValueType
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import korean_clock, korean_date


def user_title(identity: Identity, name: str) -> Text:
    """Who is decided on: the id, what kind of id it is, and the name where it is known."""
    title = Text.assemble((sanitize(identity.value, 60), "bold"), (f" {identity.kind}", "label"))
    if name:
        title.append(" · ", "faint").append(sanitize(name, 40), "bold")
    return title


def state_words(record: UserRecord, now: datetime, *, stale: bool) -> Text:
    """What is to be known of this user before anything else; empty where they are in order. `stale`: they
    were written to since they were read."""
    if stale:
        return Text(_("▲ changed since this was read: F5 reads it again"), "warn")
    if record.profile is None and record.failure is not None:
        why = sanitize(record.failure.message or record.failure.code or "", 120)
        return Text(_("✗ not read: {why}").format(why=why), "strong.danger")
    if record.profile is None and record.snapshot is not None:
        return Text(f"▲ {view_words(record.snapshot, now)}", "warn")
    if record.profile is None:
        return Text(_("This connection cannot read users: nothing that is sent is verified"), "warn")
    if record.unknown_to_server:
        return Text(_("▲ nothing set: unknown to the server, or never asked"), "warn")
    return Text()


def last_change(entry: Entry, now: datetime) -> Text:
    """`14:03 today · SMS ● given · kim@bastion-2 · INC-6 · “web form”`: an entry of the journal in a line."""
    date, clock = korean_date(entry.at), korean_clock(entry.at)
    when = _("{time} today").format(time=clock) if date == korean_date(now) else f"{date} {clock}"
    intent = entry.intent
    text = Text.assemble(when, (" · ", "faint"), _what(intent.changes))
    operator = intent.operator
    said = [f"{operator.sudo_user or operator.user}@{operator.host}", intent.reason]
    said.append(_("“{evidence}”").format(evidence=intent.evidence) if intent.evidence else "")
    ended = entry.outcome.outcome if entry.outcome else None
    if ended is None:
        text.append(" · ", "faint").append(_("… open"), "warn")
    elif entry.in_snapshot or ended is not Outcome.CONFIRMED:
        words = ended_words(ended, in_snapshot=entry.in_snapshot)
        text.append(" · ", "faint").append(words, "ok" if entry.in_snapshot else "warn")
    for words in filter(None, said):
        text.append(" · ", "faint").append(sanitize(words, 80), "label")
    text.no_wrap = True
    return text


def _what(changes: Sequence[FieldChange]) -> str:
    """The first change, and how many more; values of persons are not told."""
    if not changes:
        return ""
    first = changes[0]
    words = sanitize(first.name, 40)
    if first.kind == FieldKind.CONSENT and (state := state_of(first.after)) and first.name in [*Flag]:
        words = f"{short_name(Flag(first.name))} {state_glyph(state)} {state_name(state)}"
    elif first.after is None:
        words = _("{name} deleted").format(name=words)
    return f"{words} +{len(changes) - 1}" if len(changes) > 1 else words


def type_name(type: ValueType) -> str:
    """A type as the platform's own console calls it."""
    return _type_words(type)[0]


def type_hint(type: ValueType) -> str:
    """How a value of that type is written."""
    return _type_words(type)[1]


def _type_words(type: ValueType) -> tuple[str, str]:
    fraction = _("Digits, as 12, -0.5 or 1.5e3.")
    moment = _("UTC, as 2024-06-24T06:42:25Z or 2024-06-24T06:42:25.394Z.")
    return {
        ValueType.STRING: (_("string"), _("Any text, taken as it stands.")),
        ValueType.NUMBER: (_("number"), fraction),
        ValueType.LONG: (_("whole number"), _("Digits only, as 12 or -3.")),
        ValueType.DOUBLE: (_("number with a fraction"), fraction),
        ValueType.BOOLEAN: (_("true or false"), _("true or false")),
        ValueType.DATE: (_("date"), _("Year, month and day, as 2024-06-30.")),
        ValueType.DATETIME: (_("date and time"), moment),
        ValueType.STRINGS: (_("array of strings"), _('As ["a","b"], 8 KB at most.')),
        ValueType.LONGS: (_("array of whole numbers"), _("As [1,2], 8 KB at most.")),
        ValueType.DOUBLES: (_("array of numbers"), _("As [1,2.5], 8 KB at most.")),
    }[type]


def ci_meaning(field: str) -> str:
    """What follows for the person when that CI field or identity is deleted."""
    if field in ("phone_number", "phone_no"):
        return _("Messages to this phone number no longer reach this person.")
    if field in ("kakao_id", "kakao_user_id"):
        return _("Kakao messages no longer reach this person.")
    if field == "email":
        return _("E-mail no longer reaches this person.")
    return _("Messages by this identifier no longer reach this person.")
