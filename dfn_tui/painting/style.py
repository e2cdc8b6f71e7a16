"""How a cell looks, and the shortest way to say so (ECMA-48, "Select Graphic Rendition")."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class CellStyle(NamedTuple):
    """Attributes and colours, as parameters of SGR. An empty colour is the terminal's own."""

    attributes: tuple[int, ...] = ()
    foreground: str = ""
    background: str = ""


DEFAULT = CellStyle()
RESET = "\x1b[m"

_SET = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 51, 52, 53})
_CLEARED = {22: {1, 2}, 23: {3}, 24: {4, 21}, 25: {5, 6}, 27: {7}, 28: {8}, 29: {9}, 54: {51, 52}, 55: {53}}
_OFF = {1: 22, 2: 22, 4: 24, 5: 25, 7: 27}
_SEEN_ON_BLANKS = frozenset({4, 7, 9, 21, 51, 52, 53})
_MORE = {"5": 1, "2": 3}  # parameters after 38;5 (a colour of the palette) and 38;2 (red, green, blue)


@lru_cache(4096)
def apply(style: CellStyle, parameters: str) -> CellStyle | None:
    """`style` after `ESC [ parameters m`; None where a parameter is not known."""
    attributes, foreground, background = set(style.attributes), style.foreground, style.background
    codes = iter(parameters.split(";"))
    for code in codes:
        number = int(code or 0)
        if number == 0:
            attributes, foreground, background = set(), "", ""
        elif number in _SET:
            attributes.add(number)
        elif number in _CLEARED:
            attributes -= _CLEARED[number]
        elif number in (38, 48):
            colour = _of_many(code, codes)
            if colour is None:
                return None
            foreground, background = (colour, background) if number == 38 else (foreground, colour)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            foreground = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            background = code
        elif number == 39:
            foreground = ""
        elif number == 49:
            background = ""
        else:
            return None
    return CellStyle(tuple(sorted(attributes)), foreground, background)


def _of_many(code: str, codes: Iterator[str]) -> str | None:
    kind = next(codes, "")
    colour = [next(codes, "") for _ in range(_MORE.get(kind, 0))]
    return ";".join([code, kind, *colour]) if colour and all(colour) else None


@lru_cache(4096)
def on_blank(style: CellStyle) -> CellStyle:
    """What of it can be seen on a blank."""
    if _SEEN_ON_BLANKS.isdisjoint(style.attributes):
        return CellStyle(background=style.background)
    return style


def unseen_on_blank(style: CellStyle, background: str) -> CellStyle:
    """A style near to this one of which nothing but that background can be seen on a blank."""
    attributes = tuple(code for code in style.attributes if code not in _SEEN_ON_BLANKS)
    return CellStyle(attributes, style.foreground, background)


@lru_cache(4096)
def change(old: CellStyle, new: CellStyle) -> str:
    """The shortest sequence that leads from `old` to `new`.

    Attributes are switched off one by one only as every terminal since the VT220 does; the others take the
    reset, after which all is said anew.
    """
    if old == new:
        return ""
    codes = [str(code) for code in new.attributes]
    codes += [colour for colour in (new.foreground, new.background) if colour]
    afresh = f"\x1b[{';'.join(['', *codes])}m" if codes else RESET
    left = set(old.attributes)
    changes: list[str] = []
    for code in sorted(left - set(new.attributes)):
        if code not in _OFF:
            return afresh
        if code in left:  # not yet by the code for another one
            changes.append(str(_OFF[code]))
            left -= _CLEARED[_OFF[code]]
    changes += [str(code) for code in new.attributes if code not in left]
    if old.foreground != new.foreground:
        changes.append(new.foreground or "39")
    if old.background != new.background:
        changes.append(new.background or "49")
    return min(afresh, f"\x1b[{';'.join(changes)}m", key=len)
