"""The line above the keys that says what is staged, while something is."""

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from dfn_tui.text import _

_GAP = 2
"""Columns between two keys."""


class StagedBar(Widget, can_focus=False):
    """The words it is given and the keys for what is staged; it is not seen while there are none."""

    words: reactive[Text] = reactive(Text)
    keeps_row: reactive[bool] = reactive(False)
    """Whether its row stays empty until then, so that nothing above it moves with the first edit."""
    typing: reactive[bool] = reactive(False)
    """Whether a field has the focus, which takes letters."""

    def on_mount(self) -> None:
        self._fit()
        self.screen.bindings_updated_signal.subscribe(self, self._look_at_focus)

    def _look_at_focus(self, screen: Screen[object]) -> None:
        self.typing = isinstance(screen.focused, Input)

    def watch_words(self) -> None:
        self._fit()

    def watch_keeps_row(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self.display = bool(self.words) or self.keeps_row
        self.visible = bool(self.words)

    def _keys(self) -> list[tuple[str, str]]:
        review = ("F4" if self.typing else "r", _("review"))
        return [review] if self.typing else [("x", _("drop")), review]

    def on_click(self, event: events.Click) -> None:
        """Presses the key that was clicked; they stand at the right end."""
        end = self.size.width
        for name, words in reversed(self._keys()):
            begin = end - cell_len(f"{name} {words}")
            if begin <= event.x < end:
                self.app.simulate_key(name.lower())
            end = begin - _GAP

    def render(self) -> RenderResult:
        keys = Text()
        for name, words in self._keys():
            keys.append(" " * _GAP if keys else "").append(name, "bold").append(f" {words}", "label")
        left = self.words.copy()
        left.truncate(max(self.size.width - keys.cell_len - 2, 0), overflow="ellipsis")
        gap = " " * max(self.size.width - left.cell_len - keys.cell_len, 1)
        return Text.assemble(left, gap, keys, no_wrap=True)
