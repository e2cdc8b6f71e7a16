"""A terminal of its own making: pyte, with the two habits of real terminals that it lacks."""

import unicodedata

import pyte
from pyte.screens import Char
from wcwidth import wcwidth


class Emulator(pyte.Screen):
    """Shows dim text as blinking, and breaks a wide character when half of it is overwritten."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._stream = pyte.Stream(self)
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
        super().select_graphic_rendition(*numbers)

    def draw(self, data: str) -> None:
        for char in data:
            cells = max(wcwidth(char), 0)
            if cells:
                self._part(self.cursor.x)
                self._part(self.cursor.x + cells)
            super().draw(char)

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
