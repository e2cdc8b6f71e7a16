"""The list of a look-up, and the user under its cursor beside it where there is room for both."""

import asyncio
from collections.abc import Sequence

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import WIDE
from dfn_tui.screens.lookup.list_panel import ListPanel
from dfn_tui.screens.lookup.messages import EditsStaged, UserChosen, UserHighlighted
from dfn_tui.screens.lookup.spread import Spread, most_staged
from dfn_tui.screens.user.messages import DraftChanged
from dfn_tui.screens.user.panel import UserPanel
from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity

TALL = 42
"""Lines from which on there is room below the user."""


class Workbench(Horizontal):
    """Keeps the two in step. Below `WIDE` columns a user is shown on a screen of their own."""

    list_panel = getters.query_one(ListPanel)
    beside = getters.query_one(UserPanel)
    spread = getters.query_one(Spread)

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._shown_beside: UserRecord | None = None
        self._has_place = False
        self._lost_place: Identity | None = None
        self._making_place = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield ListPanel(self._session, id="list")

    async def on_mount(self) -> None:
        await self.fit()

    async def fit(self) -> None:
        """The user has a place where there is room, and below them how a consent is spread over the list.

        It is made when there is room for the first time: a narrower terminal holds the widgets of a user
        once, on a screen of their own, instead of twice.
        """
        async with self._making_place:
            if not self._has_place and self.app.size.width >= WIDE:
                beside = UserPanel(self._session, id="beside")
                await self.mount(Vertical(beside, Spread(), id="right"))
                self._has_place = True
        if self._has_place:
            self.query_one("#right").display = self.beside.display = self.wide
            self.spread.display = self.app.size.height >= TALL
        self.list_panel.users.scrolls_far = self.wide

    @property
    def wide(self) -> bool:
        """Whether a user is shown beside the list."""
        return self._has_place and self.app.size.width >= WIDE

    @property
    def in_user(self) -> bool:
        """Whether the keys go to the user beside the list."""
        return self._has_place and self.beside.has_focus_within

    async def on_resize(self) -> None:
        """The place is kept: who is open beside the list stays open on a screen of their own."""
        was_there = self.in_user
        await self.fit()
        self._show_beside()
        self.show_spread()
        record = self.list_panel.users.highlighted
        if was_there and not self.wide and record is not None:
            self.list_panel.users.focus()
            self._lost_place = record.identity
        self.keep_place()

    def keep_place(self) -> None:
        """Goes on to the user who lost their place beside the list. What lies over it is answered first: a
        screen on top of a dialog would be given the answer."""
        if self._lost_place is None or self.app.screen is not self.screen:
            return
        identity, self._lost_place = self._lost_place, None
        self.open(identity, self.beside.tab or "consents")

    # What the one tells the other.

    @on(UserHighlighted)
    def _show_beside(self) -> None:
        """The user under the cursor, as read for the list."""
        record = self.list_panel.users.highlighted
        if not self.wide or (record is not None and record is self._shown_beside):
            return
        if record is None:
            self.beside.show_nothing(self.list_panel.users.empty)
        else:
            self.beside.show_record(record, self.list_panel.writes_seen(record.identity))
        self._shown_beside = record

    @on(EditsStaged)
    def _staged_in_list(self) -> None:
        if self.wide:
            self.beside.look_again()
        self.show_spread()

    @on(DraftChanged)
    def _staged_beside(self) -> None:
        self.list_panel.users.refresh()
        self.show_spread()

    def show_spread(self) -> None:
        """How the consent that is staged most often is spread over the list."""
        if not (self.wide and self.spread.display):
            return
        records = self.list_panel.users.rows.found()
        if len(records) < 2:  # of one user the matrix tells it all
            self.spread.words = None
            return
        staged = {one.identity: self._session.staging.consents_of(one.identity) for one in records}
        last = self.spread.words[0] if self.spread.words else None
        flag = most_staged(staged.values(), self._session.capabilities.flags, last)
        self.spread.show(flag, records, staged)

    @on(UserPanel.UserRead)
    def _read_beside(self, event: UserPanel.UserRead) -> None:
        """Who was read again beside the list is as new in it."""
        self._shown_beside = event.record
        self.list_panel.put_again(event.record, event.writes)

    def show_watched(self, records: Sequence[UserRecord]) -> None:
        """Shows these as they were read, and who is watched."""
        if records:
            self.list_panel.put(records, known_alone=True)
        self.list_panel.users.refresh()
        if self.wide:
            self.beside.look_again()

    def look_again(self) -> None:
        """Back from another screen: who was written to meanwhile is read again."""
        if written := self.list_panel.written_to():
            self._read_again(written)
        if self.wide:
            self.beside.look_again()
        self.show_spread()

    def read_all(self) -> None:
        """Reads every user of the list again."""
        self._read_again([*self.list_panel.users.rows.records])

    @work(group="read-again")
    async def _read_again(self, written: list[Identity]) -> None:
        try:
            await self.list_panel.read(written)
        except ConsoleError as error:
            self.list_panel.tell_trouble(error)

    # Going to a user and back.

    @on(UserChosen)
    def _open_chosen(self) -> None:
        if (record := self.list_panel.users.highlighted) is not None:
            self.open(record.identity)

    def open(self, identity: Identity, tab: str = "consents") -> None:
        """Goes to that user: beside the list, or to that `tab` on a screen of their own."""
        if self.wide:
            self.display = True
            self.beside.focus_tab()
        else:
            known = self.list_panel.users.rows.records.get(identity)
            writes = self.list_panel.writes_seen(identity)
            screen = UserScreen(self._session, identity, self.list_panel.next_user, known, writes, tab)
            self.app.push_screen(screen, lambda last: self._back_from(last, screen.tab))

    async def _back_from(self, last: Identity | None, tab: str) -> None:
        """The cursor is on the user who was looked at last; they stay open where there is room by now."""
        if last is not None:
            self.list_panel.users.go_to(last)
            await self.fit()  # the terminal may have grown while the list was not seen
            if self.wide:
                await self.beside.action_tab(tab)
                self.open(last)

    def back(self) -> bool:
        """One step back, from the user to the list or from the filter to all rows, if there is one."""
        if self.in_user:
            self.list_panel.users.focus()
            return True
        return self.list_panel.leave_filter()
