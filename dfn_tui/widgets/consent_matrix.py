"""The consents as a matrix, channels down and purposes across, driven by the arrow keys."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from dfn_tui.consent.flags import Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.messages import channel_name, purpose_name, state_glyph, state_name
from dfn_tui.text import _

HEAD, CELL = 15, 21
_STYLES = {State.SUBSCRIBED: "green", State.UNSUBSCRIBED: "red", State.NEVER_SET: "yellow"}


class ConsentMatrix(Widget, can_focus=True):
    """Every flag the API version has, in glyph, word and colour; staged edits as `● → ○ unsubscribed`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0,-1)", _("Up"), show=False, id="matrix.up"),
        Binding("down", "move(0,1)", _("Down"), show=False, id="matrix.down"),
        Binding("left", "move(-1,0)", _("Left"), show=False, id="matrix.left"),
        Binding("right", "move(1,0)", _("Right"), show=False, id="matrix.right"),
    ]

    cursor: reactive[tuple[int, int]] = reactive((1, 0))

    def __init__(self, flags: tuple[Flag, ...]) -> None:
        super().__init__()
        self._flags = flags
        self._purposes = tuple(Purpose)
        self._channels = tuple(Channel)
        self._current: Consents = {}
        self._staged: Consents = {}
        self._known = False
        """Until the user was read the cells stay empty: "not readable" would be untrue."""

    def show(self, current: Consents, staged: Consents) -> None:
        """Shows these."""
        self._current, self._staged, self._known = dict(current), dict(staged), True
        self.refresh()

    def _flag_at(self, cell: tuple[int, int]) -> Flag | None:
        flag = Flag.at(self._purposes[cell[0]], self._channels[cell[1]])
        return flag if flag in self._flags else None

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

    @property
    def flag(self) -> Flag | None:
        """The flag under the cursor."""
        return self._flag_at(self.cursor)

    def on_mount(self) -> None:
        if self._flag_at(self.cursor) is None:
            first = next(flag for flag in self._flags if flag.purpose is Purpose.ADVERTISING)
            self.cursor = self._purposes.index(first.purpose), self._channels.index(first.channel)

    def render(self) -> RenderResult:
        head = Text(
            " " * HEAD + "".join(_fit(f"  {purpose_name(purpose)}") for purpose in self._purposes), "bold"
        )
        lines = [head, *(self._line(y, channel) for y, channel in enumerate(self._channels))]
        return Text("\n", no_wrap=True).join(lines)

    def _line(self, y: int, channel: Channel) -> Text:
        line = Text.assemble((_fit(channel_name(channel), HEAD), "bold"))
        for x in range(len(self._purposes)):
            here = self.has_focus and (x, y) == self.cursor
            text, style = self._cell(self._flag_at((x, y)) if self._known else None)
            line.append("▸ " if here else "  ", "bold")
            line.append(text, f"{style} reverse" if here else style)
            line.append(" " * (CELL - 2 - cell_len(text)))
        return line

    def _cell(self, flag: Flag | None) -> tuple[str, str]:
        """What is said of a flag, and how it looks."""
        if flag is None:
            return "", ""
        current, staged = self._current.get(flag), self._staged.get(flag)
        if staged is None:
            return f"{state_glyph(current)} {state_name(current)}", _STYLES[current] if current else "dim"
        words = f"{state_glyph(current)} → {state_glyph(staged)} {state_name(staged)}"
        return words, f"{_STYLES[staged]} bold"


def _fit(text: str, width: int = CELL) -> str:
    return text + " " * (width - cell_len(text))
