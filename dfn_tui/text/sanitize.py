"""Untrusted text made harmless: whatever a server, a file or a paste holds is shown, never obeyed."""

import unicodedata

# Cc control, Cf format (bidirectional overrides, zero width), Cs lone surrogates, Co private use,
# Zl and Zp line and paragraph separators: none of these may reach the terminal as themselves.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Hangul fillers and the blank Braille pattern count as letters and symbols, but show nothing.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def _shown(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    if unicodedata.category(char) not in _UNSAFE and char not in _BLANK:
        return char
    point = ord(char)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def sanitize(text: str, limit: int | None = None) -> str:
    """`text` with control characters, escape sequences, bidirectional overrides, invisible characters
    and lone surrogates as visible escapes.

    With `limit`, at most that many characters of the input are kept and an ellipsis says that more
    follows (for display only: never store the result). The result may still hold square brackets:
    show it with markup switched off.
    """
    cut = limit is not None and len(text) > limit
    kept = text[:limit] if cut else text
    plain = kept.isascii() and kept.isprintable()  # by far the most, and a million of them are exported
    shown = kept if plain else "".join(map(_shown, kept))
    return shown + "…" if cut else shown
