"""A compiled catalogue of translations. gettext's own reader decodes all of three thousand texts before the
first is asked for, which takes longer than a start may take for it."""

from collections.abc import Iterator
from pathlib import Path
from struct import unpack_from

_MAGIC = 0x950412DE
_END, _CONTEXT = b"\0", b"\4"
"""What stands between the forms of a plural, and after a context."""


class Catalogue:
    """Answers as gettext's own translations do. The file is little-endian, in UTF-8, and of a language with
    one form for any number; without one each text is its own translation."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises OSError where the file cannot be read, and ValueError where it is something else."""
        self._data = path.read_bytes() if path is not None else b""
        self._places: dict[bytes, int] = {}
        self._texts = 0
        if path is None:
            return
        magic, _version, count, ids, self._texts = unpack_from("<5I", self._data.ljust(20, _END))
        if magic != _MAGIC:
            raise ValueError(f"{path} is no catalogue")
        spans = unpack_from(f"<{2 * count}I", self._data, ids)
        for place, (length, start) in enumerate(zip(spans[::2], spans[1::2], strict=True)):
            self._places[self._data[start : start + length].partition(_END)[0]] = place

    def gettext(self, message: str) -> str:
        return self._found(message) or message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self._found(singular) or (singular if count == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return self._found(f"{context}{_CONTEXT.decode()}{message}") or message

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each message, by its singular, and its translation; but for those with a context."""
        for message, place in self._places.items():
            if message and _CONTEXT not in message:
                yield message.decode(), self._text(place)

    def _found(self, message: str) -> str:
        """The translation; "" where there is none, also of "", for which there is a text about the file."""
        place = self._places.get(message.encode("utf-8", "surrogatepass")) if message else None
        return self._text(place) if place is not None else ""

    def _text(self, place: int) -> str:
        length, start = unpack_from("<2I", self._data, self._texts + 8 * place)
        return self._data[start : start + length].decode()
