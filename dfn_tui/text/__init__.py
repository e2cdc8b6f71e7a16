"""How anything becomes words on a screen: translation, inert text, masks, widths.

English is the source language. Whole sentences go to `_`, with named placeholders
(`_("{count} users staged").format(count=n)`), so that a translator can reorder them.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from dfn_tui.text.catalogue import Catalogue

# Cc control, Cf format (bidirectional overrides, zero width), Cs lone surrogates, Co private use,
# Zl and Zp line and paragraph separators: none of these may reach the terminal as themselves.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Hangul fillers and the blank Braille pattern count as letters and symbols, but show nothing.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Anything else after the last "@" is no domain but more text, which may be as personal as the rest.
_DOMAIN = re.compile(r"[\w.\-]+")
# A date with its hyphens has eight digits.
_WITHIN = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+|\+?[0-9](?:[-.]?[0-9]){8,}")
# What operators write. A day, or a ticket (letters, then one number), stays: proofs are found by it.
_SAID = re.compile(
    r"(?P<kept>(?<!\d)\d{4}-\d\d-\d\d(?!\d)"
    r"|(?<![A-Za-z])[A-Za-z]{2,}[-_#]?(?!01[016789]\d{7,8}(?!\d))\d+(?![-.]?\d))"
    r"|(?<![\w.+\-])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
    r"|\+\d(?:[-. ]?\d){7,14}"
    r"|(?<!\d)\(?0\d{1,2}\)?[-. ]?\d{3,4}[-. ]?\d{4}(?!\d)"
    r"|\d(?:[-.]?\d){8,}"
)
# Vowels and finals of decomposed Hangul are drawn into the cells of the consonant before them.
_JOINING = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))


ENGLISH = "en"
"""What stands in the code. Other languages have a catalogue in `locale`."""

_LOCALES = Path(__file__).parents[1] / "locale"


class _Spoken:
    language = ENGLISH
    catalogue = Catalogue()


def speak(language: str) -> None:
    """From now on `_` and `ngettext` answer in this language: `en`, or one that has a catalogue."""
    _Spoken.language, _Spoken.catalogue = language, _catalogue(language)


def spoken() -> str:
    """What `_` answers in."""
    return _Spoken.language


@cache
def _catalogue(language: str) -> Catalogue:
    path = _LOCALES / language / "LC_MESSAGES/dfn_tui.mo"
    # It is compiled as the program is installed: in a checkout that was not, English is spoken.
    return Catalogue(path if language != ENGLISH and path.exists() else None)


def _(message: str) -> str:
    """The text of `message` in the language that is spoken."""
    return _Spoken.catalogue.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Like `_`, choosing the form that fits `count`; the caller still formats it in."""
    return _Spoken.catalogue.ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """Like `_`, for a word that has another translation in another place: `context` says which this is."""
    return _Spoken.catalogue.pgettext(context, message)


def retold(words: str, before: str) -> str:
    """What a whole message that was said in the language `before` is now; others stay as they are."""
    return _(_messages(before).get(words, words))


@cache
def _messages(language: str) -> dict[str, str]:
    """The message that each text of a language stands for."""
    return {text: message for message, text in _catalogue(language)}


def N_(message: str) -> str:  # noqa: N802  its usual name with gettext
    """`message` as it is, to be found for translation: what is made before the language is known, or outlives
    a change of it. Whoever shows it passes it to `_`."""
    return message


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


def mask(value: str) -> str:
    """A phone number, Kakao id, e-mail address or name with its middle covered.

    The length stays visible for numbers (operators compare digits), an e-mail keeps its domain.
    `821012345678` → `82••••••••78`, `lee@example.com` → `l••@example.com`.
    """
    local, at, domain = value.rpartition("@")
    if at and local and _DOMAIN.fullmatch(domain):
        return local[0] + "•" * max(2, len(local) - 1) + at + domain
    if len(value) <= 4:
        return "•" * max(len(value), 1)
    return value[:2] + "•" * (len(value) - 4) + value[-2:]


def mask_within(text: str) -> str:
    """`text` with every e-mail address and every number of nine digits or more in it masked."""
    return _WITHIN.sub(lambda detail: mask(detail[0]), text)


def mask_said(text: str) -> str:
    """What an operator typed, a reason or where evidence lies, with every e-mail address, phone number and
    other number of nine digits or more masked. Days and tickets stay: `2026-11-27`, `INC-20261127001`."""
    return _SAID.sub(lambda detail: detail[0] if detail["kept"] else mask(detail[0]), text)


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


def wrapped(text: str, cells: int) -> list[str]:
    """`text` in lines of so many cells at the most, broken at blanks; only a longer word stands out."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and width(lines[-1]) + 1 + width(word) > cells:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def clipped(text: str, cells: int) -> str:
    """`text` in so many cells at the most; an ellipsis says that more follows. It has to be inert."""
    if width(text) <= cells:
        return text
    kept, used = [], 1
    for char in text if cells > 0 else "":
        used += _cells(char)
        if used > cells:
            break
        kept.append(char)
    return "".join(kept) + "…" if cells > 0 else ""
