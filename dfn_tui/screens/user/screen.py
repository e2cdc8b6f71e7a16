"""One user: consents, properties, CI fields and history, and everything staged for them."""

from typing import ClassVar

from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.user.ci import CiPane
from dfn_tui.screens.user.consents import ConsentsPane
from dfn_tui.screens.user.history import HistoryPane
from dfn_tui.screens.user.pane import DraftChanged, ValuePane
from dfn_tui.screens.user.properties import PropertiesPane
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.plain_text import PlainText

_PANES = {"consents": _("Consents"), "properties": _("Properties"), "ci": _("CI"), "history": _("History")}


class UserScreen(SessionScreen[None]):
    """Reads the user anew when opened. Nothing here writes: edits are staged, and reviewed elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "review", _("Review"), id="user.review", tooltip=_("See everything staged before it is sent")
        ),
        REVEAL,
        *(
            Binding(
                str(number), f"tab('{pane}')", name, id=f"user.{pane}", show=False, tooltip=_("Show this tab")
            )
            for number, (pane, name) in enumerate(_PANES.items(), 1)
        ),
        Binding("f5", "read", _("Read again"), show=False, id="user.read", tooltip=_("Read this user again")),
        Binding(
            "X",
            "drop_all",
            _("Drop all edits"),
            show=False,
            id="user.drop",
            tooltip=_("Drop this user's edits"),
        ),
    ]

    content_switcher = getters.query_one(ContentSwitcher)

    def __init__(self, session: Session, identity: Identity) -> None:
        super().__init__(session)
        self._identity = identity
        self._record: UserRecord | None = None
        self._writes_seen = 0

    def body(self) -> ComposeResult:
        yield PlainText(self._title(), id="who")
        yield PlainText(_tabs("consents"), id="tabs")
        with ContentSwitcher(initial="consents"):
            yield ConsentsPane(self.session.capabilities, self.session.clock, id="consents")
            yield PropertiesPane(self.session.capabilities, id="properties")
            yield CiPane(self.session.capabilities, id="ci")
            yield HistoryPane(self.session, self._identity, id="history")
        yield PlainText(id="staged")

    def on_mount(self) -> None:
        self.query_one(ConsentMatrix).focus()
        self.action_read()

    def on_screen_resume(self) -> None:
        """Back from the review: what was written there is read again, what was dropped there shows here."""
        if self.session.writes_to(self._identity) != self._writes_seen:
            self.action_read()
        else:
            self._show()
        self._show_history()

    @work(exclusive=True, group="read")
    async def action_read(self) -> None:
        writes = self.session.writes_to(self._identity)
        with self.showing_errors(retry=self.action_read):
            with self.showing_waits("#staged") as news:
                try:
                    record = await self.session.open_user(self._identity, news)
                except ConsoleError:
                    self.query_one("#staged", PlainText).update(self._staged())
                    raise
            if record.failure is not None and record.failure.error is not None:
                self.tell(record.failure.error, retry=self.action_read)
            self._record = record
            self._writes_seen = writes
            self.status_line.look_again()
            self._show()
            self._show_history()

    def _show_history(self) -> None:
        """The journal is read only for who looks at it."""
        if self.content_switcher.current == "history":
            self.query_one(HistoryPane).show()

    @on(DraftChanged)
    def _show(self) -> None:
        if self._record is None:
            return
        draft = self.session.staging.draft(self._record)
        self.query_one(ConsentsPane).show(draft)
        for pane in self.query(ValuePane):
            pane.show(draft, self.revealed)
        self.query_one("#who", PlainText).update(self._title())
        self.query_one("#staged", PlainText).update(self._staged())

    def _title(self) -> Text:
        text = Text.assemble((f"{self._identity.kind} ", "dim"))
        text.append(sanitize(self._identity.value, 60), "bold")
        record = self._record
        if record is None:
            text.append("  " + _("reading…"))
        elif record.failure is not None:
            message = record.failure.message or _("not read")
            text.append("  ! " + sanitize(message, 60), "bold red")
        elif record.unknown_to_server:
            text.append("  ! " + _("unknown to the server: writing would create it"), "bold yellow")
        elif record.profile is None:
            text.append("  " + _("not readable: nothing that is sent is verified"), "yellow")
        return text

    def _staged(self) -> Text:
        users = len(self.session.staging)
        if not users:
            return Text(_("Nothing staged."), "dim")
        edits = sum(len(change.fields) for change in self.session.staging.changes())
        words = ngettext("{edits} edit staged, r reviews it", "{edits} edits staged, r reviews them", edits)
        return Text(words.format(edits=edits), "bold")

    def action_tab(self, pane: str) -> None:
        """Shows that tab, and focuses what can be edited there."""
        self.query_one("#tabs", PlainText).update(_tabs(pane))
        self.content_switcher.current = pane
        self._show_history()
        shown = self.query_one(f"#{pane}")
        next(widget for widget in shown.walk_children(Widget) if widget.focusable).focus()

    def watch_revealed(self) -> None:
        self._show()

    def action_drop_all(self) -> None:
        """Drops every staged edit of this user, once that was said twice: they may be many."""

        def drop(answer: str) -> None:
            if answer == "drop":
                self.session.staging.drop(self._identity)
                self._show()

        choices = [("keep", _("Keep them")), ("drop", _("Drop them all"))]
        ask(self.app, ChoiceDialog(_("Drop all edits of this user?"), choices), drop)


def _tabs(active: str) -> Text:
    """The tabs by name and key; the active one stands in brackets, so that it shows without colour."""
    text = Text(no_wrap=True)
    for number, (pane, name) in enumerate(_PANES.items(), 1):
        chosen = pane == active
        text.append(f"[{number} {name}]" if chosen else f" {number} {name} ", "bold" if chosen else "")
        text.append(" ")
    return text
