"""The lock: after some minutes without a key, what is on the screen is covered and the tokens are dropped."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.screen import Screen, ScreenResultType

from dfn_tui.screens.base import ConsoleScreen, WorkersEnd
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.text import N_, _, ngettext
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.palette import TERMINAL
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from dfn_tui.service.connections import Connections
    from dfn_tui.service.context import ConnectionContext

_DROPPING = "lock"


class LockScreen(WorkersEnd[None]):
    """Covers every screen: it shows where the console is, and how to unlock it."""

    BINDINGS = bindings(key("enter", "app.unlock", N_("Unlock"), "lock.unlock", N_("Go on where you were")))

    def __init__(self, context: "ConnectionContext | None") -> None:
        super().__init__()
        self._connection_context = context

    def compose(self) -> ComposeResult:
        minutes = self.connections.lock_after
        idle = ngettext(
            "No key was pressed for {minutes} minute.", "No key was pressed for {minutes} minutes.", minutes
        )
        yield StatusLine(self._connection_context, self.connections.clock)
        with Vertical(id="locked"):
            yield PlainText(_("Locked"), classes="heading")
            yield PlainText(idle.format(minutes=minutes))
            yield PlainText(
                _(
                    "Staged edits are kept, and what is being written is finished. Tokens were dropped from "
                    "memory: each is looked for again, and one that was held in memory only is asked for."
                )
            )
            yield PlainText(_("Press Enter to unlock."), classes="heading")
        yield KeyBar()


class LockingApp(ThemedApp):
    """Locks after `connections.lock_after` minutes without a key, by the seconds of `monotonic`.

    Nothing reaches the terminal for it until then. While it is locked, screens that workers open or close
    wait beneath the cover until it is gone.
    """

    def __init__(
        self,
        connections: "Connections",
        css: Sequence[Path],
        monotonic: Callable[[], float] = time.monotonic,
        theme: str = TERMINAL,
    ) -> None:
        super().__init__(css, theme)
        self.connections = connections
        self._monotonic = monotonic
        self._last_key = monotonic()
        self._open = asyncio.Event()
        self._open.set()
        self._waiting: list[Callable[[], object]] = []

    @property
    def locked(self) -> bool:
        return not self._open.is_set()

    @property
    def context(self) -> "ConnectionContext | None":
        """What the screen shown is on, or the one below a dialog."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]
        return screens[-1].context if screens else None

    def on_mount(self) -> None:
        self.look_whether_idle()

    def _left(self) -> float:
        """Seconds until the lock, if no key is pressed before."""
        return self.connections.lock_after * 60 - (self._monotonic() - self._last_key)

    def look_whether_idle(self) -> None:
        """Locks, or looks again when it may be time."""
        # One timer that looks when the last key was pressed, not a new one for each key.
        if not self.connections.lock_after or self.locked:
            return
        if (left := self._left()) > 0:
            self.set_timer(left, self.look_whether_idle)
        else:
            self.lock()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and not self.locked:
            if self.connections.lock_after and self._left() <= 0:
                # The program was stopped meanwhile: this key may be that of somebody else.
                self.lock()
                return
            self._last_key = self._monotonic()
        await super().on_event(event)

    def mask(self) -> None:
        """Masks what was revealed, on every screen."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.revealed = False

    def lock(self) -> None:
        """Covers the screens, masks what was revealed, and drops the tokens from memory."""
        if self.locked:
            return
        self.mask()
        for shown in self.screen_stack:
            for field in shown.query(Field):
                if field.password:  # half a token
                    field.value = ""
        self.push_screen(LockScreen(self.context))
        self._open.clear()
        self.run_worker(self.connections.lock(), group=_DROPPING, exit_on_error=True)

    def action_unlock(self) -> None:
        """Takes the cover away. A token is looked for when it is needed next."""
        if not self.locked:
            return
        # A session that was busy all the while keeps its token: the operator is back.
        self.workers.cancel_group(self, _DROPPING)
        self._last_key = self._monotonic()
        self._open.set()
        self.pop_screen()
        waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on()
        self.look_whether_idle()

    def _later(self, go_on: Callable[[], object]) -> AwaitComplete:
        # In the context of the caller: Textual hands a screen's result to whoever opened it.
        self._waiting.append(partial(copy_context().run, go_on))
        return AwaitComplete()

    def push_screen(self, *args: Any, **options: Any) -> Any:
        push = partial(super().push_screen, *args, **options)
        return self._later(push) if self.locked else push()

    async def push_screen_wait(  # type: ignore[override]  # no screen here goes by a name
        self, screen: Screen[ScreenResultType], *, mode: str | None = None
    ) -> ScreenResultType:
        await self._open.wait()
        return await super().push_screen_wait(screen, mode=mode)

    def switch_screen(self, screen: Screen[Any] | str) -> AwaitComplete:
        switch = partial(super().switch_screen, screen)
        return self._later(switch) if self.locked else switch()

    def pop_screen(self) -> AwaitComplete:
        pop = super().pop_screen
        return self._later(pop) if self.locked else pop()
