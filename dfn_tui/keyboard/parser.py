"""Textual's parser of what a terminal sends, kept from failing: those bytes are untrusted like all others.

What it trips over, or does not know, is ignored: on its own it raises, or hands the rest of such a sequence
on as keys that nobody pressed. A size told in the input is ignored too: it is asked of the system.
"""

import re
import time
from collections.abc import Callable, Generator, Iterable, Sequence

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._parser import Peek1, Read1
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, SPECIAL_SEQUENCES, XTermParser
from textual.keys import Keys
from textual.message import Message
from textual.messages import InBandWindowResize

_COMPLETE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""A control sequence with its end, by ECMA-48."""
_MORE = tuple(known[:end] for known in ANSI_SEQUENCES_KEYS for end in range(3, len(known)))
_BEGUN = frozenset({"\x1b[M", *_MORE})
"""What looks complete, and still is the beginning of something longer."""
_READ_ELSEWHERE = re.compile(r"\x1b\[(<?-?\d+;-?\d+;-?\d+[mM]|\?\d+;\d\$y|\d+;\d+R|48;\d.*t)", re.ASCII)
"""Reports of the mouse, of modes, of the cursor and of sizes."""
_LEAVES_A_PASTE = frozenset({"\x1b", "\x03", "\x1b[27u", "\x1b[99;5u"})
"""Escape and Ctrl+C, typed alone."""


class TerminalParser(XTermParser):
    """Never raises for what it is fed. The mouse is in cells always: pixels are never asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._pasted: str | None = None
        self._escape = ""
        self._escape_at = 0.0

    @property
    def in_paste(self) -> bool:
        """Whether the end of a paste has still to come."""
        return self._pasted is not None

    def feed(self, data: str) -> Sequence[Message]:
        """The messages of what arrived. Nothing within a paste is a key, but that Escape or Ctrl+C alone drop
        one whose end never comes."""
        messages = [] if data else [*super().feed("")]
        data, self._escape = self._escape + data, ""
        while data:
            if self._pasted is None:
                typed, begun, data = data.partition(BRACKETED_PASTE_START)
                if not begun and typed.endswith("\x1b"):
                    # It may begin a paste of which the rest comes with the next packet.
                    typed, self._escape, self._escape_at = typed[:-1], "\x1b", time.monotonic()
                messages += super().feed(typed) if typed else []
                self._pasted = "" if begun else None
            elif data in _LEAVES_A_PASTE:
                self._pasted, data = None, ""
            else:
                data = self._take_pasted(data, messages)
        return messages

    def tick(self) -> Sequence[Message]:
        """What is complete because nothing has followed: Escape."""
        messages: list[Message] = []
        if self._escape and time.monotonic() - self._escape_at >= constants.ESCAPE_DELAY:
            self._escape = ""
            messages += super().feed("\x1b")
            self._timeout_time = 0.0
        return [*messages, *super().tick()]

    def _take_pasted(self, data: str, messages: list[Message]) -> str:
        """Adds the paste where its end is in `data`, and returns what follows that."""
        before = self._pasted or ""
        pasted = before + data
        end = pasted.find(BRACKETED_PASTE_END, max(0, len(before) - len(BRACKETED_PASTE_END)))
        if end < 0:
            self._pasted = pasted
            return ""
        self._pasted = None
        messages.append(events.Paste(pasted[:end].replace("\x00", "")))
        return pasted[end + len(BRACKETED_PASTE_END) :]

    def parse(self, token_callback: Callable[[Message], None]) -> Generator[Read1 | Peek1, str, None]:
        def take(message: Message) -> None:
            if not isinstance(message, events.Resize | InBandWindowResize):
                token_callback(message)

        return super().parse(take)

    def parse_mouse_code(self, code: str) -> Message | None:
        self.mouse_pixels = False
        return super().parse_mouse_code(code)

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        try:
            keys = [*super()._sequence_to_key_events(sequence, alt)]
        except (ValueError, OverflowError):  # a number that is no character, or no number
            return [events.Key(Keys.Ignore, sequence)]
        if keys or sequence in _BEGUN or sequence in SPECIAL_SEQUENCES:
            return [_encodable(key) for key in keys]
        unknown = _COMPLETE.fullmatch(sequence) and not _READ_ELSEWHERE.fullmatch(sequence)
        return [events.Key(Keys.Ignore, sequence)] if unknown else []


def _encodable(key: events.Key) -> events.Key:
    """Half a surrogate pair is no text: nothing that keeps or shows text takes it."""
    if key.character and any("\ud800" <= char <= "\udfff" for char in key.character):
        return events.Key("replacement_character", "\ufffd")
    return key
