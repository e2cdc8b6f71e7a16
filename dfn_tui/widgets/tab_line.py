"""The names of what stands on each other's place, the one that is shown underlined."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_GAP = 3


class TabLine(Widget):
    """Two lines. Its keys are the numbers, which whoever has this on it binds."""

    active = reactive("")

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: Sequence[tuple[str, str]], *, id: str | None = None) -> None:
        """`tabs` are ids and names; the first one is active."""
        super().__init__(id=id)
        self._tabs = tabs
        self.set_reactive(TabLine.active, tabs[0][0])

    def reword(self, told: Callable[[str], str]) -> None:
        """Names the tabs anew."""
        self._tabs = [(tab, told(name)) for tab, name in self._tabs]
        self.refresh()

    def _spans(self) -> list[tuple[int, int]]:
        """From where to where each tab stands."""
        spans, start = [], 0
        for number, (_tab, name) in enumerate(self._tabs, 1):
            end = start + cell_len(f"{number} {name}")
            spans.append((start, end))
            start = end + _GAP
        return spans

    def render(self) -> RenderResult:
        names, rule = Text(), Text("─" * self.size.width, "faint")
        for number, ((tab, name), (start, end)) in enumerate(zip(self._tabs, self._spans(), strict=True), 1):
            names.append(f"{number} ", "label").append(name, "bold" if tab == self.active else "label")
            names.append(" " * _GAP)
            if tab == self.active:
                rule = Text.assemble(
                    ("─" * start, "faint"), "━" * (end - start), ("─" * (self.size.width - end), "faint")
                )
        return Text("\n", no_wrap=True).join([names, rule])

    def on_click(self, event: events.Click) -> None:
        for (tab, _name), (start, end) in zip(self._tabs, self._spans(), strict=True):
            if start <= event.x < end:
                self.post_message(self.Chosen(tab))
