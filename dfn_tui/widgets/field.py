"""The text input of this console: steady cursor, compact, no completion of its own."""

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import events
from textual.widgets import Input

from dfn_tui.text import sanitize


class _Inert(Highlighter):
    """Stands one sign for each character that may not reach the terminal as itself, so that the cursor
    keeps its place. The value itself is left as it is."""

    def highlight(self, text: Text) -> None:
        if sanitize(text.plain) != text.plain:
            text.plain = "".join(char if sanitize(char) == char else "�" for char in text.plain)


class Field(Input):
    """An `Input` for a slow line: the cursor does not blink, and there is no border to repaint."""

    def __init__(
        self, value: str = "", *, placeholder: str = "", password: bool = False, id: str | None = None
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, password=password, compact=True, id=id, highlighter=_Inert()
        )
        self.cursor_blink = False
        self._begun = False

    def _on_focus(self, event: events.Focus) -> None:
        """What is there is selected for whoever comes to it, but not once they began to type: a focus that is
        told late would have the next letter replace those before it."""
        self.select_on_focus = not self._begun

    def _on_blur(self, event: events.Blur) -> None:
        self._begun = False

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        """The cursor is the field's own colours reversed: a terminal is told that in four bytes, and other
        colours in four times as many, for each character that is typed."""
        if names == ("input--cursor",):
            return Style(color=self.rich_style.color, reverse=True)
        return super().get_component_rich_style(*names, partial=partial, default=default)

    async def _on_key(self, event: events.Key) -> None:
        """Runs the input's own keys at once, in the order they were pressed.

        Textual inserts a character where the key arrives, but finds the action of a key like backspace on
        its way up through all parents. Over a slow line keys arrive together, and what was typed after a
        correction would be inserted before it: another user's id.
        """
        self._begun = True
        for binding in () if event.is_printable else self._bindings.key_to_bindings.get(event.key, ()):
            event.stop()
            event.prevent_default()
            await self.app.run_action(binding.action, self)
            return
        await super()._on_key(event)
