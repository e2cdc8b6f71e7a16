"""How many cells of a terminal a text takes: Hangul syllables take two, combining marks none."""

import unicodedata

# Vowels and finals of decomposed Hangul are drawn into the cells of the consonant before them.
_JOINING = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))


def width(text: str) -> int:
    """The cells that `text` takes; it has to be inert."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"} or any(ord(char) in block for block in _JOINING):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def padded(text: str, cells: int) -> str:
    """`text` with blanks after it, up to that many cells."""
    return text + " " * (cells - width(text))
