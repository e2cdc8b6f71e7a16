"""From what a program writes to what has to be sent for it."""

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

    def __init__(self) -> None:
        self._reader = AnsiParser(Grid(0, 0))
        self.canvas = Canvas(0, 0)
        self._at_once = False

    def sent_for(self, data: str, width: int, height: int) -> str:
        """What to send for `data`, on a terminal of that many columns and rows.

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
        if (width, height) != (self._reader.grid.width, self._reader.grid.height):
            self._reader, self.canvas = AnsiParser(Grid(width, height)), Canvas(width, height)
        asides = self._reader.read(data)
        if asides is None:
            self.canvas.known = False
            return RESET + data
        changes = self.canvas.update(self._reader.grid, (self._reader.x, self._reader.y))
        if self._at_once and len(changes) > _LARGE:
            changes = _BEGIN + changes + _END
        return changes + asides
