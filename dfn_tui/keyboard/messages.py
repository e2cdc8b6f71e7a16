"""What the terminal's driver tells the app beside keys."""

from collections.abc import Sequence

from textual import events
from textual.message import Message


class Packet(Message):
    """Keys and pastes that arrived from the terminal together, in their order."""

    def __init__(self, typed: Sequence[events.Key | events.Paste]) -> None:
        super().__init__()
        self.typed = typed


class AllShown(Message):
    """The terminal has shown everything that was sent before this was asked for."""
