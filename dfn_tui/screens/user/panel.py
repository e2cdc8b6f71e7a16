"""One user in a frame: consents, properties, CI fields and history, and everything staged for them."""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import ContentSwitcher
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.messages import WatchToggled
from dfn_tui.screens.user.consents import ConsentsPane
from dfn_tui.screens.user.format import last_change, state_words, user_title
from dfn_tui.screens.user.pane import DraftChanged
from dfn_tui.service.records import Filter, JournalError, Reply, UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import age_words
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.keys import CHANGE, FIND, KEEP, bindings, key
from dfn_tui.widgets.panel import Panel
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tab_line import TabLine

if TYPE_CHECKING:
    from dfn_tui.screens.user.ci import CiPane
    from dfn_tui.screens.user.history import HistoryPane
    from dfn_tui.screens.user.properties import PropertiesPane

_TABS = {"consents": N_("Consents"), "properties": N_("Properties"), "ci": N_("CI"), "history": N_("History")}

REST = 0.25
"""Seconds that somebody must stay with a user before more of them is read: whoever runs through a list of
thousands asks the server nothing."""


class UserPanel(Panel):
    """Stands on the user's own screen, or beside the list. Nothing here writes: edits are staged.

    It shows what it is given by `show_record`, or reads a user itself by `read`. The CI fields, the history
    and the last change are read by it, each when there is somebody to look at it. A tab but the first is made
    when it is opened: the most part of look-ups is about consents.
    """

    BINDINGS = bindings(
        replace(REVEAL, action="screen.reveal"),
        *(
            key(
                str(number), f"tab('{tab}')", name, f"user.{tab}", N_("Show this tab"), show=False, group=FIND
            )
            for number, (tab, name) in enumerate(_TABS.items(), 1)
        ),
        key(
            "f5,R", "read", N_("Read again"), "user.read", N_("Read this user again"), show=False, group=KEEP
        ),
        key(
            "w",
            "watch",
            N_("Watch"),
            "user.watch",
            N_("Watch this user"),
            show=False,
            group=KEEP,
        ),
        key(
            "X", "drop_all", N_("Drop all edits"), "user.drop", N_("Drop all edits"), show=False, group=CHANGE
        ),
    )

    @dataclass
    class UserRead(Message):
        """The panel read this user itself, whose writes before that were so many."""

        record: UserRecord
        writes: int

    content_switcher = getters.query_one(ContentSwitcher)
    tab_line = getters.query_one(TabLine)
    consents = getters.query_one(ConsentsPane)
    state = getters.query_one("#user-state", PlainText)

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self.identity: Identity | None = None
        """Whom it shows, or reads."""
        self.record: UserRecord | None = None
        """What was read of that user."""
        self._writes = 0
        self._ci_failure: Reply | None = None
        self._resting: Timer | None = None
        self._reading_ci: Worker[None] | None = None
        self.properties: PropertiesPane | None = None
        self.ci: CiPane | None = None
        self.history: HistoryPane | None = None
        self._making_pane = asyncio.Lock()
        self._said = ""
        """What is said in the place of a user."""

    def compose(self) -> ComposeResult:
        capabilities = self._session.capabilities
        yield TabLine([(tab, _(name)) for tab, name in _TABS.items()])
        yield PlainText(id="user-state")
        with ContentSwitcher(initial="consents"):
            yield ConsentsPane(capabilities, self._session.clock, id="consents")

    def on_mount(self) -> None:
        self.watch(self.screen, "revealed", self._show, init=False)
        if not self._session.capabilities.read_by:
            self.set_interval(60, self._show)  # the age of a snapshot is told

    @property
    def _host(self) -> SessionScreen[None]:
        return cast("SessionScreen[None]", self.screen)

    # What is shown.

    def show_record(self, record: UserRecord, writes: int | None = None) -> None:
        """Shows a user as read. `writes` is what `session.writes_to` was when that was read; None: as now."""
        if record.identity != self.identity:
            if self._reading_ci is not None:
                self._reading_ci.cancel()
            self.consents.findings_view.show_last(None)
            if self.history is not None:
                self.history.wait(_("reading…"))
        self._writes = self._session.writes_to(record.identity) if writes is None else writes
        self._ci_failure = record.failure if record.profile is not None else None
        if self._ci_failure is not None:  # the user themselves could be read
            record = replace(record, failure=None)
        self.identity, self.record = record.identity, record
        self._show()
        self._rest()

    def show_nothing(self, words: str) -> None:
        """Shows nobody, and these words."""
        self.identity = self.record = None
        self._wait(words)

    def _wait(self, words: str) -> None:
        self.record, self._said = None, words
        for pane in (self.consents, self.properties, self.ci, self.history):
            if pane is not None:
                pane.wait(words)
        self.say_title(user_title(self.identity, "") if self.identity else Text(_("User")), Text())
        self.say_subtitle("")
        self.state.say("")

    def say_again(self) -> None:
        """Says everything anew: in another language."""
        self._show()
        self._rest()

    @on(DraftChanged)
    def _show(self) -> None:
        if self.record is None:
            return
        draft = self._session.staging.draft(self.record)
        revealed = self._host.revealed
        self.consents.show(draft)
        if self.properties is not None:
            self.properties.show(draft, revealed)
        if self.ci is not None:
            self.ci.show(draft, revealed, awaited=self._ci_awaited(), failure=self._ci_failure)
        edits = len(draft.change().fields)
        words = ngettext("{edits} edit staged", "{edits} edits staged", edits).format(edits=edits)
        right = [Text(words, "strong.staged")] if edits else []
        if (changed := self._session.watched.get(self.record.identity)) is not None:
            right.insert(0, Text(_("◎ watched"), "strong.warn" if changed else "staged"))
        self.say_title(user_title(self.record.identity, self.record.name), Text(" · ", "label").join(right))
        now, view = self._session.clock(), self.record.snapshot
        words = _("read {time}") if self.record.failure is None else _("not read at {time}")
        words = words.format(time=korean_clock(self.record.read_at))
        if view is not None and view.as_of is not None:
            words = age_words(view.as_of, now)
        self.say_subtitle(words)
        stale = self._session.writes_to(self.record.identity) != self._writes
        self.state.say(state_words(self.record, now, stale=stale))

    # What is read.

    def read(self, identity: Identity) -> None:
        """Reads this user and shows them."""
        if identity != self.identity:
            self.identity = identity
            self._wait(_("reading…"))
        self.action_read()

    def look_again(self) -> None:
        """Back from another screen: what was written there is read again, what was dropped there is seen."""
        if self.identity is not None and self._session.writes_to(self.identity) != self._writes:
            self.action_read()
        else:
            self._show()
            self._rest()

    def action_read(self) -> None:
        """Reads the user shown again."""
        if self.identity is not None:
            self._read(self.identity)

    @work(exclusive=True, group="user")
    async def _read(self, identity: Identity) -> None:
        writes = self._session.writes_to(identity)
        with self._host.showing_errors(retry=lambda: self._read(identity)):
            with self._host.showing_waits("#user-state") as news:
                try:
                    read = self._session.open_user if self.tab == "ci" else self._session.read_user
                    record = await read(identity, news)
                except ConsoleError as error:
                    self._say_unread(error)
                    raise
            if record.failure is not None and record.failure.error is not None:
                self._host.tell(record.failure.error, retry=lambda: self._read(identity))
            self._host.status_line.look_again()
            self.show_record(record, writes)
            self.post_message(self.UserRead(record, writes))

    def _rest(self) -> None:
        """Reads what else is to be seen of the user, once somebody stays with them."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST, self._read_more)

    def _read_more(self) -> None:
        """Reads what the tab shows beyond the user's record."""
        if self.record is None or not self.display:
            return
        if self.tab == "ci" and self._ci_awaited():
            if self._reading_ci is None or self._reading_ci.is_finished:
                self._reading_ci = self._read_ci(self.record.identity)
        elif self.history is not None and self.tab == "history":
            self.history.show(self.record.identity)
        elif self.tab == "consents" and self.consents.shows_last_change:
            self._read_last_change(self.record.identity)

    def _ci_awaited(self) -> str:
        """What stands in the place of CI fields that can be read and were not; empty where that is not so."""
        record, readable = self.record, bool(self._session.capabilities.ci_fields)
        unread = record is not None and record.ci is None and record.failure is None
        return _("reading…") if unread and readable and self._ci_failure is None else ""

    @work(exclusive=True, group="more")
    async def _read_ci(self, identity: Identity) -> None:
        with self._host.showing_errors(retry=self._read_more):
            with self._host.showing_waits("#user-state") as news:
                try:
                    found = await self._session.read_ci(identity, news)
                except ConsoleError as error:
                    self._ci_failure = Reply(identity, False, message=error.happened)
                    self._show()
                    raise
            if self.record is None or self.record.identity != identity:
                return
            self._ci_failure = found.failure
            self.record = replace(self.record, ci=found.ci, ci_unreadable=found.ci_unreadable)
            self._show()
            if found.failure is not None and found.failure.error is not None:
                self._host.tell(found.failure.error, retry=self.action_read)

    @work(exclusive=True, group="more")
    async def _read_last_change(self, identity: Identity) -> None:
        wanted = Filter(user=identity.value, connection=self._session.connection.name)
        try:
            found = await self._session.journal.find(wanted, limit=1)
        except JournalError:
            return  # the history says why; here is no room for it
        if identity == self.identity and found:
            self.consents.findings_view.show_last(last_change(found[0], self._session.clock()))

    def on_resize(self) -> None:
        self._rest()

    # What the operator asks for.

    @property
    def tab(self) -> str | None:
        """The tab that is open."""
        return self.content_switcher.current

    @on(TabLine.Chosen)
    async def _open_tab(self, event: TabLine.Chosen) -> None:
        await self.action_tab(event.tab)

    async def action_tab(self, tab: str) -> None:
        """Opens that tab, and focuses what can be edited there."""
        async with self._making_pane:
            if not self.content_switcher.query(f"#{tab}"):
                await self._make_pane(tab)
        self.tab_line.active = self.content_switcher.current = tab
        self._read_more()
        self.focus_tab()

    def focus_tab(self) -> None:
        """Focuses what can be edited in the tab that is open."""
        shown = self.content_switcher.get_child_by_id(self.tab or "consents")
        next(widget for widget in shown.walk_children(Widget) if widget.focusable).focus()

    async def _make_pane(self, tab: str) -> None:
        """Makes the pane of a tab that is opened for the first time."""
        switcher, capabilities = self.content_switcher, self._session.capabilities
        if tab == "properties":
            from dfn_tui.screens.user.properties import PropertiesPane  # noqa: PLC0415  where it is asked for

            await switcher.add_content(properties := PropertiesPane(capabilities, id=tab))
            self.properties = properties
        elif tab == "ci":
            from dfn_tui.screens.user.ci import CiPane  # noqa: PLC0415  as above

            await switcher.add_content(ci := CiPane(capabilities, id=tab))
            self.ci = ci
        else:
            from dfn_tui.screens.user.history import HistoryPane  # noqa: PLC0415  as above

            await switcher.add_content(history := HistoryPane(self._session, id=tab))
            self.history = history
        if self.record is None:
            self._wait(self._said)
        else:
            self._show()

    def action_watch(self) -> None:
        """Watches the user shown, or lets go of them."""
        if self.record is not None and self.record.failure is None:
            self.app.post_message(WatchToggled(self._session, [self.record]))

    def action_drop_all(self) -> None:
        """Drops every staged edit of this user, once that was said twice: they may be many."""
        identity = self.identity
        if identity is None:
            return

        def drop(answer: str) -> None:
            if answer == "drop":
                self._session.staging.drop(identity)
                self.post_message(DraftChanged())

        choices = [("keep", _("Keep them")), ("drop", _("Drop them all"))]
        ask(self.app, ChoiceDialog(_("Drop all edits of this user?"), choices), drop)

    def _say_unread(self, error: ConsoleError) -> None:
        if self.record is None:
            self._wait(_("not read"))
        self.state.say(Text(f"✗ {error.title}", "strong.danger"))
