"""The input for ids: one typed, or a list of any length pasted."""

from dataclasses import dataclass

from textual import events
from textual.message import Message

from dfn_tui.keyboard.lines import LinesTyped
from dfn_tui.widgets.field import Field

SHOWN_WHOLE = 200
"""Characters; what is longer is held aside, because an input line is no place for a thousand ids."""


class IdsField(Field):
    """A `Field` that keeps every line of a paste, where Textual's keeps the first."""

    def __init__(self, *, placeholder: str = "", id: str | None = None, lines_aside: bool = False) -> None:
        """`lines_aside`: a paste of several lines is held aside as well, however short."""
        super().__init__(placeholder=placeholder, id=id)
        self._lines_aside = lines_aside

    @dataclass(eq=False, repr=False)
    class ListPasted(Message):
        """A list that is not to be shown in the field was pasted."""

        text: str

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()  # or the base class would take the first line as well
        if self._is_shown(event.text):
            # In the place of what is selected, as the id looked up last is: never glued to it.
            self.replace(" ".join(event.text.split()), *self.selection)
        else:
            self.post_message(self.ListPasted(event.text))

    def _is_shown(self, text: str) -> bool:
        lines = self._lines_aside and len(text.splitlines()) > 1
        return not lines and len(text) <= SHOWN_WHOLE

    async def take_lines(self, lines: LinesTyped) -> None:
        """Takes a list that came like typing, in the place of what stands here. The Enter after its last line
        looks it up; in a form, where it would do more than that, it does nothing."""
        if self._is_shown(lines.text):
            self.value = " ".join(lines.text.split())
            self.action_end()
        else:
            self.value = ""
            self.post_message(self.ListPasted(lines.text))
        if lines.ended and not self._lines_aside:
            await self.action_submit()
