"""The consents as a matrix, channels down and purposes across, driven by the arrow keys."""

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding
from textual.reactive import reactive
from textual.widget import Widget

from dfn_tui.consent.flags import Channel, Consents, Flag, Purpose, State, grants_night
from dfn_tui.consent.messages import channel_name, state_glyph, state_name
from dfn_tui.text import N_, _, padded, width
from dfn_tui.widgets.keys import bindings

STYLES = {State.SUBSCRIBED: "given", State.UNSUBSCRIBED: "withdrawn", State.NEVER_SET: "never"}

_WIDE, _NARROW, _WIDEST = 16, 14, 22
"""Cells of a column: with room for `● › ○ withdrawn` and its cursor, with the least room for it, at most."""


class ConsentMatrix(Widget, can_focus=True):
    """Every flag the API version has, in glyph, word and colour; staged edits as `● › ○ withdrawn`."""

    BINDINGS = bindings(
        Binding("up", "move(0,-1)", N_("Up"), show=False, id="matrix.up"),
        Binding("down", "move(0,1)", N_("Down"), show=False, id="matrix.down"),
        Binding("left", "move(-1,0)", N_("Left"), show=False, id="matrix.left"),
        Binding("right", "move(1,0)", N_("Right"), show=False, id="matrix.right"),
    )

    cursor: reactive[tuple[int, int]] = reactive((1, 0))

    def __init__(self, flags: tuple[Flag, ...]) -> None:
        super().__init__()
        self._flags = flags
        self._purposes = tuple(Purpose)
        self._channels = tuple(Channel)
        self._current: Consents = {}
        self._staged: Consents = {}
        self._later: frozenset[Flag] = frozenset()
        self._awaited = ""
        """Until the user was read the cells say so once: "not readable" would be untrue."""

    def show(self, current: Consents, staged: Consents, later: frozenset[Flag] = frozenset()) -> None:
        """Shows these; `later` are marked: written after the snapshot they stand in. What is shown already is
        not painted again."""
        if ("", current, staged, later) != (self._awaited, self._current, self._staged, self._later):
            self._current, self._staged, self._awaited = dict(current), dict(staged), ""
            self._later = later
            self.refresh()

    def wait(self, words: str) -> None:
        """Says in the place of all cells what is awaited."""
        if words != self._awaited:
            self._current, self._staged, self._awaited = {}, {}, words
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

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the cell that was clicked. Nothing is staged by it."""
        _names, head, column = self._laid_out()
        place = event.get_content_offset(self)
        if place is None or place.x < head or not 1 <= place.y <= len(self._channels):
            return
        cell = (place.x - head) // column, place.y - 1
        if cell[0] < len(self._purposes) and self._flag_at(cell) is not None:
            self.cursor = cell

    def _laid_out(self) -> tuple[list[str], int, int]:
        """The names of the channels, and the cells for these and for each column."""
        names = [channel_name(channel) for channel in self._channels]
        head = max(map(width, names)) + 2
        column = min((self.size.width - head) // len(self._purposes), _WIDEST)
        if column < _WIDE:  # the channels by shorter names leave the columns room
            names[0] = _("every")
            head = max(map(width, names)) + 1
            column = max(min((self.size.width - head) // len(self._purposes), _WIDE), _NARROW)
        return names, head, column

    def render(self) -> RenderResult:
        names, head, column = self._laid_out()
        heads = "".join(padded(f" {words}", column) for words in (_("info"), _("advertising"), _("at night")))
        lines = [Text.assemble((" " * head + heads, "label"))]
        for y, name in enumerate(names):
            lines.append(Text.assemble(padded(name, head), self._cells(y, column)))
        return Text("\n", no_wrap=True).join(lines)

    def _cells(self, y: int, column: int) -> Text:
        """The row of a channel, what is awaited on the first one."""
        line = Text()
        if self._awaited:
            return line.append(f" {self._awaited}", "label") if not y else line
        for x in range(len(self._purposes)):
            text = self._cell(self._flag_at((x, y)), roomy=column >= _WIDE)
            cell = Text.assemble(" ", text, " ")
            cell.truncate(column)
            if (x, y) == self.cursor:
                cell.stylize_before("cursor" if self.has_focus else "cursor.off")
            line.append(cell).append(" " * (column - cell.cell_len))
        return line

    def _cell(self, flag: Flag | None, *, roomy: bool) -> Text:
        """What is said of a flag, and how it looks."""
        if flag is None:
            return Text()
        current, staged = self._current.get(flag), self._staged.get(flag)
        style = STYLES[current] if current else "label"
        if staged is None:
            # A word in the colour of the text: only what is no state of order is coloured whole.
            plain = current in (State.SUBSCRIBED, State.UNSUBSCRIBED)
            return Text.assemble(
                (state_glyph(current), style),
                (f" {state_name(current)}", "" if plain else style),
                (" ~" if flag in self._later else "", "warn"),
            )
        arrow = " › " if roomy else "›"
        role = "strong.danger" if grants_night(flag, staged) else "strong.staged"
        return Text.assemble(
            (state_glyph(current), style),
            (arrow, "staged"),
            (f"{state_glyph(staged)} {state_name(staged)}", role),
        )
