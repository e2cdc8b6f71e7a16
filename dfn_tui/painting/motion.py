"""The shortest way for the cursor, in sequences of a VT100."""

from typing import TypeAlias

Place: TypeAlias = tuple[int | None, int] | None
"""Column and row. After the last column of a row its column is not known, and after odd text nothing is."""


def way(old: Place, new: tuple[int, int]) -> str:
    """What to send so that the cursor goes from one place to the other."""
    x, y = new
    best = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"
    if old is None:
        return best
    column, row = old
    vertical = _by(y - row, "B", "A")
    if column is not None:
        best = min(
            best,
            vertical + ("\b" * (column - x) if column - x in (1, 2, 3) else _by(x - column, "C", "D")),
            key=len,
        )
    first = "\r\n" * (y - row) if 0 < y - row <= 2 else "\r" + vertical
    return min(best, first + right(x), key=len)


def right(columns: int) -> str:
    """What moves the cursor that many columns to the right."""
    return _by(columns, "C", "D")


def _by(count: int, forward: str, back: str) -> str:
    letter = forward if count > 0 else back
    count = abs(count)
    return "" if not count else f"\x1b[{letter}" if count == 1 else f"\x1b[{count}{letter}"
