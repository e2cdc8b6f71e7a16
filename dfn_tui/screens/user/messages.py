"""What the panes of a user tell the screen they are on."""

from textual.message import Message


class DraftChanged(Message):
    """An edit was staged or dropped."""
