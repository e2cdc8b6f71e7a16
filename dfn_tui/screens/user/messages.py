"""What the parts of a user tell each other."""

from textual.message import Message


class DraftChanged(Message):
    """An edit was staged or dropped."""
