"""What all screens share: the status line above, the keys below, help, and how errors are told."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from rich.text import Text
from textual import events, getters, on
from textual.app import ComposeResult
from textual.await_remove import AwaitRemove
from textual.reactive import var
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from dfn_tui import paths
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.messages import ErrorRaised, ReviewRequested, ScreenPainted, WritesSettled
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.keys import ALWAYS, bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from dfn_tui.service.connections import Connections
    from dfn_tui.service.context import ConnectionContext
    from dfn_tui.service.records import Progress, UserRecord
    from dfn_tui.service.session import Session


STYLES: list[str | PurePath] = [*paths.style_files()]
"""What every screen but the first needs: to read them all takes a fiftieth of a start."""


REVEAL = key("m", "reveal", N_("Reveal"), "values.reveal", N_("Show or mask personal values"), group=ALWAYS)
"""Bound by the screens that have personal values; `watch_revealed` shows them anew."""


HELP = key("question_mark,f1", "app.help", N_("Help"), "screen.help", N_("This page"))
"""Bound by screens and dialogs. In a field F1 alone does, as a question mark is typed there."""


WIDE = 140
"""Columns from which on a user stands beside the list, and not on a screen of their own."""


SILENCE = 3.0
"""Seconds without a word of the server after which it is said that it is waited for."""


LOOK_EVERY = 5.0
"""Seconds between two looks at whether something was written to the journal that is shown: jobs and other
terminals do so meanwhile."""


class Host(Protocol):
    """What a screen needs of the app it runs in. All else it tells the app by messages."""

    connections: "Connections"


def is_seen(screen: Screen[Any]) -> bool:
    """Whether a screen is the topmost, or dialogs alone lie over it. Textual's `is_current` counts whatever
    lies below the topmost, seen or not."""
    stack = screen.app.screen_stack
    return screen in stack and all(one.is_modal for one in stack[stack.index(screen) + 1 :])


class EmptyScreen(Screen[None]):
    """Textual's own first one, below all of ours: nobody sees it, so it needs no place for what is told."""

    def _extend_compose(self, widgets: list[Widget]) -> None:
        pass


class WorkersEnd(Screen[ScreenResultType]):
    """A screen whose workers end before its widgets go. Textual ends them after that, and an answer that came
    in between would be shown on widgets that are no longer there, which ends the console."""

    passes_keys_on: ClassVar[bool] = False
    """Whether keys that were typed before this was shown are meant for what comes after it."""

    painted_at: float | None = None
    """When this screen was first sent to the terminal, by the clock of messages."""

    shown_at: float | None = None
    """When the terminal showed this screen for the first time, by the clock of messages."""

    def takes_typed_ahead(self) -> bool:
        """Whether it takes keys that were typed before it was shown. Where something is asked that nobody
        may say yes to unread it does not; a withdrawal is never held up."""
        return True

    @on(events.Mount)
    def _tell_when_painted(self) -> None:
        self.call_after_refresh(lambda: self.app.post_message(ScreenPainted(self)))

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
    BINDINGS = bindings(
        key("escape", "back", N_("Back"), "screen.back", N_("Leave this screen")),
        HELP,
    )
    PLACE: ClassVar[str] = ""
    """What the top line calls this screen; empty where it shows that by itself."""

    revealed = var(False, init=False)

    def __init__(self, context: "ConnectionContext | None" = None) -> None:
        """`context` is what the status line names; None where no connection is open."""
        super().__init__()
        self.context = context

    def compose(self) -> ComposeResult:
        yield StatusLine(self.context, self.connections.clock, _(self.PLACE))
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """What stands between the status line and the keys."""
        yield from ()

    def action_reveal(self) -> None:
        """Reveals personal values, or covers them again."""
        self.revealed = not self.revealed

    def say_place(self, *words: str) -> None:
        """Has the top line say these of the screen after its name, the most important first. All inert."""
        self.query_one(StatusLine).say_place(_(self.PLACE), *words)

    def say(self, selector: str, words: str | Text) -> None:
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

    def look_at_writes(self) -> None:
        """Called where a job wrote to users that were looked up. Who shows any of them reads them again."""

    def show_watched(self, records: "Sequence[UserRecord]") -> None:
        """Called where watched users changed, as they were read now, and with nobody where others are
        watched. Who shows any of them shows them so."""

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
    def showing_waits(self, selector: str, leave: str = "") -> Iterator[Callable[["Progress | None"], None]]:
        """Shows in the text there what is waited for: the pauses before further attempts, and the server's
        silence; and how to `leave` it. What it gives is called with each news of the server."""
        began = heard = time.monotonic()
        over = False
        ending = f" · {leave}" if leave else ""

        def news(progress: "Progress | None" = None) -> None:
            nonlocal heard
            heard = time.monotonic()
            if progress is not None and progress.waiting >= 1:
                heard += progress.waiting
                from dfn_tui.service.change_format import pause_words  # noqa: PLC0415  rarely needed

                self.say(selector, pause_words(progress) + ending)

        def look() -> None:
            now = time.monotonic()
            if now - heard >= SILENCE and not over:  # a stopped timer may have called already
                words = _("Waiting for the server, {seconds:.0f} s by now")
                self.say(selector, words.format(seconds=now - began) + ending)

        timer = self.set_interval(1, look)
        try:
            yield news
        finally:
            over = True
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
