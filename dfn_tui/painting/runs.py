"""What of a row has to be sent: stretches of cells that changed and are painted in one go."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dfn_tui.painting.grid import Grid
from dfn_tui.painting.style import DEFAULT, CellStyle, on_blank

_REPEATED = re.compile(r"(.)\1{4,}")
_FIRST_EMOJI = 0x1F000
"""From here on, and where several characters share a cell, terminals disagree about widths."""


class CellRun(NamedTuple):
    """Cells side by side that one style paints. Of blanks alone only what is seen on them counts."""

    y: int
    x: int
    text: str
    cells: int
    style: CellStyle
    blank: bool
    certain: bool = True
    """Whether every terminal agrees about how many cells it takes."""
    rest: bool = False
    """The row is blank from here to its end."""


def changed_runs(shown: Grid, wanted: Grid, *, in_colour: bool) -> list[CellRun]:
    """Row by row, and in each from left to right. `in_colour`: what is erased takes a background."""
    return [
        run
        for y in range(wanted.height)
        if shown.texts[y] != wanted.texts[y] or shown.styles[y] != wanted.styles[y]
        for run in _Row(shown, wanted, y, in_colour).runs()
    ]


def fewest_bytes(runs: Iterable[CellRun]) -> int:
    """At least so many bytes are sent for these, whatever the order: a move or a style between any two, and
    the text, of which signs that repeat can be sent as four bytes or more."""
    return sum(1 + len(_REPEATED.sub("    ", run.text)) for run in runs) - 1


class _Row:
    """A row that changed. Its right end is erased at once, from `end` on."""

    def __init__(self, shown: Grid, wanted: Grid, y: int, in_colour: bool) -> None:
        self._y = y
        self._texts, self._styles = wanted.texts[y], wanted.styles[y]
        self._old_texts, self._old_styles = shown.texts[y], shown.styles[y]
        self._in_colour = in_colour
        self._blank = self._styles[-1] if in_colour else DEFAULT
        self._end = len(self._texts)
        while self._end and self._is_rest(self._end - 1):
            self._end -= 1

    def _is_rest(self, x: int) -> bool:
        return self._texts[x] == " " and self._styles[x] == self._blank and not self._blank.attributes

    def _differs(self, x: int) -> bool:
        return self._texts[x] != self._old_texts[x] or self._styles[x] != self._old_styles[x]

    def runs(self) -> Iterator[CellRun]:
        """Those to be painted, from left to right."""
        x, width = 0, len(self._texts)
        while x < self._end:
            if self._texts[x] and self._differs(x):
                run = self._from(x)
                yield run
                x += run.cells
            else:
                x += 1
        if any(map(self._differs, range(self._end, width))):
            first = next(filter(self._differs, range(self._end, width)))
            yield CellRun(self._y, first, "", width - first, self._blank, blank=True, rest=True)

    def _from(self, start: int) -> CellRun:
        """The run that begins there."""
        texts, styles = self._texts, self._styles
        x, style, blank = start, styles[start], texts[start] == " "
        look = on_blank(style)
        certain = True
        while certain and x < self._end and self._differs(x):
            if texts[x] == " ":
                if styles[x] != look:
                    break
                x = self._over_blanks(x + 1, look)
                continue
            if styles[x] != style:
                if not blank or on_blank(styles[x]) != look:
                    break
                style = styles[x]
            blank = False
            certain = len(texts[x]) == 1 and ord(texts[x]) < _FIRST_EMOJI
            x += 2 if texts[x + 1 : x + 2] == [""] else 1
        return CellRun(self._y, start, "".join(texts[start:x]), x - start, style, blank, certain)

    def _over_blanks(self, x: int, look: CellStyle) -> int:
        """Beyond blanks that are there already, where others to be made follow: all are erased at once."""
        if look.attributes or not (self._in_colour or look == DEFAULT):
            return x
        after = x
        while after < self._end and self._texts[after] == " " and self._styles[after] == look:
            if self._differs(after):
                return after
            after += 1
        return x
