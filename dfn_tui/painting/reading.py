"""What Textual writes, understood: which cells it paints, and what is meant for the terminal itself."""

import re

from dfn_tui.painting.grid import Grid
from dfn_tui.painting.style import DEFAULT, apply

# Modes, queries, titles, the clipboard, the bell: none of them changes a cell.
_ASIDE = r"\x07|\x1b\[[?<=>][\d;]*\$?[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP(?:[^\x1b]|\x1b\x1b)*\x1b\\"
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<style>[\d;]*)m"
    r"|\x1b\[(?:(?P<row>\d+)(?:;(?P<column>\d+))?)?(?P<place>H)"
    r"|(?P<line>\n)"
    rf"|(?P<aside>{_ASIDE})"
)
_ASIDES = re.compile(rf"(?:{_ASIDE})*+")


def is_aside(data: str) -> bool:
    """Whether nothing of it is for the cells of the screen."""
    return _ASIDES.fullmatch(data) is not None


class AnsiParser:
    """Paints what it reads into `grid`, as a terminal would that does not wrap lines."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.x = self.y = 0
        self._style = DEFAULT

    def read(self, data: str) -> str | None:
        """Paints `data`, and gives what of it is for the terminal itself; None where it is not understood."""
        asides = ""
        end = 0
        for token in _TOKEN.finditer(data):
            if token.start() != end:
                return None
            end = token.end()
            kind = token.lastgroup
            if kind == "text":
                self.x = self.grid.put(self.x, self.y, token["text"], self._style)
            elif kind == "style":
                style = apply(self._style, token["style"])
                if style is None:
                    return None
                self._style = style
            elif kind == "place":
                self.x, self.y = int(token["column"] or 1) - 1, int(token["row"] or 1) - 1
            elif kind == "line":
                self.x, self.y = 0, self.y + 1
            else:
                asides += token["aside"]
        return asides if end == len(data) else None
