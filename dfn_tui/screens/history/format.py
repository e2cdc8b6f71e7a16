"""How a journal entry ended and what it changed, in words."""

from dfn_tui.consent.messages import state_glyph
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import outcome_words, value_words
from dfn_tui.service.history import state_of
from dfn_tui.service.records import Entry, FieldChange, FieldKind
from dfn_tui.text import _, sanitize

_VALUE = 20


def ending_words(ending: Outcome | None) -> str:
    """How a write ended, as short as a column; None where nothing is known of it yet."""
    return _("… open") if ending is None else outcome_words(ending).partition(",")[0]


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
    name = sanitize(change.name, 40)
    if change.kind == FieldKind.CONSENT:
        return f"{name} {state_glyph(state_of(change.before))} → {state_glyph(state_of(change.after))}"
    if change.after is None:
        return _("{name} deleted").format(name=name)
    return f"{name} → {value_words(change, change.after, revealed=False, limit=_VALUE)}"
