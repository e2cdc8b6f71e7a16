"""Textual's driver for a slow line: it keeps the cells of the screen, and sends those that changed.

Textual sends whole lines, each piece of text with a style of its own and blanks up to the edge, and sends the
first screen several times over. It hands all of that to its driver as text: this one reads that text (public
interface: `App.get_driver_class`, `Driver.write`) and writes what differs. What it does not understand it
passes on as it is, and paints everything anew after it.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

from textual.app import App

from dfn_tui.painting.painter import Painter
from dfn_tui.terminal import ConsoleDriver

_SOON = 0.1
"""Seconds: after a resize Textual mostly sends everything by itself."""


class ThriftyDriver(ConsoleDriver):
    """Writes the difference between two states of the screen."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._painter = Painter()

    def start_application_mode(self) -> None:
        super().start_application_mode()
        resized = cast("Callable[[int, FrameType | None], object]", signal.getsignal(signal.SIGWINCH))

        def on_resized(number: int, frame: FrameType | None) -> None:
            # To another size and back is no change to Textual, but the terminal lost cells.
            self._forget()
            resized(number, frame)

        signal.signal(signal.SIGWINCH, on_resized)
        self._forget()

    def repaint(self) -> None:
        """Sends the whole screen, as it was last written."""
        self._painter.canvas.known = False
        self.write("")

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
        if sent := self._painter.sent_for(data, *self._app.size):
            super().write(sent)
