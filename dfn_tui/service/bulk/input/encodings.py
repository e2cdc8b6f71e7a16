"""Which encoding a file is in. The whole file is asked, a piece at a time: the first row that is not ASCII
may be the last of a million."""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from dfn_tui.service.bulk.input.question import ListRefused
from dfn_tui.text import _, sanitize

LONGEST_LINE: Final = 1 << 20
"""No line may be longer than about this many bytes: a line has to fit into memory, a file does not."""

_SAMPLE = 4096  # bytes asked whether a file without a byte order mark is UTF-16
_LETTERS = 20_000  # letters beyond ASCII asked whether they are those of Korean
_KOREAN_SHARE = 0.6  # of them, at least, are ordinary in Korean: 0.95 and more in lists, 0.5 in Chinese names
_RARE_INITIALS = frozenset({1, 4, 8, 10, 13})  # ㄲ ㄸ ㅃ ㅆ ㅉ
_RARE_VOWELS = frozenset({3, 10, 15})  # ㅒ ㅙ ㅞ
_ORDINARY_FINALS = frozenset({0, 1, 4, 8, 16, 17, 19, 20, 21})  # none ㄱ ㄴ ㄹ ㅁ ㅂ ㅅ ㅆ ㅇ


class FileUnreadable(ListRefused):
    """The file cannot be read as rows of text. Nothing was taken from it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, by the name shown and by Python's. `mark` is how many bytes the byte order mark takes."""

    name: str
    codec: str
    mark: int = 0


UTF_8 = Encoding("UTF-8", "utf-8")
CP949 = Encoding("CP949", "cp949")
UTF_16_LE = Encoding("UTF-16 LE", "utf-16-le")
UTF_16_BE = Encoding("UTF-16 BE", "utf-16-be")

_LETTERS_SHOWN = 20

_UTF_16 = Encoding("UTF-16", "utf-16")  # in whichever order its bytes are
_OTHERS = (
    Encoding("Shift-JIS", "cp932"),
    Encoding("GB18030", "gb18030"),
    Encoding("Big5", "cp950"),
    Encoding("EUC-JP", "euc_jp"),
)
_ASKED = {
    "utf-8": UTF_8,
    "cp949": CP949,
    "euc-kr": CP949,
    "utf-16": _UTF_16,
    "utf-16-le": UTF_16_LE,
    "utf-16-be": UTF_16_BE,
    "shift_jis": _OTHERS[0],
    "gb18030": _OTHERS[1],
    "big5": _OTHERS[2],
    "euc-jp": _OTHERS[3],
    "cp1252": Encoding("CP1252", "cp1252"),
    "latin-1": Encoding("Latin-1", "latin-1"),
}
# The same under its other names, by Python's.
_ALIASES = {codecs.lookup(name).name: found for name, found in _ASKED.items()} | {
    "cp932": _OTHERS[0],
    "gbk": _OTHERS[1],
    "gb2312": _OTHERS[1],
    "cp950": _OTHERS[2],
    "utf-8-sig": UTF_8,
}
_MARKS = {
    codecs.BOM_UTF8: Encoding("UTF-8 with BOM", "utf-8", 3),
    codecs.BOM_UTF32_LE: Encoding("UTF-32 LE with BOM", "utf-32-le", 4),  # begins with UTF-16's
    codecs.BOM_UTF32_BE: Encoding("UTF-32 BE with BOM", "utf-32-be", 4),
    codecs.BOM_UTF16_LE: Encoding("UTF-16 LE with BOM", "utf-16-le", 2),
    codecs.BOM_UTF16_BE: Encoding("UTF-16 BE with BOM", "utf-16-be", 2),
}


def detect_encoding(stream: BinaryIO, asked: str = "") -> Encoding:
    """The encoding that all of `stream` can be read in, which is one that can be sought.

    `asked` is the name of the only one that is tried. Without it a byte order mark decides. Without that:
    UTF-16 where the zero bytes of ASCII text make it evident, else UTF-8, else CP949 (what Korean Excel
    writes), where it makes Korean of the text. A few syllables of CP949 may pass for UTF-8 (철 for ö), so the
    name is for the operator to see. Raises FileUnreadable, which names the first byte that does not fit, by
    the encoding that comes furthest, or what else the text may be.
    """
    stream.seek(0)
    sample = stream.read(_SAMPLE)
    candidates = [_asked(asked, sample)] if asked else _candidates(sample)
    _check_lines(stream)
    reach = {}
    for encoding in candidates:
        reached = _first_bad_byte(stream, encoding)
        if reached is None:
            if encoding is CP949 and not asked:
                _require_korean(stream)
            return encoding
        reach[encoding] = reached
    best = max(candidates, key=lambda encoding: reach[encoding])
    words = _("Byte {offset} (in line {line}) is no {encoding}, and nothing else fits. Nothing was taken.")
    if asked:
        words = _("Byte {offset} (in line {line}) is no {encoding}. Nothing was taken.")
    line = _line_of(stream, best, reach[best])
    raise FileUnreadable(
        _("The encoding was not recognised") if not asked else _("The file is in another encoding"),
        words.format(offset=reach[best], line=line, encoding=best.name),
        _("Save the file as UTF-8 and give it again, or say what it is in: --encoding NAME."),
    ).asking("encoding", *_readings(stream))


