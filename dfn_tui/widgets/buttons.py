"""A line of buttons."""

from textual import events
from textual.containers import Horizontal
from textual.widgets import Button

from dfn_tui.text import _

SENDING = frozenset({"send", "others"})
"""Ids of the buttons that send. A click puts the focus on one: the hand may have slipped."""


class _Asked(Button):
    """A button that a click presses, unless it sends."""

    async def _on_click(self, event: events.Click) -> None:
        event.stop()
        event.prevent_default()
        if self.id in SENDING:
            self.notify(_("A click sends nothing: Enter does."), markup=False)
        elif not self.has_class("-active"):
            self.press()


class Buttons(Horizontal):
    """Given as ids and words. A button runs the action of its screen that is named like its id; where there
    is none, the screen is dismissed with that id."""

    def __init__(self, *buttons: tuple[str, str]) -> None:
        super().__init__(*(_Asked(words, id=id, compact=True) for id, words in buttons), classes="buttons")

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if not self.screen.is_active:  # not twice, where it was pressed twice
            return
        if hasattr(self.screen, f"action_{event.button.id}"):
            await self.app.run_action(str(event.button.id), self.screen)
        else:
            self.screen.dismiss(event.button.id)
