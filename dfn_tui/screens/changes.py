"""Changes and their results as lines of text."""

from rich.text import Text

from dfn_tui.consent.flags import State
from dfn_tui.consent.words import state_glyph, state_name
from dfn_tui.service import Ending, FieldChange, FieldKind, FieldResult, Settled, Value, Verdict
from dfn_tui.service.personal import shown_value
from dfn_tui.text import _, inert

_STYLES = {
    Verdict.CONFIRMED: "green",
    Verdict.ACCEPTED: "yellow",
    Verdict.DIFFERENT: "bold red",
    Verdict.FAILED: "bold red",
    Verdict.UNKNOWN: "bold red",
}


def verdict_words(verdict: Verdict) -> str:
    """A verdict as one or two words."""
    return {
        Verdict.CONFIRMED: _("✓ confirmed"),
        Verdict.ACCEPTED: _("~ accepted, not verified"),
        Verdict.DIFFERENT: _("✗ different"),
        Verdict.FAILED: _("✗ failed"),
        Verdict.UNKNOWN: _("? unknown"),
    }[verdict]


def value_words(item: FieldChange, value: Value | None, revealed: bool) -> str:
    """A value of that field: a consent by glyph and word, a personal one masked unless `revealed`."""
    if item.kind is FieldKind.CONSENT:
        state = State(str(value)) if value is not None else None
        return f"{state_glyph(state)} {state_name(state)}"
    if value is None:
        return _("(none)")
    return shown_value(item.name, value, revealed=revealed, limit=60)


def change_line(item: FieldChange, revealed: bool) -> Text:
    """`mkt_sms_flag  ● subscribed → ○ unsubscribed`."""
    text = Text(f"{inert(item.name, 40)}  ")
    if item.after is None:
        text.append(
            _("{before} → deleted").format(before=value_words(item, item.before, revealed)), "bold red"
        )
        return text
    before = value_words(item, item.before, revealed) if item.readable else _("not readable")
    text.append(before)
    text.append(" → ")
    text.append(value_words(item, item.after, revealed), "bold")
    return text


def result_line(result: FieldResult, revealed: bool) -> Text:
    """The change, its verdict, and what reading back showed where that is not what was wanted."""
    text = change_line(result.change, revealed)
    text.append("  " + verdict_words(result.verdict), _STYLES[result.verdict])
    if result.verdict is Verdict.DIFFERENT:
        text.append("  " + _("now: {value}").format(value=value_words(result.change, result.now, revealed)))
    if result.code or result.message:
        text.append("  " + inert(" ".join(filter(None, (result.code, result.message))), 160))
    return text


def settled_line(settled: Settled) -> str:
    """How a write that an earlier run left open was found to have ended."""
    words = {
        Ending.CONFIRMED: _("Entry {seq}, {user}: it was applied."),
        Ending.NOT_APPLIED: _("Entry {seq}, {user}: it was not applied."),
        Ending.CHANGED_BY_OTHER: _("Entry {seq}, {user}: somebody else changed it since."),
    }.get(settled.ending, _("Entry {seq}, {user}: unknown. {why}"))
    user = inert(settled.entry.intent.subject.value, 40)
    return words.format(seq=settled.entry.seq, user=user, why=inert(settled.message))
