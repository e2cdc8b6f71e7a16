"""How keys and clicks reach the screens: in the order they were meant, and none that comes too early."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from textual import events, on
from textual.screen import Screen

from dfn_tui.keyboard.messages import AllShown, Packet
from dfn_tui.screens.base import WorkersEnd
from dfn_tui.screens.guide import GuidedApp
from dfn_tui.screens.messages import NothingThere, ScreenPainted
from dfn_tui.screens.typed_ahead import Typed, TypedAhead
from dfn_tui.text import _

if TYPE_CHECKING:
    from dfn_tui.screens.commands import Command
    from dfn_tui.service.connections import Connections


class MouseDriver(Protocol):
    """What is asked of a driver that can do without the mouse, and can ask the terminal."""

    answers: bool

    @property
    def mouse(self) -> bool: ...
    def use_mouse(self, on: bool) -> None: ...
    def ask_whether_shown(self) -> bool: ...


class TypingApp(GuidedApp):
    """Keeps keys that come too early until what they are meant for is there, or drops them with a word."""

    def __init__(
        self, connections: "Connections", css: Sequence[Path], monotonic: Callable[[], float], theme: str
    ) -> None:
        super().__init__(connections, css, monotonic, theme)
        self.typed_ahead = TypedAhead(self, self.hand_on, self.ask_whether_shown)
        self._to_be_shown: list[WorkersEnd[Any]] = []

    @property
    def _asking_driver(self) -> MouseDriver | None:
        """The driver, where it is one of ours."""
        return cast("MouseDriver", self._driver) if hasattr(self._driver, "use_mouse") else None

    async def on_event(self, event: events.Event) -> None:
        if event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, events.Key | events.Paste):
            await self.typed_ahead.take(event)
        elif not (isinstance(event, events.MouseEvent) and self._comes_too_early(event)):
            await super().on_event(event)

    def _comes_too_early(self, event: events.MouseEvent) -> bool:
        """Or too late: a console that is closing has no screen, and Textual asks for it."""
        return not self.screen_stack or self.typed_ahead.is_early(event)

    @on(Packet)
    async def _take_packet(self, packet: Packet) -> None:
        await self.typed_ahead.take(*packet.typed)

    def lock(self) -> None:
        """Covers the screens; what was typed for them and not taken yet is dropped."""
        self.typed_ahead.drop()
        super().lock()

    async def hand_on(self, event: Typed) -> None:
        """Gives a key or a paste to what has the focus."""
        if self.screen_stack:  # a console that is closing has none
            await super().on_event(event)

    @on(NothingThere)
    def _drop_keys(self) -> None:
        self.typed_ahead.drop()

    # When a screen can be seen.

    @on(ScreenPainted)
    def _note_painted(self, event: ScreenPainted) -> None:
        """What asks a question counts as shown when the terminal says so: on a slow line that is later."""
        screen = event.painted
        if not isinstance(screen, WorkersEnd) or screen.shown_at is not None:
            return
        screen.painted_at = event.time
        if screen.takes_typed_ahead() or self.ask_whether_shown(screen) is None:
            screen.shown_at = event.time

    def ask_whether_shown(self, screen: WorkersEnd[Any]) -> bool | None:
        """Asks the terminal whether it has shown this. Gives whether it has answered such a question before;
        None where it is not asked. An answer that is lost makes the later ones count late, never early."""
        driver = self._asking_driver
        if driver is None or not driver.ask_whether_shown():
            return None
        self._to_be_shown.append(screen)
        return driver.answers

    @on(AllShown)
    def _note_shown(self, event: AllShown) -> None:
        if self._to_be_shown:
            screen = self._to_be_shown.pop(0)
            screen.shown_at = screen.shown_at or event.time

    # The mouse.

    def _commands(self, screen: Screen[Any]) -> "Iterator[Command]":
        from dfn_tui.screens.commands import Command  # noqa: PLC0415  not for the first paint

        yield from super()._commands(screen)
        driver = self._asking_driver
        if driver is not None:
            name = _("Mouse: off") if driver.mouse else _("Mouse: on")
            yield Command(name, self.action_mouse, _("Clicks and the wheel, for this run"))

    def action_mouse(self) -> None:
        """Takes the mouse, or leaves it to the terminal, which then selects text with it."""
        if (driver := self._asking_driver) is not None:
            driver.use_mouse(not driver.mouse)
            on = _("The mouse is on: what is clicked has the cursor. Select text with Shift held.")
            self.notify(on if driver.mouse else _("The mouse is off."), markup=False)
