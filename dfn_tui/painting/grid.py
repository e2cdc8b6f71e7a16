"""The cells of a screen: what stands in each, and how it looks."""

from collections import Counter
from functools import lru_cache

from rich.cells import split_graphemes

from dfn_tui.painting.style import DEFAULT, CellStyle, on_blank


class Grid:
    """Rows of cells. A wide character stands in the first of its two cells, and nothing in the second.

    Blanks that look alike are alike: a style that cannot be seen on a blank is not kept.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.texts = [[" "] * width for _ in range(height)]
        self.styles = [[DEFAULT] * width for _ in range(height)]
        self._painted = [False] * height

    def clear(self, style: CellStyle = DEFAULT) -> None:
        """Blanks of that style everywhere."""
        for y in range(self.height):
            self.clear_row(y, style)

    def clear_row(self, y: int, style: CellStyle = DEFAULT) -> None:
        """Blanks of that style in the whole row."""
        self.texts[y][:] = [" "] * self.width
        self.styles[y][:] = [style] * self.width

    def ground(self) -> CellStyle:
        """The background that most rows end with, of those that something was written into."""
        ends = (
            styles[-1]
            for texts, styles, painted in zip(self.texts, self.styles, self._painted, strict=True)
            if painted and texts[-1] == " " and not styles[-1].attributes
        )
        return max(Counter(ends).items(), key=lambda one: one[1], default=(DEFAULT, 0))[0]

    def clear_unpainted(self) -> None:
        """Rows that nothing was ever written into take the ground of the others."""
        ground = self.ground()
        for y, painted in enumerate(self._painted):
            if not painted:
                self.clear_row(y, ground)

    def copy(self) -> "Grid":
        """One that looks the same."""
        copied = Grid(self.width, self.height)
        copied.take(self)
        return copied

    def take(self, other: "Grid") -> None:
        """Becomes what another one of this size is."""
        for y in range(self.height):
            self.texts[y][:], self.styles[y][:] = other.texts[y], other.styles[y]

    def scroll(self, top: int, bottom: int, up: int, style: CellStyle = DEFAULT) -> None:
        """Moves the rows `top` to `bottom`, both included, up by that many rows, or down where negative. Rows
        that come in are blanks of that style."""
        rows = slice(top, bottom + 1)
        self.texts[rows] = self.texts[rows][up:] + self.texts[rows][:up]
        self.styles[rows] = self.styles[rows][up:] + self.styles[rows][:up]
        for y in range(bottom + 1 - up, bottom + 1) if up > 0 else range(top, top - up):
            self.clear_row(y, style)

    def put(self, x: int, y: int, text: str, style: CellStyle) -> int:
        """Writes into a row, and returns the column after it. What does not fit is left out."""
        cells = list(text) if text.isascii() else list(_cells(text))
        if not 0 <= y < self.height or x >= self.width or not cells:
            return x + len(cells)
        self._painted[y] = True
        end = x + len(cells)
        if end > self.width:
            cells = cells[: self.width - x]
        texts, styles = self.texts[y], self.styles[y]
        self._part(y, x)
        self._part(y, min(end, self.width))
        blank = on_blank(style)
        texts[x : x + len(cells)] = cells
        if blank == style:
            styles[x : x + len(cells)] = [style] * len(cells)
        else:
            styles[x : x + len(cells)] = [blank if cell == " " else style for cell in cells]
        if end > self.width and _cells(text)[self.width - x] == "":  # half of a wide one would be left
            self.put(self.width - 1, y, " ", style)
        return end

    def _part(self, y: int, x: int) -> None:
        """Makes two blanks of a wide character that stands across the left edge of column `x`."""
        if 0 < x < self.width and self.texts[y][x] == "":
            self.texts[y][x - 1 : x + 1] = "  "
            self.styles[y][x - 1 : x + 1] = [on_blank(self.styles[y][x - 1])] * 2


@lru_cache(2048)
def _cells(text: str) -> tuple[str, ...]:
    """The text of each cell, as Textual counts them."""
    cells: list[str] = []
    for start, end, cell_width in split_graphemes(text)[0]:
        if cell_width:
            cells += [text[start:end], ""][:cell_width]
    return tuple(cells)
