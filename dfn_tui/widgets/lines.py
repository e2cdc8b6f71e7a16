"""Lines that are rendered as they come into view: a list of thousands costs what is seen of it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.style import Style
from rich.text import Span, Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dfn_tui.text import N_, ngettext
from dfn_tui.widgets.keys import bindings, key

Line = Text | Callable[[object], Text]
"""A line as it is, or what makes it when it is seen, from the item that the cursor is on."""


class Spot(NamedTuple):
    """Where the cursor can be: the line, how far to the right, and the item there."""

    line: int
    column: int
    item: object


class Page(NamedTuple):
    """Everything that is shown, and where the cursor can be in it."""

    lines: Sequence[Line]
    spots: Sequence[Spot] = ()


def in_colours(text: Text, console: Console) -> Text:
    """The text with the colours that its styles have now: the edge of a frame forgets what a style was
    called."""
    spans = [Span(one.start, one.end, console.get_style(one.style, default=Style())) for one in text.spans]
    return Text(text.plain, console.get_style(text.style, default=Style()), spans=spans)


class Lines(ScrollView, can_focus=True):
    """Shows what `build` makes for a width. Where there are items, the arrows move among them and Enter
    chooses one; else they scroll. What does not fit is counted at the lower border."""

    DEFAULT_CSS = "Lines { overflow-x: hidden; height: auto; }"
    BINDINGS = bindings(
        key("enter", "choose", N_("Open"), "lines.choose", N_("Open the user at the cursor")),
        key("up", "move('up')", N_("Up"), "lines.up", N_("One line up"), show=False),
        key("down", "move('down')", N_("Down"), "lines.down", N_("One line down"), show=False),
        key("left", "move('left')", N_("Left"), "lines.left", N_("One to the left"), show=False),
        key("right", "move('right')", N_("Right"), "lines.right", N_("One to the right"), show=False),
    )

    class Picked(Message):
        """Enter was pressed on that item."""

        def __init__(self, item: object) -> None:
            super().__init__()
            self.item = item

    def __init__(
        self,
        build: Callable[[int], Page],
        *,
        id: str,
        classes: str = "",
        said: str = "",
        can_focus: bool = True,
    ) -> None:
        """`said` stands at the lower border for as long as all lines fit."""
        super().__init__(id=id, classes=classes)
        self.can_focus = can_focus
        self._make = build
        self._said = said
        self._page = Page(())
        self._width = -1
        self._at = 0

    def rebuild(self, said: str | None = None) -> None:
        """Makes all lines anew; the cursor stays with its item."""
        item, self._width = self.item, -1
        self._said = self._said if said is None else said
        self._fit(self.scrollable_content_region.width or self.size.width)
        self._at = next((at for at, one in enumerate(self._page.spots) if one.item == item), 0)
        self.refresh(layout=True)

    @property
    def item(self) -> object | None:
        """What the cursor is on."""
        return self._page.spots[self._at].item if self._at < len(self._page.spots) else None

    @property
    def items(self) -> list[object]:
        """All that the cursor can be on."""
        return [target.item for target in self._page.spots]

    def _fit(self, width: int) -> None:
        if width <= 0 or width == self._width:
            return
        self._width = width
        self._page = self._make(width)
        self.virtual_size = Size(width, len(self._page.lines))
        self.call_after_refresh(self._count_hidden)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._fit(width)
        return len(self._page.lines)

    def on_resize(self, event: events.Resize) -> None:
        self._fit(self.scrollable_content_region.width)
        self._count_hidden()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._count_hidden()

    def _count_hidden(self) -> None:
        below = len(self._page.lines) - round(self.scroll_y) - self.scrollable_content_region.height
        more = ngettext("▼ {lines} more line: pgdn", "▼ {lines} more lines: pgdn", below)
        words = more.format(lines=f"{below:,}") if below > 0 else self._said
        if words != str(self.border_subtitle or ""):
            text = Text(words, "strong.warn" if below > 0 else "label")
            self.border_subtitle = in_colours(text, self.app.console)

    def render_line(self, y: int) -> Strip:
        at, width = round(self.scroll_y) + y, self.size.width
        if at >= len(self._page.lines):
            return Strip.blank(width, self.rich_style)
        line = self._page.lines[at]
        text = line if isinstance(line, Text) else line(self.item if self.has_focus else None)
        if text.cell_len > width or not text.spans:
            text = Text.assemble(text)  # a text without spans is rendered without its style
            text.truncate(width, overflow="ellipsis")
        strip = Strip(text.render(self.app.console, ""), text.cell_len)
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "choose" or bool(self._page.spots)

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the item that was clicked, or to one on its line; a second click opens it."""
        if (place := event.get_content_offset(self)) is None:
            return
        line = place.y + round(self.scroll_y)
        here = [(at, one) for at, one in enumerate(self._page.spots) if one.line == line]
        if here:
            self._at = max((one.column <= place.x, one.column, at) for at, one in here)[2]
            self.refresh()
            if event.chain == 2:
                self.action_choose()

    def action_choose(self) -> None:
        if self.item is not None and self.screen.is_active:  # not twice, where the key was pressed twice
            self.post_message(self.Picked(self.item))

    def action_move(self, way: str) -> None:
        """Moves the cursor that way, or scrolls where it cannot go on."""
        spots = self._page.spots
        at = self._next(way) if spots else None
        if at is None:
            if way in ("up", "down"):
                self.scroll_relative(y=-1 if way == "up" else 1, animate=False)
            return
        self._at = at
        self.scroll_to_region(Region(0, spots[at].line, 1, 1), animate=False, force=True)
        self.refresh()

    def _next(self, way: str) -> int | None:
        spots, at = self._page.spots, self._at
        if way in ("left", "right"):
            wanted = at + (1 if way == "right" else -1)
            return wanted if 0 <= wanted < len(spots) else None
        here, step = spots[at], 1 if way == "down" else -1
        found = None
        while 0 <= (at := at + step) < len(spots):
            one = spots[at]
            if one.line == here.line or (found is not None and one.line != spots[found].line):
                if found is not None:
                    break
                continue
            if found is None or abs(one.column - here.column) < abs(spots[found].column - here.column):
                found = at
        return found
