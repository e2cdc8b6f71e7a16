"""The snapshot of a connection: what it holds, taking a new one, removing it."""

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.screens.messages import ErrorRaised
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import confirmed_words, exports_words, head_lines, progress_words
from dfn_tui.service.snapshots.snapshots import SnapshotKeyNeeded, SnapshotStatus
from dfn_tui.service.snapshots.taking import TakingProgress
from dfn_tui.service.tokens import TokenNeeded
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import CHANGE, bindings, key
from dfn_tui.widgets.plain_text import PlainText

_SHOWN_EVERY = 0.25
"""Seconds between two looks at how far it is: what is shown costs bytes."""


class SnapshotDialog(Dialog[bool]):
    """Dismissed with True where another snapshot stands, or none, and what is shown has to be read again."""

    BINDINGS = bindings(
        key("ctrl+t", "take", N_("Take"), "snapshot.take", N_("Export everybody now"), group=CHANGE),
        key("ctrl+d", "drop", N_("Remove"), "snapshot.drop", N_("Remove the snapshot"), group=CHANGE),
    )
    AUTO_FOCUS = "#close"

    def __init__(self, session: Session) -> None:
        super().__init__(_("Snapshot of {name}").format(name=sanitize(session.connection.name, 30)))
        self._session = session
        self._status: SnapshotStatus | None = None
        self._taking: Worker[None] | None = None
        self._far: TakingProgress | None = None
        self._changed = False

    def takes_typed_ahead(self) -> bool:
        return False  # a snapshot that nobody has seen may be removed here, and everybody exported

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield PlainText(_("reading…"), id="snapshot-state")
        yield PlainText(_("Whom to export"), classes="next-step")
        yield Field(placeholder=_("everybody, or an audience by its id"), id="audience")
        yield PlainText(id="snapshot-progress")
        yield Buttons(("close", _("Close")), ("drop", _("Remove")), ("take", _("Take one now")))

    def on_mount(self) -> None:
        self.set_interval(_SHOWN_EVERY, self._show_progress)
        self._look()

    @work(exclusive=True, group="status")
    async def _look(self) -> None:
        snapshots = self._session.snapshots
        if snapshots is None:
            return
        try:
            self._status = await snapshots.status()
        except ConsoleError as error:
            self._say_state([error.title, error.happened, error.next_step])
            return
        self._say_state(_status_lines(self._status, self._session))

    def _say_state(self, lines: Sequence[str]) -> None:
        self.query_one("#snapshot-state", PlainText).say("\n".join(lines))

    def _say(self, words: str) -> None:
        self.query_one("#snapshot-progress", PlainText).say(words)

    def action_take(self) -> None:
        """Takes one; the one there is stays until the last row is in it."""
        if self._taking is None or self._taking.is_finished:
            self._far = None
            self._say(_("Asking for an export; esc stops…"))
            self._taking = self._take()

    @work(exclusive=True, group="snapshot")
    async def _take(self) -> None:
        audience = self.query_one("#audience", Field).value.strip() or None
        head = self._status.head if self._status is not None else None
        extras = head.extras if head is not None else ()

        def on_progress(at: TakingProgress) -> None:
            self._far = at

        try:
            taken = await self._session.take_snapshot(audience, extras, on_progress)
        except ConsoleError as error:
            self._far = None
            self._say(f"✗ {error.title}\n{error.happened}\n{error.next_step}")
            asked = isinstance(error, SnapshotKeyNeeded) and error.locked
            if asked or isinstance(error, TokenNeeded):
                self.app.post_message(ErrorRaised(self._session, error, self.action_take))
            return
        finally:
            self._look()
        self._far = None
        self._changed = True
        words = _("Taken. It takes the place of the one of before.")
        self._say(f"{words} {confirmed_words(taken.confirmed) if taken.confirmed else ''}".strip())

    def _show_progress(self) -> None:
        if self._far is not None:
            self._say(_("{words}; esc stops").format(words=progress_words(self._far)))

    @work(exclusive=True, group="drop")
    async def action_drop(self) -> None:
        """Removes it."""
        snapshots = self._session.snapshots
        if snapshots is None:
            return
        try:
            gone = await snapshots.drop()
        except ConsoleError as error:
            self._say(f"✗ {error.title}\n{error.happened}\n{error.next_step}")
            return
        self._changed = self._changed or gone
        self._say(_("Removed.") if gone else _("There is none."))
        self._look()

    def action_close(self) -> None:
        """Stops an export under way; else closes."""
        if self._taking is not None and self._taking.is_running:
            self._taking.cancel()
            self._far = None
            self._say(_("Stopped. The snapshot of before was left as it is."))
        else:
            self.dismiss(self._changed or None)


def _status_lines(status: SnapshotStatus, session: Session) -> list[str]:
    lines: list[str] = []
    if status.head is not None:
        lines += head_lines(status.head, session.clock(), glyphs=True)
    elif status.trouble is not None:
        lines += [status.trouble.title, status.trouble.happened, status.trouble.next_step]
    else:
        lines.append(_("There is none yet: look-ups cannot say what users agreed to."))
    return [*lines, exports_words(status)]
