"""The terminal's input, read in the packets it arrives in, through a real pipe."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Queue

from textual import events
from textual.message import Message

from dfn_tui.keyboard.reading import InputReader

LOCK_TIMEOUT = 30.0


class Line:
    """What is written into it arrives at a reader."""

    def __init__(self) -> None:
        self.expecting = False
        self._arrived: Queue[Sequence[Message]] = Queue()
        reading, self._writing = os.pipe()
        self._reader = InputReader(reading, self._arrived.put, lambda: self.expecting)

    def write(self, text: str) -> None:
        os.write(self._writing, text.encode())

    def packet(self) -> list[object]:
        """What arrived together: the names of keys, texts of pastes, places of the cursor."""
        messages = self._arrived.get(timeout=LOCK_TIMEOUT)
        return [_told(message) for message in messages]

    @contextmanager
    def read(self) -> Iterator["Line"]:
        stop = threading.Event()
        thread = threading.Thread(target=self._reader.run, args=[stop])
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()


def _told(message: Message) -> object:
    if isinstance(message, events.Key):
        return message.key
    if isinstance(message, events.Paste):
        return f"pasted {message.text}"
    if isinstance(message, events.CursorPosition):
        return (message.x, message.y)
    if isinstance(message, events.MouseEvent):
        return f"mouse {message.x:.0f},{message.y:.0f}"
    return type(message).__name__


def test_what_arrives_together_is_one_packet() -> None:
    with Line().read() as line:
        line.write("10\r20\r")
        assert line.packet() == ["1", "0", "enter", "2", "0", "enter"]
        line.write("\x1b[200~a\nb\x1b[201~\t\x13")
        assert line.packet() == ["pasted a\nb", "tab", "ctrl+s"]


def test_a_list_that_arrives_in_pieces_is_one_packet() -> None:
    ids = [f"user-{number}" for number in range(30_000)]
    with Line().read() as line:
        line.write("\r".join(ids))
        typed = "".join(
            "\n" if key == "enter" else "-" if key == "minus" else str(key) for key in line.packet()
        )
        assert typed.split() == ids


def test_a_report_that_arrives_in_halves_is_no_key() -> None:
    with Line().read() as line:
        line.write("a\x1b[24;")
        assert line.packet() == ["a"]
        line.write("80Rb")
        assert line.packet() == [(79, 23), "b"]
        line.expecting = True
        line.write("c\x1b")
        assert line.packet() == ["c"]
        line.write("[24;80R")
        assert line.packet() == [(79, 23)]


def test_half_a_report_alone_is_told_in_the_end() -> None:
    with Line().read() as line:
        line.write("\x1b[")
        assert line.packet() == ["left_square_bracket"]


def test_a_lone_escape_is_not_kept_where_no_report_is_expected() -> None:
    with Line().read() as line:
        line.write("\x1b")
        assert line.packet() == ["escape"]
        line.expecting = True
        line.write("\x1b")
        assert line.packet() == ["escape"]  # as no other half comes


def test_a_click_is_told_in_cells() -> None:
    with Line().read() as line:
        line.write("\x1b[<0;11;6M\x1b[<0;11;6m")
        assert line.packet() == ["mouse 10,5", "mouse 10,5"]
