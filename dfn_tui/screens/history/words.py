"""Journal entries as rows of a table, and as the words around them."""

from rich.text import Text

from dfn_tui.consent.words import state_glyph, state_name
from dfn_tui.service import Entry, FieldChange, FieldKind, Outcome, Value
from dfn_tui.service.history import state_of, who
from dfn_tui.service.personal import shown_value
from dfn_tui.text import _, inert
from dfn_tui.text.korea import korean_time
from dfn_tui.widgets.table import REST, Column

WIDE = 100
"""Beyond this width there is room for the year, the operator and the connection."""

_STYLES = {Outcome.CONFIRMED: "green", Outcome.ACCEPTED: "yellow", None: "yellow"}
_VALUE = 20


def ending_words(ending: Outcome | None) -> str:
    """How a write ended, by glyph and word; None where nothing is known of it yet."""
    if ending is None:
        return _("… open")
    return {
        Outcome.CONFIRMED: _("✓ confirmed"),
        Outcome.ACCEPTED: _("~ accepted"),
        Outcome.DIFFERENT: _("✗ different"),
        Outcome.FAILED: _("✗ failed"),
        Outcome.UNKNOWN: _("? unknown"),
        Outcome.UNCHANGED: _("✓ unchanged"),
        Outcome.PLANNED: _("planned"),
        Outcome.CONFLICT: _("! changed meanwhile"),
    }[ending]


def columns(width: int, *, users: bool) -> list[Column[Entry]]:
    """Those that fit; what changed gets the room that is left.

    What has no column of its own stands below the table, for the row under the cursor.
    """
    wide = width > WIDE
    time = slice(0, 16) if wide else slice(5, 16)
    found: list[Column[Entry]] = [
        Column(_("no."), 5, lambda entry: Text(str(entry.seq))),
        Column(_("time (KST)"), 16 if wide else 11, lambda entry: Text(korean_time(entry.at)[time])),
    ]
    if users:
        found.append(Column(_("user"), 16 if wide else 12, _user))
    found += [Column(_("what"), REST, lambda entry: Text(what(entry))), Column(_("outcome"), 14, _outcome)]
    if wide:
        found += [Column(_("operator"), 12, _operator), Column(_("connection"), 12, _connection)]
    return found


def _user(entry: Entry) -> Text:
    return Text(inert(entry.intent.subject.value, 60), "bold")


def _outcome(entry: Entry) -> Text:
    ending = entry.outcome.outcome if entry.outcome else None
    return Text(ending_words(ending), _STYLES.get(ending, "bold red"))


def _operator(entry: Entry) -> Text:
    operator = entry.intent.operator
    return Text(inert(operator.sudo_user or operator.user, 60))


def _connection(entry: Entry) -> Text:
    return Text(inert(entry.intent.connection, 60))


def what(entry: Entry) -> str:
    """`↶3 mkt_sms_flag ● → ○ +2`: the undo of entry 3, one change and two more."""
    changes = entry.intent.changes
    words = [_short(changes[0])] if changes else []
    if entry.intent.undo_of is not None:
        words.insert(0, f"↶{entry.intent.undo_of}")
    if len(changes) > 1:
        words.append(f"+{len(changes) - 1}")
    return " ".join(words)


def _short(change: FieldChange) -> str:
    name = inert(change.name, 40)
    if change.kind == FieldKind.CONSENT:
        return f"{name} {state_glyph(state_of(change.before))} → {state_glyph(state_of(change.after))}"
    if change.after is None:
        return _("{name} deleted").format(name=name)
    return f"{name} → {value_words(change, change.after, revealed=False, limit=_VALUE)}"


def value_words(change: FieldChange, value: Value | None, *, revealed: bool, limit: int = 60) -> str:
    """A value of that change: a consent by glyph and word, a personal one masked unless `revealed`."""
    if change.kind == FieldKind.CONSENT:
        state = state_of(value)
        return f"{state_glyph(state)} {state_name(state)}"
    if value is None:
        return _("(none)")
    if change.redaction is not None:  # a mask already
        return inert(str(value), limit)
    return shown_value(change.name, value, revealed=revealed, limit=limit)


def detail(entry: Entry) -> Text:
    """The row under the cursor once more, with what had no column: two lines."""
    intent = entry.intent
    first = [korean_time(entry.at), inert(intent.subject.value, 40), who(intent.operator)]
    second = [inert(intent.connection, 30)]
    if intent.undo_of is not None:
        second.append(_("undo of entry {seq}").format(seq=intent.undo_of))
    if intent.reason:
        second.append(inert(intent.reason, 120))
    return Text("\n").join(
        Text(" · ".join(line), no_wrap=True, overflow="ellipsis") for line in (first, second)
    )
