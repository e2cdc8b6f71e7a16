"""What all screens share: the status line above, the keys below, help, and how errors are told."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual import getters
from textual.app import ComposeResult
from textual.await_remove import AwaitRemove
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.screen import Screen, ScreenResultType

from dfn_tui import paths
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.messages import ErrorRaised, ReviewRequested, WritesSettled
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from dfn_tui.service.connections import Connections
    from dfn_tui.service.context import ConnectionContext
    from dfn_tui.service.records import Progress
    from dfn_tui.service.session import Session


STYLES: list[str | PurePath] = [*paths.style_files()]
"""What every screen but the first needs: to read them all takes a fiftieth of a start."""


REVEAL = Binding("m", "reveal", _("Reveal"), id="values.reveal", tooltip=_("Show or mask personal values"))
"""Bound by the screens that have personal values; `watch_revealed` shows them anew."""


SILENCE = 3.0
"""Seconds without a word of the server after which it is said that it is waited for."""


class Host(Protocol):
    """What a screen needs of the app it runs in. All else it tells the app by messages."""

    connections: "Connections"


class WorkersEnd(Screen[ScreenResultType]):
    """A screen whose workers end before its widgets go. Textual ends them after that, and an answer that came
    in between would be shown on widgets that are no longer there, which ends the console."""

    @property
    def connections(self) -> "Connections":
        return cast("Host", self.app).connections

    def remove(self) -> AwaitRemove:
        for node in self.walk_children(with_self=True):
            self.workers.cancel_node(node)
        return super().remove()


class ConsoleScreen(WorkersEnd[ScreenResultType | None]):
    """A whole screen. Subclasses give `body`; `session` is None where no connection is open."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", _("Back"), id="screen.back", tooltip=_("Leave this screen")),
        Binding("f1", "help", _("Help"), id="screen.help", tooltip=_("Show every key of this screen")),
    ]

    revealed = var(False, init=False)

    def __init__(self, context: "ConnectionContext | None" = None) -> None:
        """`context` is what the status line names; None where no connection is open."""
        super().__init__()
        self.context = context

    def compose(self) -> ComposeResult:
        yield StatusLine(self.context, self.connections.clock)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """What stands between the status line and the keys."""
        yield from ()

    def action_reveal(self) -> None:
        """Reveals personal values, or covers them again."""
        self.revealed = not self.revealed

    def say(self, selector: str, words: str) -> None:
        """Shows these words there, or nothing where there are none."""
        self.query_one(selector, PlainText).say(words)

    def tell_written(self, path: Path) -> None:
        """Says where a file is that was written."""
        self.notify(_("Written to {path}.").format(path=sanitize(str(path))), markup=False)

    def action_cancel(self) -> None:
        self.action_back()

    def action_back(self) -> None:
        """Leaves this screen; the first one stays."""
        if len(self.app.screen_stack) > 2:  # Textual's own blank screen lies below the first
            self.dismiss(None)

    def action_help(self) -> None:
        """Shows or hides the panel with every key."""
        if self.query("HelpPanel"):
            self.app.action_hide_help_panel()
        else:
            self.app.action_show_help_panel()


class SessionScreen(ConsoleScreen[ScreenResultType]):
    """A screen on an open connection."""

    status_line = getters.query_one(StatusLine)

    def __init__(self, session: "Session") -> None:
        super().__init__(session.context)
        self._session = session

    @property
    def session(self) -> "Session":
        return self._session

    @property
    def opened(self) -> "Session | None":
        """The session, where it was asked for before."""
        return self._session

    def on_screen_resume(self) -> None:
        """Called besides the handlers of the subclasses, not in their stead."""
        if self.opened is not None:
            self.status_line.look_again()
            self.tell_what_was_settled()

    def tell_what_was_settled(self) -> None:
        """Says, once, how the writes that an earlier run left open were found to have ended."""
        settled, self.session.settled = self.session.settled, []
        if settled:
            self.app.post_message(WritesSettled(settled))

    def tell(self, error: ConsoleError, retry: Callable[[], object] | None = None) -> None:
        """Puts an expected error before the operator. Where a token would help, one can be given at once,
        and `retry` is called with it in place; staged edits stay as they are."""
        self.app.post_message(ErrorRaised(self.session, error, retry))

    @contextmanager
    def showing_waits(self, selector: str) -> Iterator[Callable[["Progress | None"], None]]:
        """Shows in the text there what is waited for: the pauses before further attempts, and the server's
        silence. What it gives is called with each news of the server."""
        began = heard = time.monotonic()

        def news(progress: "Progress | None" = None) -> None:
            nonlocal heard
            heard = time.monotonic()
            if progress is not None and progress.waiting >= 1:
                heard += progress.waiting
                from dfn_tui.service.change_format import pause_words  # noqa: PLC0415  rarely needed

                self.say(selector, pause_words(progress))

        def look() -> None:
            now = time.monotonic()
            if now - heard >= SILENCE:
                words = _("Waiting for the server, {seconds:.0f} s by now")
                self.say(selector, words.format(seconds=now - began))

        timer = self.set_interval(1, look)
        try:
            yield news
        finally:
            timer.stop()

    @contextmanager
    def showing_errors(self, selector: str = "", retry: Callable[[], object] | None = None) -> Iterator[None]:
        """Tells an expected error of its body, and its title where `selector` finds a text."""
        try:
            yield
        except ConsoleError as error:
            if selector:
                self.say(selector, f"! {error.title}")
            self.tell(error, retry)

    def action_review(self, *, in_place: bool = False) -> None:
        """Goes to the review of all that is staged here, over this screen or `in_place` of it."""
        if len(self.session.staging):
            self.app.post_message(ReviewRequested(self.session, in_place))
            return
        self.notify(_("Nothing is staged: there is nothing to review."), markup=False)
        if in_place:
            self.dismiss(None)
