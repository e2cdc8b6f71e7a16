"""Textual's driver for a slow line: it keeps the cells of the screen, and sends those that changed.

Textual sends whole lines, each piece of text with a style of its own and blanks up to the edge, and sends the
first screen several times over. It hands all of that to its driver as text: this one reads that text (public
interface: `App.get_driver_class`, `Driver.write`) and writes what differs. What it does not understand it
passes on as it is, and paints everything anew after it.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

from textual.app import App
from textual.widgets import Input

from dfn_tui.painting.abilities import ANSWERED_IN, ASK_REPEAT, Abilities, erases_in_colour, repeats
from dfn_tui.painting.announcing import notification
from dfn_tui.painting.painter import Painter
from dfn_tui.terminal import WHERE, ConsoleDriver
from dfn_tui.text.glyphs import TO_ASCII

_POINTER = "\x1b]22;"
"""Sets the shape of the mouse's pointer."""
_SOON = 0.1
"""Seconds: after a resize Textual mostly sends everything by itself."""


class ThriftyDriver(ConsoleDriver):
    """Writes the difference between two states of the screen."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._painter = Painter(Abilities(erase_in_colour=erases_in_colour(os.environ)))
        self._ascii = getattr(app, "ascii_glyphs", None)
        """Whether signs are sent as ASCII; None: where the terminal is found to need it."""

    def start_application_mode(self) -> None:
        super().start_application_mode()
        resized = cast("Callable[[int, FrameType | None], object]", signal.getsignal(signal.SIGWINCH))

        def on_resized(number: int, frame: FrameType | None) -> None:
            # To another size and back is no change to Textual, but the terminal lost cells.
            self._forget()
            resized(number, frame)

        signal.signal(signal.SIGWINCH, on_resized)
        self._forget()
        if self.input_tty:
            self._painter.abilities.repeat = False
            # Over before anything is painted, which begins with erasing all.
            self._ask_where(self._note_repeats, ASK_REPEAT.removesuffix(WHERE), ANSWERED_IN)
            self.flush()

    def _note_repeats(self, column: int) -> None:
        self._painter.abilities.repeat = repeats(column)

    def repaint(self) -> None:
        """Sends the whole screen, as it was last written."""
        self._painter.canvas.known = False
        self.write("")

    def glyphs_are_wide(self) -> None:
        if self._ascii is None:
            self._ascii = True
            for screen in self._app.screen_stack[-1:]:
                screen.refresh()

    def announce(self, text: str) -> None:
        """Has the terminal tell `text` outside of its window, where it is known to do that."""
        if sequence := notification(text, os.environ):
            self.write(sequence)

    def _forget(self) -> None:
        """What the terminal shows is not known: all of it is sent with the next update, or soon without one.

        This may run in a signal handler, so nothing is sent from here.
        """
        self._painter.canvas.known = False
        self._loop.call_soon_threadsafe(self._loop.call_later, _SOON, self._repaint_if_unknown)

    def _repaint_if_unknown(self) -> None:
        if not self._painter.canvas.known:
            self.write("")

    def write(self, data: str) -> None:
        if data.startswith(_POINTER):
            return  # moves are not reported: the shape of one click would stay
        if self._ascii:
            data = data.translate(TO_ASCII)
        if sent := self._painter.sent_for(data, *self._app.size, cursor=self._types()):
            super().write(sent)

    def _types(self) -> bool:
        """Whether a field has the focus. Only there the place of the terminal's cursor counts, which is
        hidden: an input method shows at it what is being composed."""
        stack = self._app.screen_stack if self._app.is_running else []
        return bool(stack) and isinstance(stack[-1].focused, Input)
