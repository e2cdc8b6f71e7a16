"""The tabs of a screen as one line of text; the keys 1, 2, 3 choose."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget


class TabLine(Widget):
    """Names the tabs; the active one stands in brackets, so that it shows without colour."""

    active: reactive[int] = reactive(0)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def render(self) -> RenderResult:
        text = Text(no_wrap=True)
        for number, name in enumerate(self._names):
            chosen = number == self.active
            text.append(
                f"[{number + 1} {name}]" if chosen else f" {number + 1} {name} ", "bold" if chosen else ""
            )
            text.append(" ")
        return text
