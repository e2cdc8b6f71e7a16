"""Another language at once: what is on a screen is said again."""

from typing import Any, Protocol, runtime_checkable

from rich.text import Text
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.text import retold
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector
from dfn_tui.widgets.status_line import StatusLine
from dfn_tui.widgets.tab_line import TabLine


@runtime_checkable
class SaysAgain(Protocol):
    """A screen or a widget whose words are made of several, or of what was read."""

    def say_again(self) -> None:
        """Makes its words anew."""


def say_again(screen: Screen[Any], before: str) -> None:
    """Says in the language that is spoken now what a screen said in the one `before`."""
    for node in [*screen.walk_children(Widget, with_self=True)]:
        _retell(node, before)
        if isinstance(node, SaysAgain):
            node.say_again()
    if isinstance(screen, ConsoleScreen):
        screen.mutate_reactive(ConsoleScreen.revealed)  # whatever shows personal values is made anew
    screen.refresh(layout=True)
    screen.refresh_bindings()


def _retell(widget: Widget, before: str) -> None:
    """Whole messages, by what they say: most words that never change are such."""
    if isinstance(widget, PlainText):
        if (words := _retold(widget.content, before)) is not None:
            widget.update(words)
    elif isinstance(widget, Button):
        widget.label = retold(str(widget.label), before)
    elif isinstance(widget, Input):
        widget.placeholder = retold(str(widget.placeholder), before)
    elif isinstance(widget, Selector | TabLine | StatusLine):
        widget.reword(lambda words: retold(words, before))
    for edge in ("border_title", "border_subtitle"):
        if (words := _retold(getattr(widget, edge), before)) is not None:
            setattr(widget, edge, words)
    if not isinstance(widget, Static):
        widget.refresh()  # what is made as it is painted


def _retold(words: object, before: str) -> str | Text | None:
    """The same in the other language, in its style; None where it is no whole message."""
    if isinstance(words, Text):
        new = retold(words.plain, before)
        return (
            Text(new, words.spans[0].style if len(words.spans) == 1 else words.style)
            if new != words.plain
            else None
        )
    new = retold(str(words), before) if isinstance(words, str) else ""
    return new if new and new != words else None
