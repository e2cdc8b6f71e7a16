"""A terminal of its own making: pyte, with the habits of real terminals that it lacks."""

import unicodedata

import pyte
from pyte.screens import Char
from wcwidth import wcwidth


class _Stream(pyte.Stream):
    """Knows REP as well."""

    csi = {**pyte.Stream.csi, "b": "repeat"}  # noqa: RUF012  as pyte has it
    events = pyte.Stream.events | {"repeat"}


class Emulator(pyte.Screen):
    """Shows dim text as blinking, breaks a wide character when half of it is overwritten, and has the
    background of the moment in what it erases and in rows that come in."""

    def __init__(self, columns: int, lines: int, repeats: str | None = None) -> None:
        """`repeats`: the signs that REP repeats; all where it is None."""
        super().__init__(columns, lines)
        self._last, self._repeats = "", repeats
        self._stream = _Stream(self)
        self.reset_mode(7, private=True)  # no line wrap

    def feed(self, data: str) -> None:
        """Shows what came out of a pseudo-terminal."""
        self._stream.feed(data)

    def show(self, data: str) -> None:
        """Shows what a program writes: a tty sends lines on to their beginning."""
        self.feed(data.replace("\n", "\r\n"))

    def select_graphic_rendition(self, *attrs: int, **_: object) -> None:
        numbers = list(attrs)
        for at, number in enumerate(numbers):
            if number == 2 and (at == 0 or numbers[at - 1] not in (38, 48)) and 5 not in numbers[at - 2 : at]:
                numbers[at] = 5
        for at in range(len(numbers) - 1, -1, -1):
            if numbers[at] == 22 and numbers[at - 2 : at] not in ([38, 5], [48, 5]):
                numbers.insert(at, 25)  # switches off dim as well as bold
        super().select_graphic_rendition(*numbers)

    def draw(self, data: str) -> None:
        for char in data:
            cells = max(wcwidth(char), 0)
            if cells:
                self._part(self.cursor.x)
                self._part(self.cursor.x + cells)
            super().draw(char)
            self._last = char

    def repeat(self, count: int = 1, **_: object) -> None:
        """Draws the last character so many times more."""
        if self._repeats is None or self._last in self._repeats:
            self.draw(self._last * (count or 1))

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        super().erase_in_display(how, *args, **kwargs)
        for y in range(self.lines) if how == 2 else ():
            self._fill(y)

    def index(self) -> None:
        """A row that comes in at the bottom has the background of the moment."""
        _top, bottom = self.margins or (0, self.lines - 1)
        comes_in = self.cursor.y == bottom
        super().index()
        if comes_in:
            self._fill(bottom)

    def reverse_index(self) -> None:
        """A row that comes in at the top as well."""
        top, _bottom = self.margins or (0, self.lines - 1)
        comes_in = self.cursor.y == top
        super().reverse_index()
        if comes_in:
            self._fill(top)

    def _fill(self, y: int) -> None:
        for x in range(self.columns):
            self.buffer[y][x] = self.cursor.attrs

    def _part(self, x: int) -> None:
        line = self.buffer[self.cursor.y]
        if 0 < x < self.columns and line[x].data == "":
            line[x - 1] = line[x - 1]._replace(data=" ")
            line[x] = line[x]._replace(data=" ")

    def cells(self) -> list[list[Char]]:
        """All cells; what cannot be seen on a blank is left out."""
        return [[_seen(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.display)


def _seen(cell: Char) -> Char:
    if cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        return Char(" ", bg=cell.bg)
    return cell._replace(data=unicodedata.normalize("NFC", cell.data))