def _asked(name: str, sample: bytes) -> Encoding:
    try:
        encoding = _ALIASES[codecs.lookup(name).name]
    except (LookupError, ValueError):  # ValueError: a name with a zero byte
        raise FileUnreadable(
            _("There is no such encoding"),
            _("{name} is none that lists are read in. Nothing was taken.").format(name=sanitize(name, 40)),
            _("Give one of: {names}.").format(names=", ".join(_ASKED)),
        ) from None
    marked = next((found for mark, found in _MARKS.items() if sample.startswith(mark)), None)
    if marked and not marked.codec.startswith(encoding.codec):
        raise FileUnreadable(
            _("The file is in another encoding"),
            _("It begins with the mark of {marked}, and {encoding} was asked for. Nothing was taken.").format(
                marked=marked.name, encoding=encoding.name
            ),
            _("Leave --encoding out."),
        )
    if encoding is _UTF_16 and not marked:
        return UTF_16_BE if sample[0::2].count(0) > sample[1::2].count(0) else UTF_16_LE
    return marked or encoding


def _require_korean(stream: BinaryIO) -> None:
    """Raises FileUnreadable where a text that can be read as CP949 is no Korean."""
    letters = _letters_beyond_ascii(stream, CP949)
    if sum(map(_is_ordinary, letters)) >= len(letters) * _KOREAN_SHARE:
        return
    fits = [found for found in _OTHERS if _first_bad_byte(stream, found) is None]
    likely = sorted(
        fits, key=lambda found: _share_of_east_asia(_letters_beyond_ascii(stream, found)), reverse=True
    )
    names = {found: name for name, found in reversed(_ASKED.items())}
    raise FileUnreadable(
        _("The encoding has to be named"),
        _("The file is no UTF-8, and read as CP949 it is hardly Korean. Nothing was taken."),
        _("Say what it is in, as --encoding {names}, or save it as UTF-8.").format(
            names=_(" or ").join(names[found] for found in [*likely, CP949])
        ),
    ).asking("encoding", *_readings(stream, likely))


def _readings(stream: BinaryIO, likely: Sequence[Encoding] = ()) -> Iterator[tuple[str, str]]:
    """Each encoding that a text can be read in, the likely ones first, with what its letters are then."""
    names = {found: name for name, found in reversed(_ASKED.items())}
    for encoding in dict.fromkeys([*likely, *names]):
        if encoding is not _UTF_16 and _first_bad_byte(stream, encoding) is None:
            letters = sanitize(_letters_beyond_ascii(stream, encoding)[:_LETTERS_SHOWN])
            yield names[encoding], f"{encoding.name}: {letters}"


def _letters_beyond_ascii(stream: BinaryIO, encoding: Encoding) -> str:
    """The first of them in a stream that can be read in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    letters = ""
    for chunk in _chunks(stream):
        if not chunk.isascii():
            text = decoder.decode(chunk)
            letters += "".join(char for char in text if not char.isascii() and char.isalpha())
        if len(letters) >= _LETTERS:
            break
    return letters[:_LETTERS]


def _is_ordinary(char: str) -> bool:
    """Whether a letter beyond ASCII is one that Korean lists are full of: a syllable without the rarer of
    its parts, which most syllables have that other encodings turn into, or a Latin letter in full width."""
    place = ord(char) - 0xAC00
    if not 0 <= place < 11172:
        return "\uff21" <= char <= "\uff5a"
    initial, rest = divmod(place, 588)
    vowel, final = divmod(rest, 28)
    return initial not in _RARE_INITIALS and vowel not in _RARE_VOWELS and final in _ORDINARY_FINALS


def _share_of_east_asia(letters: str) -> float:
    likely = sum("\u3041" <= char <= "\u30fe" or "\u4e00" <= char <= "\u9fff" for char in letters)
    return likely / max(1, len(letters))


def _candidates(sample: bytes) -> list[Encoding]:
    for mark, encoding in _MARKS.items():
        if sample.startswith(mark):
            return [encoding]
    found = [UTF_8, CP949]
    units = len(sample) // 2
    zeros = {UTF_16_BE: sample[0::2].count(0), UTF_16_LE: sample[1::2].count(0)}
    likely = max(zeros, key=lambda encoding: zeros[encoding])
    if zeros[likely] > units * 0.4 and zeros[likely] > 4 * min(zeros.values()):
        found.insert(0, likely)
    return found


def _chunks(stream: BinaryIO, start: int = 0) -> Iterator[bytes]:
    stream.seek(start)
    while chunk := stream.read(LONGEST_LINE):
        yield chunk


def _check_lines(stream: BinaryIO) -> None:
    line = 1
    for chunk in _chunks(stream):
        breaks = chunk.count(b"\n") or chunk.count(b"\r")
        if not breaks and len(chunk) == LONGEST_LINE:
            raise FileUnreadable(
                _("This is no file of rows"),
                _("Line {line} is longer than {most} bytes. Nothing was taken.").format(
                    line=line, most=LONGEST_LINE
                ),
                _("Give a file with one user a line."),
            )
        line += breaks


def _first_bad_byte(stream: BinaryIO, encoding: Encoding) -> int | None:
    """The offset in the file of the first byte that cannot be read, or None."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    end = encoding.mark
    try:
        for chunk in _chunks(stream, encoding.mark):
            end += len(chunk)
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # The error's object begins with what was held over from the chunk before.
        return end - len(error.object) + error.start
    return None


def _line_of(stream: BinaryIO, encoding: Encoding, offset: int) -> int:
    """The line that byte is in. Everything before it can be read."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding.codec)(), translate=True)
    left = offset - encoding.mark
    line = 1
    for chunk in _chunks(stream, encoding.mark):
        line += decoder.decode(chunk[:left]).count("\n")
        left -= len(chunk)
        if left <= 0:
            break
    return line
