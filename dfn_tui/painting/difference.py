"""From what the terminal shows to what it should show, in few bytes."""

from dfn_tui.painting.grid import Grid
from dfn_tui.painting.scrolling import find_scroll
from dfn_tui.painting.style import DEFAULT, RESET, CellStyle, change, on_blank

_ERASE_REST = "\x1b[K"
_ERASE_ALL = "\x1b[2J"
_FIRST_EMOJI = 0x1F000
"""From here on, and where several characters share a cell, terminals disagree about widths."""


class Canvas:
    """Knows what the terminal shows, where its cursor is and how it would paint next.

    Sequences are those of a VT100, and lines must not wrap by themselves.
    """

    def __init__(self, width: int, height: int) -> None:
        self._shown = Grid(width, height)
        self.known = False
        """Whether what the terminal shows is known. Where it is not, the next update is complete."""
        self._cursor: tuple[int, int] | None = None
        self._style = DEFAULT
        self._out: list[str] = []

    def update(self, wanted: Grid, cursor: tuple[int, int]) -> str:
        """What to send so that the terminal shows `wanted`, its cursor at that column and row.

        `wanted` has to be as large as the paper.
        """
        self._out = []
        if not self.known:
            self.known = True
            self._shown.clear()
            self._cursor, self._style = None, DEFAULT
            self._out = [RESET, _ERASE_ALL]
        elif scroll := find_scroll(self._shown, wanted):
            self._scroll(*scroll)
        for y in range(wanted.height):
            if self._shown.texts[y] != wanted.texts[y] or self._shown.styles[y] != wanted.styles[y]:
                self._row(wanted, y)
        self._move(*cursor)
        return "".join(self._out)

    def _scroll(self, top: int, bottom: int, up: int) -> None:
        self._use(DEFAULT)  # the row that comes in takes its background
        at, step = (bottom, "\n") if up > 0 else (top, "\x1bM")
        self._out.append(f"\x1b[{top + 1};{bottom + 1}r\x1b[{at + 1}H{step}\x1b[r")
        self._cursor = None  # most terminals leave it at the top, but not all
        self._shown.scroll(top, bottom, up)

    def _row(self, wanted: Grid, y: int) -> None:
        texts, styles = wanted.texts[y], wanted.styles[y]
        old_texts, old_pens = self._shown.texts[y], self._shown.styles[y]
        end = wanted.width
        while end and texts[end - 1] == " " and styles[end - 1] == DEFAULT:
            end -= 1
        for x in range(end):
            if texts[x] and (texts[x] != old_texts[x] or styles[x] != old_pens[x]):
                self._cell(texts, styles, x, y)
        for x in range(end, wanted.width):
            if old_texts[x] != " " or old_pens[x] != DEFAULT:
                self._move(x, y)
                self._use(DEFAULT)
                self._out.append(_ERASE_REST)
                break
        old_texts[:], old_pens[:] = texts, styles

    def _cell(self, texts: list[str], styles: list[CellStyle], x: int, y: int) -> None:
        if self._cursor != (x, y):
            self._reach(texts, styles, x, y)
        text = texts[x]
        if text != " " or on_blank(self._style) != styles[x]:
            self._use(styles[x])
        self._out.append(text)
        after = x + (2 if texts[x + 1 : x + 2] == [""] else 1)
        certain = len(text) == 1 and ord(text) < _FIRST_EMOJI
        self._cursor = (after, y) if certain and after < len(texts) else None

    def _reach(self, texts: list[str], styles: list[CellStyle], x: int, y: int) -> None:
        """Goes to a cell, over those before it by writing them once more where that is shorter."""
        shortest = _way(self._cursor, (x, y))
        if self._cursor is not None and self._cursor[1] == y:
            since = self._cursor[0]
            between = "".join(texts[since:x])
            if len(between) == x - since <= len(shortest) and between.isascii() and between:
                looks = zip(between, styles[since:x], strict=True)
                if all(p == self._style or (t == " " and on_blank(self._style) == p) for t, p in looks):
                    shortest = between
        self._out.append(shortest)
        self._cursor = x, y

    def _move(self, x: int, y: int) -> None:
        if self._cursor != (x, y):
            self._out.append(_way(self._cursor, (x, y)))
            self._cursor = x, y

    def _use(self, style: CellStyle) -> None:
        self._out.append(change(self._style, style))
        self._style = style


def _way(old: tuple[int, int] | None, new: tuple[int, int]) -> str:
    """The shortest way for the cursor."""
    x, y = new
    ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"]
    if old is not None and old[1] == y:
        right = x - old[0]
        ways.append("\b" * -right if right < 0 else _right(right))
        ways.append("\r" + _right(x))
    elif old is not None and 0 < y - old[1] <= 2:
        ways.append("\r\n" * (y - old[1]) + _right(x))
    return min(ways, key=len)


def _right(columns: int) -> str:
    return "" if columns == 0 else "\x1b[C" if columns == 1 else f"\x1b[{columns}C"
