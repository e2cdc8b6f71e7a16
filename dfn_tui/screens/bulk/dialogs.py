"""Dialogs of the screens for many users at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.bulk.drawing import share_bar
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service.bulk.plan.format import reading_words
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.text import _
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from pathlib import Path

PAINT_EVERY = 0.5
"""Seconds between two looks at something that goes on."""

Make = Callable[[Callable[[Reading], None]], Awaitable[str]]


class MakingDialog(Dialog["Path | ConsoleError"]):
    """How far the making of a plan is. Dismissed with the plan's file, or with what went wrong; closing it
    gives the making up, and leaves no file behind."""

    passes_keys_on = True

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
            yield PlainText(self._words)
        yield PlainText(id="bar")
        yield PlainText(reading_words(self._reading), id="reading")
        yield Buttons(("close", _("Give up")))

    def on_mount(self) -> None:
        self.set_interval(PAINT_EVERY, self._paint)
        self._under_way = self._go()

    def _show_progress(self, reading: Reading) -> None:
        self._reading = reading

    def _paint(self) -> None:
        reading, line = self._reading, self.query_one("#bar", PlainText)
        if reading.total:
            line.say(share_bar(100 * reading.read // reading.total, self.query_one("#reading").size.width))
        self.query_one("#reading", PlainText).say(reading_words(reading))

    @work(group="making")
    async def _go(self) -> None:
        try:
            await self._make(self._show_progress)
        except ConsoleError as error:
            self._end(error)
        except asyncio.CancelledError:
            self._end(None)
            raise
        else:
            self._end(self._path)

    def _end(self, result: "Path | ConsoleError | None") -> None:
        self._result = (result,)
        if self.is_active:
            self.dismiss(result)

    def on_screen_resume(self) -> None:
        """What lay over it is gone: only the topmost screen can be dismissed."""
        if self._result is not None:
            self.dismiss(self._result[0])

    def action_close(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()
