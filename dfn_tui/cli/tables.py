"""Records as aligned columns: cut to the width there is, by cells, so that Hangul stands where it should."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dfn_tui.cli.colours import paint
from dfn_tui.text import clipped, padded, width

GAP = 2


class TableCell(NamedTuple):
    """One cell. `text` and `short` have to be inert; `short` is shown in its place where room is short."""

    text: str
    role: str = ""
    short: str = ""


class Heading(NamedTuple):
    """The head of a column. `group` stands above it and those beside it of the same. Where room is short the
    column is cut down to `least` cells; 0: never. A `whole` one is cut only where no other can be."""

    name: str
    group: str = ""
    right: bool = False
    least: int = 0
    whole: bool = False


Row = Sequence[TableCell]


class TableLayout:
    """How wide each column is, found out from some rows; later ones are laid out alike."""

    def __init__(self, headings: Sequence[Heading], rows: Sequence[Row], room: int | None) -> None:
        """`room` is how many cells a line may take; None: as many as it needs."""
        self._headings = headings
        self._room = room
        self._short = False
        self._widths = self._natural(rows)
        if room is None:
            return
        if self._over() > 0:
            self._short = True
            self._widths = self._natural(rows)
        while self._over() > 0:
            able = [at for at, one in enumerate(headings) if one.least and self._widths[at] > one.least]
            if not able:
                return
            others = [at for at in able if not headings[at].whole]
            self._widths[max(others or able, key=lambda at: self._widths[at])] -= 1

    def _natural(self, rows: Sequence[Row]) -> list[int]:
        heads = [width(heading.name) for heading in self._headings]
        return [
            max([heads[at], *(width(self._text(row[at])) for row in rows)])
            for at in range(len(self._headings))
        ]

    def _over(self) -> int:
        """How many cells too many a line takes."""
        return sum(self._widths) + GAP * (len(self._widths) - 1) - (self._room or 0)

    def _text(self, cell: TableCell) -> str:
        return cell.short if self._short and cell.short else cell.text

    def head(self, *, colour: bool) -> Iterator[str]:
        """The lines above the rows."""
        if any(heading.group for heading in self._headings):
            yield self._groups(colour=colour)
        yield self.line([TableCell(heading.name, "label") for heading in self._headings], colour=colour)

    def _groups(self, *, colour: bool) -> str:
        line, at = "", 0
        for place, (heading, cells) in enumerate(zip(self._headings, self._widths, strict=True)):
            first = place == 0 or self._headings[place - 1].group != heading.group
            if heading.group and first:
                # A group's name may reach over the columns of its own.
                own = [
                    w for h, w in zip(self._headings, self._widths, strict=True) if h.group == heading.group
                ]
                words = clipped(heading.group, sum(own) + GAP * (len(own) - 1))
                if self._room is None or at + width(words) <= self._room:
                    line = padded(line, at) + words
            at += cells + GAP
        return paint(line, "label", colour=colour)

    def line(self, row: Row, *, colour: bool) -> str:
        """A row as a line. What does not fit on a terminal is cut; elsewhere nothing is."""
        parts: list[str] = []
        used = 0
        for at, (cell, cells) in enumerate(zip(row, self._widths, strict=True)):
            text = self._text(cell)
            last = at == len(row) - 1
            if self._room is not None:
                cells = min(cells, self._room - used)  # noqa: PLW2901  a terminal that is too narrow for all
                text = clipped(text, cells)
            if cells < 0 or (self._room is not None and cells == 0):
                break
            blank = " " * max(cells - width(text), 0)
            right = self._headings[at].right
            painted = paint(text, cell.role, colour=colour)
            parts.append(blank + painted if right else painted + ("" if last else blank))
            used += max(cells, width(text)) + GAP
        return (" " * GAP).join(parts).rstrip(" ")
