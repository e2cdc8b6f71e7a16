"""Dialogs of the screens for many users at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.text import _
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field

if TYPE_CHECKING:
    from pathlib import Path

PAINT_EVERY = 0.5
"""Seconds between two looks at something that goes on."""

Make = Callable[[Callable[[Reading], None]], Awaitable[str]]


class MakingDialog(Dialog["Path | ConsoleError"]):
    """How far the making of a plan is. Dismissed with the plan's file, or with what went wrong; closing it
    gives the making up, and leaves no file behind."""

    def __init__(self, make: Make, path: "Path", words: str = "") -> None:
        """`words` say what was recognised of the input."""
        super().__init__(_("Making the plan: nothing is sent"))
        self._make = make
        self._path = path
        self._words = words
        self._reading = Reading()
        self._under_way: Worker[None] | None = None
        self._result: tuple[Path | ConsoleError | None] | None = None

    def body(self) -> ComposeResult:
        if self._words:
            yield Static(self._words, markup=False)
        yield Static(_reading_words(self._reading), id="reading", markup=False)
        yield Buttons(("give-up", _("Give up")))

    def on_mount(self) -> None:
        self.set_interval(PAINT_EVERY, self._paint)
        self._under_way = self._go()

    def _told(self, reading: Reading) -> None:
        self._reading = reading

    def _paint(self) -> None:
        self.query_one("#reading", Static).update(_reading_words(self._reading))

    @work(group="making")
    async def _go(self) -> None:
        try:
            await self._make(self._told)
        except ConsoleError as error:
            self._end(error)
        except asyncio.CancelledError:
            self._end(None)
            raise
        else:
            self._end(self._path)

    def _end(self, result: "Path | ConsoleError | None") -> None:
        self._result = (result,)
        if self.is_current:
            self.dismiss(result)

    def on_screen_resume(self) -> None:
        """What lay over it is gone: only the topmost screen can be dismissed."""
        if self._result is not None:
            self.dismiss(self._result[0])

    def on_button_pressed(self) -> None:
        self.action_close()

    def action_close(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()


def _reading_words(reading: Reading) -> str:
    if reading.total is None:
        return _("{rows} rows taken in").format(rows=f"{reading.taken:,}")
    return _("{read} of {total} users read").format(read=f"{reading.read:,}", total=f"{reading.total:,}")


class PathDialog(Dialog[str]):
    """Asks for a file's path; dismissed with it."""

    AUTO_FOCUS = "Field"

    def __init__(self, title: str, prompt: str, button: str, path: str = "") -> None:
        super().__init__(title)
        self._prompt = prompt
        self._button = button
        self._path = path

    def body(self) -> ComposeResult:
        yield Static(self._prompt, markup=False)
        yield Field(self._path, id="path")
        yield Buttons(("cancel", _("Cancel")), ("take", self._button))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self._take()
        else:
            self.dismiss(None)

    def _take(self) -> None:
        path = self.query_one(Field).value.strip()
        if path:
            self.dismiss(path)


class TextDialog(Dialog[None]):
    """A text of any length, to be scrolled through."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=True):
            yield Static(self._text, markup=False)
