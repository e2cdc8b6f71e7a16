"""Which encoding a file is in. The whole file is asked, a piece at a time: the first row that is not ASCII
may be the last of a million."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

LONGEST_LINE: Final = 1 << 20
"""No line may be longer than about this many bytes: a line has to fit into memory, a file does not."""

_SAMPLE = 4096  # bytes asked whether a file without a byte order mark is UTF-16


class FileUnreadable(ConsoleError):
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

_MARKS = {
    codecs.BOM_UTF8: Encoding("UTF-8 with BOM", "utf-8", 3),
    codecs.BOM_UTF16_LE: Encoding("UTF-16 LE with BOM", "utf-16-le", 2),
    codecs.BOM_UTF16_BE: Encoding("UTF-16 BE with BOM", "utf-16-be", 2),
}


def detect_encoding(stream: BinaryIO) -> Encoding:
    """The encoding that all of `stream` can be read in, which is one that can be sought.

    A byte order mark decides. Without one: UTF-16 where the zero bytes of ASCII text make it evident, else
    UTF-8, else CP949 (what Korean Excel writes). A few syllables of CP949 may pass for UTF-8 (철 for ö),
    so the name is for the operator to see. Raises FileUnreadable, which names the first byte that does not
    fit, by the encoding that comes furthest.
    """
    stream.seek(0)
    candidates = _candidates(stream.read(_SAMPLE))
    _check_lines(stream)
    reach = {}
    for encoding in candidates:
        reached = _first_bad_byte(stream, encoding)
        if reached is None:
            return encoding
        reach[encoding] = reached
    best = max(candidates, key=lambda encoding: reach[encoding])
    raise FileUnreadable(
        _("The encoding was not recognised"),
        _(
            "Byte {offset} (in line {line}) is no {encoding}, and nothing else fits. Nothing was taken."
        ).format(offset=reach[best], line=_line_of(stream, best, reach[best]), encoding=best.name),
        _("Save the file as UTF-8 and give it again."),
    )


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
