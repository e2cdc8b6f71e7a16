"""Which users of a plan are shown, and which of them are to be left out."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.consent.messages import flag_name
from dfn_tui.screens.answers import typed
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service.bulk.plan.format import direction_words, selection_words, status_words
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import Selection, Totals
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector


def shown_words(selection: Selection) -> str:
    """What is shown, in words; empty where all is."""
    by_id = _("id contains “{text}”").format(text=sanitize(selection.text, 40)) if selection.text else ""
    left_out = {None: "", True: _("left out"), False: _("not left out")}[selection.left_out]
    return ", ".join(filter(None, [by_id, *selection_words(selection), left_out]))


class FilterDialog(Dialog[Selection]):
    """Dismissed with the selection. Only what the plan has can be chosen."""

    AUTO_FOCUS = "Field"
    BINDINGS = bindings(key("enter", "show", N_("Show"), "filter.show", N_("Show the users that fit")))

    def __init__(self, found: Totals, now: Selection) -> None:
        super().__init__(_("Show the users"))
        self._found = found
        self._now = now

    def body(self) -> ComposeResult:
        now, found = self._now, self._found
        options: list[tuple[str, str, dict[Any, str]]] = [
            ("flag", _("consent"), {flag: flag_name(flag) for flag, _direction in found.flags}),
            ("direction", _("direction"), {d: direction_words(d) for _flag, d in found.flags}),
            ("status", _("status"), {s: status_words(s) for s in PlanStatus if found.statuses.get(s)}),
            ("warned", _("warnings"), {True: _("yes"), False: _("no")}),
            ("left_out", _("left out"), {True: _("yes"), False: _("no")}),
        ]
        with VerticalScroll(can_focus=False):
            yield PlainText(_("whose id contains"))
            yield Field(now.text, id="text")
            for part, label, words in options:
                wanted = getattr(now, part)
                known = [(None, _("any")), *words.items()]
                yield Selector(label, known, wanted if wanted in words else None, id=part)
        yield Buttons(("all", _("Show all")), ("show", _("Show")))

    def on_input_submitted(self) -> None:
        self.action_show()

    def action_all(self) -> None:
        self.dismiss(Selection())

    def action_show(self) -> None:
        chosen: dict[str, Any] = {str(choice.id): choice.value for choice in self.query(Selector)}
        self.dismiss(Selection(**chosen, text=typed(self, "text").strip()))
