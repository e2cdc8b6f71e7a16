"""The input for ids: one typed, or a list of any length pasted."""

from dataclasses import dataclass

from textual import events
from textual.message import Message

from dfn_tui.widgets.field import Field

SHOWN_WHOLE = 200
"""Characters; what is longer is held aside, because an input line is no place for a thousand ids."""


class IdsField(Field):
    """A `Field` that keeps every line of a paste, where Textual's keeps the first."""

    def __init__(self, *, placeholder: str = "", id: str | None = None, lines_aside: bool = False) -> None:
        """`lines_aside`: a paste of several lines is held aside as well, however short."""
        super().__init__(placeholder=placeholder, id=id)
        self._lines_aside = lines_aside

    @dataclass
    class ListPasted(Message):
        """A list that is not to be shown in the field was pasted."""

        text: str

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()  # or the base class would take the first line as well
        lines = self._lines_aside and len(event.text.splitlines()) > 1
        if lines or len(event.text) > SHOWN_WHOLE:
            self.post_message(self.ListPasted(event.text))
        else:
            self.insert_text_at_cursor(" ".join(event.text.split()))
