"""Whether rows moved as a whole: a list that scrolls need not be sent again."""

from collections import Counter
from operator import ne, or_
from typing import NamedTuple

from dfn_tui.painting.grid import Grid

_WORTH = 20
"""Cells that have to be saved before it is tried: a scroll is about twenty bytes."""
_FEWEST_ROWS = 4
_FARTHEST = 12
"""Rows. What moved farther is sent again: the lines that come in are most of it."""
_CANDIDATES = 2


class Scroll(NamedTuple):
    """The first and the last row to scroll, and by how many rows up, or down where negative."""

    top: int
    bottom: int
    up: int


def find_scrolls(shown: Grid, wanted: Grid) -> list[Scroll]:
    """The scroll that leaves the fewest cells to be painted, and the same with one row more, to which the
    cursor of a list goes; none where no scroll leaves much fewer."""
    here = [_differing(shown, y, wanted, y) for y in range(wanted.height)]
    if sum(1 for cells in here if cells) < _FEWEST_ROWS:
        return []
    most = _WORTH
    best: Scroll | None = None
    for up in _candidates(shown, wanted, here):
        gains = [
            cells - _differing(shown, y + up, wanted, y) if 0 <= y + up < wanted.height else -wanted.width
            for y, cells in enumerate(here)
        ]
        gain, first, last = _best_run(gains)
        if gain > most:
            most, best = gain, Scroll(min(first, first + up), max(last, last + up), up)
    if best is None:
        return []
    top, bottom, up = best
    longer = Scroll(top, bottom + 1, up) if up > 0 else Scroll(top - 1, bottom, up)
    return [best, longer] if longer.top >= 0 and longer.bottom < wanted.height else [best]


def _candidates(shown: Grid, wanted: Grid, here: list[int]) -> list[int]:
    """By how many rows lines of text moved, the most frequent first; and by one in each direction."""
    places: dict[str, int] = {}
    for y, cells in enumerate(shown.texts):
        places.setdefault("".join(cells), y)
    moved = Counter(
        places[text] - y
        for y, differing in enumerate(here)
        if differing and (text := "".join(wanted.texts[y])) in places and not text.isspace()
    )
    del moved[0]
    seen = [up for up, _times in moved.most_common(_CANDIDATES) if abs(up) <= _FARTHEST]
    return list(dict.fromkeys((*seen, 1, -1)))


def _differing(shown: Grid, from_y: int, wanted: Grid, y: int) -> int:
    texts, styles = shown.texts[from_y], shown.styles[from_y]
    if texts == wanted.texts[y] and styles == wanted.styles[y]:
        return 0
    # Without a loop of Python's own: it is asked of each row, for each distance.
    return sum(map(or_, map(ne, texts, wanted.texts[y]), map(ne, styles, wanted.styles[y])))


def _best_run(gains: list[int]) -> tuple[int, int, int]:
    """The run of neighbours with the greatest sum: the sum, its first and its last."""
    best, total, start = (0, 0, 0), 0, 0
    for at, gain in enumerate(gains):
        if total <= 0:
            total, start = 0, at
        total += gain
        if total > best[0]:
            best = total, start, at
    return best
