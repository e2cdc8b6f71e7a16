"""Changes and their results as lines of text."""

from rich.text import Text

from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import before_words, outcome_words, value_words
from dfn_tui.service.changes.outcome import FieldResult
from dfn_tui.service.records import FieldChange
from dfn_tui.text import _, sanitize

_STYLES = {Outcome.CONFIRMED: "green", Outcome.ACCEPTED: "yellow", Outcome.UNCHANGED: "green"}


def change_line(item: FieldChange, revealed: bool) -> Text:
    """`mkt_sms_flag  ● subscribed → ○ unsubscribed`."""
    name, before = sanitize(item.name, 40), before_words(item, revealed)
    if item.after is None:
        return Text.assemble(f"{name}  ", (_("{before} → deleted").format(before=before), "bold red"))
    return Text.assemble(f"{name}  {before} → ", (value_words(item, item.after, revealed=revealed), "bold"))


def result_line(result: FieldResult, revealed: bool) -> Text:
    """The change, how it ended, and what reading back showed where that is not what was wanted."""
    text = change_line(result.change, revealed)
    text.append("  " + outcome_words(result.outcome), _STYLES.get(result.outcome, "bold red"))
    if result.outcome is Outcome.DIFFERENT:
        now = value_words(result.change, result.now, revealed=revealed)
        text.append("  " + _("now: {value}").format(value=now))
    if result.code or result.message:
        text.append("  " + sanitize(" ".join(filter(None, (result.code, result.message))), 160))
    return text
