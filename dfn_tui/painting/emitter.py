"""Runs of cells as what is sent for them."""

import re
from collections.abc import Iterable

from dfn_tui.painting.abilities import Abilities
from dfn_tui.painting.grid import Grid
from dfn_tui.painting.motion import Place, right, way
from dfn_tui.painting.runs import CellRun
from dfn_tui.painting.style import DEFAULT, CellStyle, change, on_blank, unseen_on_blank

_ERASE_REST = "\x1b[K"
_ALIKE = re.compile(r"(.)\1{3,}")
"""The same sign several times, side by side."""


def _of_one_cell(sign: str) -> bool:
    """Whether it takes one cell in every terminal."""
    return " " <= sign <= "~" or sign == "·" or "\u2500" <= sign <= "\u25fc"


class Emitter:
    """Where the cursor is, how the terminal would paint next, and what is to be sent."""

    def __init__(self, cursor: Place, style: CellStyle, can: Abilities) -> None:
        self.cursor = cursor
        self.style = style
        self._can = can
        self._out: list[str] = []

    def fork(self) -> "Emitter":
        """One that goes on from here."""
        forked = Emitter(self.cursor, self.style, self._can)
        forked._out = [self.sent]
        return forked

    @property
    def sent(self) -> str:
        """All that is to be sent."""
        return "".join(self._out)

    @property
    def length(self) -> int:
        """How many bytes that is."""
        return _bytes(self.sent)

    def send(self, sequence: str) -> None:
        """Sends what neither paints nor changes the style."""
        self._out.append(sequence)

    def use(self, style: CellStyle) -> None:
        """What is painted from now on has this style."""
        if self.style != style:
            self._out.append(change(self.style, style))
            self.style = style

    def use_blank(self, look: CellStyle) -> None:
        """What is erased, and blanks that are painted, look like that from now on."""
        if on_blank(self.style) != look:
            self.use(look if look.attributes else unseen_on_blank(self.style, look.background))

    def move(self, x: int, y: int) -> None:
        """The cursor goes there."""
        if self.cursor != (x, y):
            self._out.append(way(self.cursor, (x, y)))
            self.cursor = x, y

    def paint(self, runs: Iterable[CellRun], wanted: Grid) -> None:
        """Paints these in this order."""
        for run in runs:
            self._reach(run, wanted)
            if run.blank:
                self.use_blank(run.style)
            else:
                self.use(run.style)
            if run.rest:
                self._out.append(_ERASE_REST)
            else:
                self._write(run, wanted.width)

    def _write(self, run: CellRun, width: int) -> None:
        look = on_blank(run.style)
        erases = not look.attributes and (self._can.erase_in_colour or look == DEFAULT)
        after = run.x + run.cells
        end = 0
        for alike in _ALIKE.finditer(run.text):
            sign, count = alike[1], len(alike[0])
            if not _of_one_cell(sign):
                continue
            ways = [alike[0]]
            if self._can.repeat:
                ways.append(f"{sign}\x1b[{count - 1}b")
            if sign == " " and erases:
                if alike.end() == len(run.text):
                    ways.append(f"\x1b[{count}X")
                ways.append(f"\x1b[{count}X{right(count)}")
            shortest = min(ways, key=_bytes)
            self._out += run.text[end : alike.start()], shortest
            end = alike.end()
            if shortest.endswith("X"):
                after -= count
        self._out.append(run.text[end:])
        self.cursor = (after if after < width else None, run.y) if run.certain else None

    def _reach(self, run: CellRun, wanted: Grid) -> None:
        """Goes to a run, over the cells before it by writing them once more where that is shorter."""
        if self.cursor is not None and self.cursor[1] == run.y and self.cursor[0] is not None:
            since = self.cursor[0]
            gap = "".join(wanted.texts[run.y][since : run.x])
            if (
                0 < run.x - since == len(gap) < 5
                and gap.isascii()
                and len(gap) <= len(way(self.cursor, (run.x, run.y)))
            ):
                looks = wanted.styles[run.y][since : run.x]
                for style in (self.style, run.style):
                    if not (style is run.style and run.blank) and _paints(style, gap, looks):
                        self.use(style)
                        self._out.append(gap)
                        self.cursor = run.x, run.y
                        return
        self.move(run.x, run.y)


def _paints(style: CellStyle, text: str, looks: list[CellStyle]) -> bool:
    """Whether that style paints all of the text as it is to look."""
    blank = on_blank(style)
    return all((blank if char == " " else style) == look for char, look in zip(text, looks, strict=True))


def _bytes(text: str) -> int:
    return len(text.encode())
