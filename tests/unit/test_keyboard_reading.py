"""The terminal's input, read in the packets it arrives in, through a real pipe."""

import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Queue

import pytest
from textual import events
from textual.message import Message

from dfn_tui.keyboard.parser import TerminalParser
from dfn_tui.keyboard.reading import InputReader

LOCK_TIMEOUT = 30.0


class Line:
    """What is written into it arrives at a reader."""

    def __init__(self) -> None:
        self.expecting = False
        self._arrived: Queue[Sequence[Message]] = Queue()
        reading, self._writing = os.pipe()
        self._reader = InputReader(reading, self._arrived.put, lambda: self.expecting)

    def write(self, text: str | bytes) -> None:
        os.write(self._writing, text if isinstance(text, bytes) else text.encode())

    def packet(self) -> list[object]:
        """What arrived together: the names of keys, texts of pastes, places of the cursor."""
        messages = self._arrived.get(timeout=LOCK_TIMEOUT)
        return [_told(message) for message in messages]

    def wait_until_no_paste(self) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while self._reader.in_paste:
            assert time.monotonic() < deadline
            time.sleep(0.01)

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_half_a_report_alone_is_told_in_the_end() -> None:
    with Line().read() as line:
        line.write("\x1b[")
        assert line.packet() == ["left_square_bracket"]


@pytest.mark.slow
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


def test_bytes_that_are_no_utf_8_are_shown_as_such() -> None:
    with Line().read() as line:
        line.write("가".encode("euc-kr") + b"a")
        assert line.packet() == ["replacement_character", "replacement_character", "a"]


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[97;1:3u",  # a key let go: never asked for
        "\x1b[97;;1114112u",
        "\x1b[99999999999999999999u",
        "\x1b[1;2y",
        "\x1b[48;99999;99999;1;1t",  # a size, which only the system is believed
        "\x1b[?2048;1$y",
    ],
)
def test_what_no_key_sends_is_ignored(sequence: str) -> None:
    with Line().read() as line:
        line.write(f"a{sequence}b")
        assert line.packet() == ["a", "b"]


def test_half_a_character_is_none() -> None:
    with Line().read() as line:
        line.write("\x1b[97;;55296u")
        assert line.packet() == ["replacement_character"]


@pytest.mark.parametrize("key", ["\x1b[1;5A", "\x1b[[A", "\x1bOP", "\x1b[15~", "\x1b[97;5u", "\x1b[Z"])
def test_keys_are_still_read(key: str) -> None:
    with Line().read() as line:
        line.write(key)
        names = {"\x1b[1;5A": "ctrl+up", "\x1b[[A": "f1", "\x1bOP": "f1", "\x1b[15~": "f5"}
        assert line.packet() == [{**names, "\x1b[97;5u": "ctrl+a", "\x1b[Z": "shift+tab"}[key]]


def test_nothing_within_a_paste_is_a_key() -> None:
    pasted = f"a\x1b[97;1:3u\x1b{'u' * 40}\x03"
    with Line().read() as line:
        line.write(f"\x1b[200~{pasted}\x1b[201~b")
        assert line.packet() == [f"pasted {pasted}", "b"]


@pytest.mark.slow
@pytest.mark.parametrize("leaving", ["\x1b", "\x03"])
def test_a_paste_without_its_end_is_left_by_escape(leaving: str) -> None:
    with Line().read() as line:
        line.write("a\x1b[200~user-0001")
        assert line.packet() == ["a"]
        line.write(leaving)
        line.wait_until_no_paste()
        line.write("b")
        assert line.packet() == ["b"]


def test_a_paste_whose_beginning_comes_in_halves_ends() -> None:
    with Line().read() as line:
        line.write("a\x1b")
        assert line.packet() == ["a"]
        line.write("[200~b\x1b[200~c\x1b[201~d")
        assert line.packet() == ["pasted b\x1b[200~c", "d"]


@pytest.mark.slow
def test_no_sequence_ends_the_reading() -> None:
    """Sequences that terminals send, with characters put in, changed and left out."""
    chance = random.Random(20_261_127)
    known = ["[A", "[97;1:3u", "[<0;11;6M", "[24;80R", "[48;24;80;9;9t", "[?2026;2$y", "OP", "[97;5:1;97:98u"]
    parser = TerminalParser()
    for _ in range(50_000):
        characters = [*"\x1b", *chance.choice(known)]
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(characters))
            characters[place : place + chance.randrange(2)] = chance.choice(
                "0129;:<?~uMmRty\x1b[\u0664\u00b2"
            )
        list(parser.feed("".join(characters)))
    *_, last = parser.feed("\x1b[201~" + 40 * "x" + "q")
    assert _told(last) == "q"
