"""Whether rows moved as a whole: a list that scrolls by a line need not be sent again."""

from dfn_tui.painting.grid import Grid

_WORTH = 60
"""Cells that have to be saved: a scroll is about twenty bytes, and costs the eye a jump."""
_FEWEST_ROWS = 4


def find_scroll(shown: Grid, wanted: Grid) -> tuple[int, int, int] | None:
    """The first and the last row to scroll, and by how many rows up (down where negative): 1 or -1.

    None where nothing is to be gained by it.
    """
    here = [_differing(shown, y, wanted, y) for y in range(wanted.height)]
    if sum(1 for cells in here if cells) < _FEWEST_ROWS:
        return None
    most = _WORTH
    best: tuple[int, int, int] | None = None
    for up in (1, -1):
        gains = [
            cells - _differing(shown, y + up, wanted, y) if 0 <= y + up < wanted.height else -wanted.width
            for y, cells in enumerate(here)
        ]
        gain, first, last = _best_run(gains)
        if gain > most:
            most, best = gain, (min(first, first + up), max(last, last + up), up)
    return best


def _differing(shown: Grid, from_y: int, wanted: Grid, y: int) -> int:
    texts, styles = shown.texts[from_y], shown.styles[from_y]
    if texts == wanted.texts[y] and styles == wanted.styles[y]:
        return 0
    cells = zip(texts, wanted.texts[y], styles, wanted.styles[y], strict=True)
    return sum(1 for old, new, old_pen, new_pen in cells if old != new or old_pen != new_pen)


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
