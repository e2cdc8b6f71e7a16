"""The footer: one line that names the keys that work now.

Textual's own footer rebuilds a widget for each key whenever the focus moves, and sends the whole line
each time. This one renders one line of text and repaints only when that text changes.
"""

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

_EVERYWHERE = ("screen.", "app.", "dialog.")
"""What works on every screen is named last: where the line is short, it is known best."""


class KeyBar(Widget, can_focus=False):
    """Shows every active binding that is marked to be shown, those of the focused widget first."""

    shown: reactive[Text] = reactive(Text)

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def _update(self, screen: Screen[object]) -> None:
        self.shown = self._line(screen)

    def _line(self, screen: Screen[object]) -> Text:
        """The keys that there is room for, each whole: half a word is no help."""
        text = Text(no_wrap=True, overflow="ellipsis")
        said: set[str] = set()
        active = [binding for _node, binding, enabled, _tip in screen.active_bindings.values() if enabled]
        active.sort(key=lambda binding: (binding.id or "").startswith(_EVERYWHERE))
        for binding in active:
            if not binding.show or binding.action in said:
                continue
            said.add(binding.action)
            key, means = self.app.get_key_display(binding), f" {binding.description}"
            if text.cell_len + cell_len(key + means) > self.size.width:
                break
            text.append(key, "bold").append(f"{means}  ")
        return text

    def on_resize(self) -> None:
        self._update(self.screen)

    def render(self) -> RenderResult:
        return self.shown
