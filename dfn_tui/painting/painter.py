"""From what a program writes to what has to be sent for it."""

from dfn_tui.painting.abilities import Abilities
from dfn_tui.painting.difference import Canvas
from dfn_tui.painting.grid import Grid
from dfn_tui.painting.reading import AnsiParser, is_aside
from dfn_tui.painting.style import RESET

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around an update that the terminal is to show at once (Synchronized Output)."""
_LARGE = 512
"""Bytes; less than this is shown at once anyway."""
_OTHER_SCREEN = "\x1b[?1049"


class Painter:
    """Keeps what a program painted, and what of it the terminal shows."""

    def __init__(self, abilities: Abilities | None = None) -> None:
        self.abilities = abilities or Abilities()
        """May change at any time."""
        self._parser = AnsiParser(Grid(0, 0))
        self.canvas = Canvas(0, 0)
        self._at_once = False

    def sent_for(self, data: str, width: int, height: int, *, cursor: bool = True) -> str:
        """What to send for `data`, on a terminal of that many columns and rows. Without `cursor` it does not
        matter where the terminal's cursor is left.

        What is not understood is sent as it is, and what is shown counts as unknown then.
        """
        if data in (_BEGIN, _END):
            self._at_once = data == _BEGIN
            return ""
        if data and is_aside(data):
            if _OTHER_SCREEN not in data:
                return data
            self.canvas.known = False
            return RESET + data  # or the shell would inherit the last style
        if (width, height) != (self._parser.grid.width, self._parser.grid.height):
            self._parser = AnsiParser(Grid(width, height))
            self.canvas = Canvas(width, height, self.abilities)
        asides = self._parser.read(data)
        if self.abilities.erase_in_colour and not self.canvas.known:
            # Textual paints the first screen in parts: the rest of it will have this background as well.
            self._parser.grid.clear_unpainted()
        if asides is None:
            self.canvas.known = False
            return RESET + data
        place = (self._parser.x, self._parser.y) if cursor else None
        changes = self.canvas.update(self._parser.grid, place)
        if self._at_once and len(changes) > _LARGE:
            changes = _BEGIN + changes + _END
        return changes + asides
