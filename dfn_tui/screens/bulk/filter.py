"""Which users of a plan are shown, and which of them are to be left out."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, Static

from dfn_tui.consent.diff import Direction
from dfn_tui.consent.flags import Flag
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service import Selection
from dfn_tui.service.bulk.plan.records import Standing
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.plan.words import direction_words, standing_words
from dfn_tui.text import _, inert
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.choice import Choice
from dfn_tui.widgets.field import Field

_ANY, _YES, _NO = "", "yes", "no"


def selection_words(selection: Selection) -> str:
    """What is shown, in words; empty where all is."""
    parts = [
        _("id contains “{text}”").format(text=inert(selection.text, 40)) if selection.text else "",
        selection.flag.value if selection.flag else "",
        direction_words(selection.direction) if selection.direction else "",
        standing_words(selection.standing) if selection.standing else "",
        {None: "", True: _("with warnings"), False: _("without warnings")}[selection.warned],
        {None: "", True: _("left out"), False: _("not left out")}[selection.left_out],
    ]
    return ", ".join(filter(None, parts))


class FilterDialog(Dialog[Selection]):
    """Dismissed with the selection. Only what the plan has can be chosen."""

    AUTO_FOCUS = "Field"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "show", _("Show"), id="filter.show", tooltip=_("Show the users that fit")),
    ]

    def __init__(self, found: Totals, now: Selection) -> None:
        super().__init__(_("Show the users"))
        self._found = found
        self._now = now

    def body(self) -> ComposeResult:
        now, found = self._now, self._found
        flags = list(dict.fromkeys(flag for flag, _direction in found.flags))
        directions = list(dict.fromkeys(direction for _flag, direction in found.flags))
        with VerticalScroll(can_focus=False):
            yield Static(_("whose id contains"), markup=False)
            yield Field(now.text, id="text")
            yield _choice("flag", _("consent"), [(f, f) for f in flags], now.flag)
            yield _choice(
                "direction", _("direction"), [(d, direction_words(d)) for d in directions], now.direction
            )
            standings = [(s, standing_words(s)) for s in Standing if found.standings.get(s)]
            yield _choice("standing", _("standing"), standings, now.standing)
            yield _choice("warned", _("warnings"), _yes_no(), _told(now.warned))
            yield _choice("left-out", _("left out"), _yes_no(), _told(now.left_out))
        yield Buttons(("all", _("Show all")), ("show", _("Show")))

    def on_input_submitted(self) -> None:
        self.action_show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "all":
            self.dismiss(Selection())
        else:
            self.action_show()

    def action_show(self) -> None:
        self.dismiss(self._selection())

    def _chosen(self, id: str) -> str:
        return self.query_one(f"#{id}", Choice).value

    def _selection(self) -> Selection:
        flag, direction, standing = map(self._chosen, ("flag", "direction", "standing"))
        meaning = {_ANY: None, _YES: True, _NO: False}
        return Selection(
            flag=Flag(flag) if flag else None,
            direction=Direction(direction) if direction else None,
            standing=Standing(standing) if standing else None,
            warned=meaning[self._chosen("warned")],
            left_out=meaning[self._chosen("left-out")],
            text=self.query_one("#text", Field).value.strip(),
        )


def _choice(id: str, label: str, options: Sequence[tuple[str, str]], now: str | None) -> Choice:
    known = [(_ANY, _("any")), *((str(key), words) for key, words in options)]
    value = str(now) if now is not None and str(now) in dict(known) else _ANY
    choice = Choice(label, known, value)
    choice.id = id
    return choice


def _yes_no() -> list[tuple[str, str]]:
    return [(_YES, _("yes")), (_NO, _("no"))]


def _told(value: bool | None) -> str:
    return {None: _ANY, True: _YES, False: _NO}[value]
