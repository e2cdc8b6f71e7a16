"""The footer: one line that names the keys that work now.

Textual's own footer rebuilds a widget for each key whenever the focus moves, and sends the whole line
each time. This one renders one line of text and repaints only when that text changes.
"""

from collections.abc import Collection
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.dom import DOMNode
from textual.keys import format_key
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from dfn_tui.text import N_, _, ngettext
from dfn_tui.widgets.buttons import SENDING as SENDING_BUTTONS
from dfn_tui.widgets.keys import EVERYWHERE, GROUPS, MOVE, SENDING, key_name, lowered

_GAP = 2
"""Columns between two keys."""
_ENTER = {
    "select_cursor": N_("Open"),
    "select": N_("Choose"),
    "toggle_button": N_("Tick"),
    "show_overlay": N_("Choose"),
}
"""What Enter does in Textual's own widgets, by its action."""
_UNCOUNTED = (
    "screen.help",
    "screen.back",
    "dialog.close",
    "app.quit",
    "app.repaint",
    "app.suspend",
    "app.commands",
)
"""Ids of keys that are not counted among those there was no room for: they are the same everywhere."""


class _Shown(NamedTuple):
    name: str
    words: str
    counted: bool
    """Whether it counts among those there was no room for."""
    key: str
    """As Textual calls it."""
    sends: bool = False

    @property
    def width(self) -> int:
        return cell_len(f"{self.name} {self.words}") + _GAP


class KeyBar(Widget, can_focus=False):
    """Shows the keys that act now, those of the focused widget first, and at the right end how many more the
    help has."""

    shown: reactive[Text] = reactive(Text)

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[range, _Shown]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def _update(self, screen: Screen[object]) -> None:
        self.shown = self._line(screen)

    def _line(self, screen: Screen[object]) -> Text:
        """The keys that there is room for, each whole: half a word is no help."""
        keys, helping, hidden = self._keys(screen)
        room = self.size.width - 2  # a column at each side
        count, end = len(keys), _end(helping, hidden)
        while count and sum(one.width for one in keys[:count]) + end.cell_len > room:
            count -= 1
            end = _end(helping, hidden + sum(one.counted for one in keys[count:]))
        text = Text(" ", no_wrap=True, end="")
        self._places = []
        for one in keys[:count]:
            begin = text.cell_len
            text.append(one.name, "bold").append(f" {one.words}", "label")
            self._places.append((range(begin, text.cell_len), one))
            text.append(" " * _GAP)
        text.append(" " * (room + 1 - text.cell_len - end.cell_len))
        if helping:
            help_key = _Shown(helping, "", False, "f1")
            self._places.append((range(text.cell_len, text.cell_len + end.cell_len), help_key))
        return text.append_text(end)

    def on_click(self, event: events.Click) -> None:
        """Presses the key that was clicked, but for one that sends."""
        for cells, one in self._places:
            if event.x in cells:
                if one.sends:
                    words = _("A click sends nothing: press {key}.").format(key=one.name)
                    self.notify(words, markup=False)
                else:
                    self.app.simulate_key(one.key)

    def _keys(self, screen: Screen[object]) -> "tuple[list[_Shown], str, int]":
        """The keys for the bar, the name of the one for the help, and how many the bar never shows."""
        active = [
            one.binding
            for key, one in screen.active_bindings.items()
            if one.enabled and one.binding.action not in idle_actions(one.node) and _acts(key, screen)
        ]
        active.sort(key=lambda binding: (binding.id or "").startswith(EVERYWHERE))
        shown: dict[str, _Shown] = {}
        helping, hidden = "", set[str]()
        for binding in active:
            if binding.id == "screen.help":
                helping = helping or key_name(binding)
            elif binding.show and binding.description:
                one = _Shown(
                    key_name(binding),
                    lowered(_(binding.description)),
                    binding.id not in _UNCOUNTED,
                    binding.key,
                    binding.id in SENDING,
                )
                shown.setdefault(binding.action, one)
            elif binding.group in GROUPS and binding.group is not MOVE and binding.id not in _UNCOUNTED:
                hidden.add(binding.action)
        keys = list(shown.values())
        if not any("enter" in one.name for one in keys) and (words := enter_words(screen)):
            sends = getattr(screen.focused, "id", None) in SENDING_BUTTONS
            keys.insert(0, _Shown("enter", words, True, "enter", sends))
        return keys, helping, len(hidden - shown.keys())

    def on_resize(self) -> None:
        self._update(self.screen)

    def render(self) -> RenderResult:
        return self.shown


def idle_actions(node: DOMNode) -> Collection[str]:
    """What the widget names in `idle`: actions that would only answer, at this moment, that there is nothing
    for them. The bar does not offer their keys."""
    idle: Collection[str] = getattr(node, "idle", ())
    return idle


def _acts(key: str, screen: Screen[object]) -> bool:
    """False for a sign that the field with the focus types. Textual knows that of letters, not of a slash."""
    sign = format_key(key)
    return len(sign) > 1 or screen.focused is None or not screen.focused.check_consume_key(key, sign)


def _end(helping: str, more: int) -> Text:
    if not helping:
        return Text()
    words = ngettext("{count} more", "{count} more", more).format(count=more) if more else _("help")
    return Text.assemble((helping, "bold"), (f" {words}", "label"))


def enter_words(screen: Screen[object]) -> str:
    """What Enter does where the focus is: what the widget or one around it says in `enter_does`, the words on
    a button, or what is usual."""
    active = screen.active_bindings.get("enter")
    if active is None or not active.enabled or screen.focused is None:
        return ""
    # Asked by name: a list and a table say so, and the table's module need not be there for the first paint.
    if 0 in (getattr(screen.focused, "row_count", 1), getattr(screen.focused, "option_count", 1)):
        return ""
    if active.binding.action == "press":
        return lowered(str(getattr(screen.focused, "label", "")))
    said = (str(getattr(node, "enter_does", "")) for node in screen.focused.ancestors_with_self)
    return lowered(_(next(filter(None, said), "") or _ENTER.get(active.binding.action, "")))
