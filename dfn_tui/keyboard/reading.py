"""Reading a terminal's input in the packets it arrives in.

Textual reads it likewise, but hands on each key by itself. What arrived together is worth knowing: a pasted
list of a terminal that marks no pastes, or keys typed ahead on a slow line.
"""

import os
import re
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from threading import Event

from textual._parser import ParseError
from textual.message import Message

from dfn_tui.keyboard.parser import TerminalParser

_AT_ONCE = 1 << 16
"""Bytes read at a time."""
_LULL = 0.03
"""Seconds without anything new after which lines that are still arriving count as complete."""
_MOST = 1 << 22
"""Characters that are put together at most."""
_HALF = 1.0
"""Seconds for which the first half of a report of the terminal waits for the other one."""
_BEGUN = re.compile(r"\x1b\[[\d;?<]{0,24}\Z")
_BARELY_BEGUN = re.compile(r"\x1b\Z")
_LINES = re.compile(r"[\r\n][^\x1b\r\n]")
"""Enter and more after it; not Enter held down."""


class InputReader:
    """Reads from a file descriptor and calls `take` with the messages of each packet.

    `expecting` says whether a report of the terminal is on its way, of which even a lone Escape may be the
    beginning. Half a report is kept back for its other half, or it would be taken for keys.
    """

    def __init__(
        self, fd: int, take: Callable[[Sequence[Message]], None], expecting: Callable[[], bool]
    ) -> None:
        self._fd = fd
        self._take = take
        self._expecting = expecting
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = TerminalParser()
        self._kept = ""
        self._kept_until = 0.0

    @property
    def in_paste(self) -> bool:
        """Whether the end of a paste has still to come."""
        return self._parser.in_paste

    def run(self, stop: Event) -> None:
        """Reads until `stop` is set, and once more what is left then. Raises OSError."""
        with selectors.SelectSelector() as selector:
            selector.register(self._fd, selectors.EVENT_READ)
            while not stop.is_set():
                self._step(selector)
            self._step(selector, final=True)
        try:
            for _message in self._parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass

    def _step(self, selector: selectors.BaseSelector, *, final: bool = False) -> None:
        text = ""
        if selector.select(0.1):
            text = self._read(selector, final)
        text = self._without_half(text)
        messages = [*self._parser.feed(text)] if text else []
        messages += self._parser.tick()
        if messages:
            self._take(messages)

    def _read(self, selector: selectors.BaseSelector, final: bool) -> str:
        """What has arrived; lines in which more follows are read to their end."""
        try:
            text = self._decode(os.read(self._fd, _AT_ONCE), final=final)
        except BlockingIOError:  # another program of this terminal has read it
            return ""
        while _LINES.search(text) and len(text) < _MOST and selector.select(_LULL):
            try:
                more = os.read(self._fd, _AT_ONCE)
            except BlockingIOError:
                break
            if not more:
                break
            text += self._decode(more, final=final)
        return text

    def _without_half(self, text: str) -> str:
        """The text with what was kept of before, and without a report of which only the beginning came."""
        now = time.monotonic()
        if self._kept:
            if not text and now < self._kept_until:
                return ""
            late = not text
            text, self._kept = self._kept + text, ""
            if late:
                return text
        begun = _BEGUN.search(text) or (
            _BARELY_BEGUN.search(text) if self._expecting() or self.in_paste else None
        )
        if begun is None:
            return text
        self._kept, self._kept_until = begun[0], now + _HALF
        return text[: begun.start()]
