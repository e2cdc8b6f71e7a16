"""One of a few, on one line: the arrows change it. A pull-down would cover half of a small terminal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from dfn_tui.text import N_
from dfn_tui.widgets.keys import bindings, key


class Selector(Widget, can_focus=True):
    """`label: ‹ words ›  2/9`. `value` is the key of the option chosen."""

    BINDINGS = bindings(
        key("right,down", "step(1)", N_("Next"), "choice.next", N_("Choose the next one")),
        key("left,up", "step(-1)", N_("Previous"), "choice.previous", N_("Choose the one before")),
    )

    @dataclass
    class Changed(Message):
        """Another option was chosen."""

        value: Any

    value: reactive[Any] = reactive(None, init=False)

    def __init__(
        self, label: str, options: Iterable[tuple[Any, str]], value: object, *, id: str | None = None
    ) -> None:
        """`options` are keys and words, already inert."""
        super().__init__(id=id)
        self._label = label
        self._words = dict(options)
        self.set_reactive(Selector.value, value)

    def reword(self, told: Callable[[str], str]) -> None:
        """Names itself and what can be chosen anew."""
        self._label = told(self._label)
        self._words = {key: told(words) for key, words in self._words.items()}
        self.refresh()

    def action_step(self, step: int) -> None:
        """Chooses the option `step` places on, round and round."""
        keys = list(self._words)
        self.value = keys[(keys.index(self.value) + step) % len(keys)]

    def on_click(self) -> None:
        self.action_step(1)

    def watch_value(self, value: object) -> None:
        self.post_message(self.Changed(value))

    def render(self) -> RenderResult:
        keys = list(self._words)
        text = Text(f"{self._label}: ", no_wrap=True)
        text.append(f"‹ {self._words[self.value]} ›", "reverse" if self.has_focus else "bold")
        text.append(f"  {keys.index(self.value) + 1}/{len(keys)}", "label")
        return text
