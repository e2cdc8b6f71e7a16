"""The consents as a matrix, channels down and purposes across, driven by the arrow keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from dfn_tui.consent.flags import Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.messages import channel_name, purpose_name, state_glyph, state_name
from dfn_tui.text import _

HEAD, CELL = 15, 21
_STYLES = {
    State.SUBSCRIBED: Style(color="green"),
    State.UNSUBSCRIBED: Style(color="red"),
    State.NEVER_SET: Style(color="yellow"),
}


class ConsentMatrix(Widget, can_focus=True):
    """Every flag the API version has, in glyph, word and colour; staged edits as `● → ○ unsubscribed`.

    It stages nothing itself: it posts what the operator asks for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0,-1)", _("Up"), show=False),
        Binding("down", "move(0,1)", _("Down"), show=False),
        Binding("left", "move(-1,0)", _("Left"), show=False),
        Binding("right", "move(1,0)", _("Right"), show=False),
        Binding("s", "want('Subscribed')", _("Subscribed"), tooltip=_("Stage: subscribed")),
        Binding("u", "want('Unsubscribed')", _("Unsubscribed"), tooltip=_("Stage: unsubscribed")),
        Binding("x,backspace", "drop", _("Drop edit"), tooltip=_("Drop this staged edit")),
    ]

    @dataclass
    class Wanted(Message):
        """The operator wants `flag` to be `state`, or with None the staged edit of it dropped."""

        flag: Flag
        state: State | None

    cursor: reactive[tuple[int, int]] = reactive((1, 0), repaint=False)

    def __init__(self, flags: tuple[Flag, ...]) -> None:
        super().__init__()
        self._flags = flags
        self._purposes = tuple(Purpose)
        self._channels = tuple(Channel)
        self._current: Consents = {}
        self._staged: Mapping[Flag, State] = {}
        self._known = False
        """Until the user was read the cells stay empty: "not readable" would be untrue."""

    def show(self, current: Consents, staged: Consents) -> None:
        """Shows these; only cells that differ from what is shown are painted again."""
        for flag in self._flags:
            before = (self._current.get(flag), self._staged.get(flag))
            if before != (current.get(flag), staged.get(flag)):
                self._repaint(self._place(flag))
        self._current, self._staged = dict(current), dict(staged)
        if not self._known:
            self._known = True
            self.refresh()

    def _place(self, flag: Flag) -> tuple[int, int]:
        return self._purposes.index(flag.purpose), self._channels.index(flag.channel)

    def _flag_at(self, cell: tuple[int, int]) -> Flag | None:
        flag = Flag.at(self._purposes[cell[0]], self._channels[cell[1]])
        return flag if flag in self._flags else None

    def _repaint(self, cell: tuple[int, int]) -> None:
        self.refresh(Region(HEAD + cell[0] * CELL, 1 + cell[1], CELL, 1))

    def watch_cursor(self, old: tuple[int, int], new: tuple[int, int]) -> None:
        self._repaint(old)
        self._repaint(new)

    def action_move(self, across: int, down: int) -> None:
        """Moves to the next cell that way; cells the platform has no flag for are passed over."""
        x, y = self.cursor
        while 0 <= (x := x + across) < len(self._purposes) and 0 <= (y := y + down) < len(self._channels):
            if self._flag_at((x, y)):
                self.cursor = (x, y)
                return
        self._move_aside(across)

    def _move_aside(self, across: int) -> None:
        """No cell straight that way: take the nearest one of the next column (a column may have just one)."""
        x = self.cursor[0] + across
        if across and 0 <= x < len(self._purposes):
            rows = [y for y in range(len(self._channels)) if self._flag_at((x, y))]
            if rows:
                self.cursor = (x, min(rows, key=lambda y: abs(y - self.cursor[1])))

    def action_want(self, state: str) -> None:
        if flag := self._flag_at(self.cursor):
            self.post_message(self.Wanted(flag, State(state)))

    def action_drop(self) -> None:
        if flag := self._flag_at(self.cursor):
            self.post_message(self.Wanted(flag, None))

    def on_mount(self) -> None:
        if self._flag_at(self.cursor) is None:
            self.cursor = self._place(next(f for f in self._flags if f.purpose is Purpose.ADVERTISING))

    def on_focus(self) -> None:
        self._repaint(self.cursor)

    def on_blur(self) -> None:
        self._repaint(self.cursor)

    def get_content_height(self, *_: object) -> int:
        return 1 + len(self._channels)

    def render_line(self, y: int) -> Strip:
        if y == 0:
            heads = [Segment(" " * HEAD)]
            heads += [Segment(_fit(f"  {purpose_name(p)}"), Style(bold=True)) for p in self._purposes]
            return Strip(heads)
        if y > len(self._channels):
            return Strip.blank(self.size.width)
        channel = self._channels[y - 1]
        segments = [Segment(_fit(channel_name(channel), HEAD), Style(bold=True))]
        for x in range(len(self._purposes)):
            segments += self._cell((x, y - 1))
        return Strip(segments)

    def _cell(self, cell: tuple[int, int]) -> list[Segment]:
        here = self.has_focus and cell == self.cursor
        flag = self._flag_at(cell) if self._known else None
        pointer = Segment("▸ " if here else "  ", Style(bold=True))
        if flag is None:
            return [pointer, Segment(_fit("", CELL - 2))]
        current, staged = self._current.get(flag), self._staged.get(flag)
        if staged is None:
            text = f"{state_glyph(current)} {state_name(current)}"
            style = _STYLES[current] if current else Style(dim=True)
        else:
            text = f"{state_glyph(current)} → {state_glyph(staged)} {state_name(staged)}"
            style = _STYLES[staged] + Style(bold=True)
        if here:
            style += Style(reverse=True)
        return [pointer, Segment(text, style), Segment(" " * (CELL - 2 - cell_len(text)))]


def _fit(text: str, width: int = CELL) -> str:
    return text + " " * (width - cell_len(text))
