"""What has to be answered before anything is sent, on the review and before a bulk job."""

from collections.abc import Iterator

from rich.text import Text
from textual.widget import Widget

from dfn_tui.service.changes.policy import Approval, Requirements
from dfn_tui.text import _, mask_said, sanitize
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tick import Tick


def acknowledgements(asked: Requirements) -> Iterator[Widget]:
    """Each warning with a box to tick, `#notice-0` and so on."""
    for at, warning in enumerate(asked.to_acknowledge):
        yield PlainText(Text(f"▲ {warning.text}", "warn"), classes="notice")
        yield Tick(_("read and acknowledged"), id=f"notice-{at}")


def evidence_field(asked: Requirements, words: str) -> Iterator[Widget]:
    """Where evidence is typed, `#evidence`, if some is required."""
    if asked.evidence_required:
        yield PlainText(words)
        yield Field(id="evidence", placeholder=_("form, call record, date"))


def reason_field(asked: Requirements, given: str = "") -> Iterator[Widget]:
    """Where the reason is typed, `#reason`, or stands already."""
    yield PlainText(_("Reason or ticket (required)") if asked.reason_required else _("Reason or ticket"))
    yield Field(given, id="reason", placeholder=reason_hint(asked))


def reason_hint(asked: Requirements) -> str:
    """What stands in the field for the reason while it is empty."""
    if asked.reason_pattern:
        return _("the company wants {pattern} in it").format(pattern=sanitize(asked.reason_pattern, 40))
    return _("ticket, or a few words")


def typed(screen: Widget, id: str) -> str:
    """What stands in that field; empty where it was not asked for."""
    return next((field.value for field in screen.query(Field) if field.id == id), "")


def masked_words(screen: Widget) -> str:
    """How the reason and the evidence will be kept, where something in them is masked; else empty."""
    texts = [typed(screen, id) for id in ("reason", "evidence")]
    kept = [sanitize(mask_said(text)) for text in texts if mask_said(text) != text]
    return _("kept as: {texts}").format(texts=" · ".join(kept)) if kept else ""


def answered(screen: Widget, asked: Requirements) -> Approval:
    """What was ticked and typed; what is personal in it is masked before anything keeps it."""
    ticks = {tick.id: tick.value for tick in screen.query(Tick)}
    ticked = {warning.id for at, warning in enumerate(asked.to_acknowledge) if ticks[f"notice-{at}"]}
    reason, evidence = (mask_said(typed(screen, id)) for id in ("reason", "evidence"))
    return Approval(reason, evidence, frozenset(ticked))


def focus_what_is_missing(screen: Widget, *, optional: str = "") -> bool:
    """The first box that is not ticked, or the first field that is empty, comes into view; False where
    nothing is missing."""
    empty: list[Widget] = [box for box in screen.query(Tick) if not box.value and box.id != optional]
    empty += [field for field in screen.query(Field) if not field.value.strip()]
    if empty:
        empty[0].focus()
    return bool(empty)
