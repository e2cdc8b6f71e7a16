"""One user on a screen of their own, where there is no room for them beside the list."""

from collections.abc import Callable, Sequence

from textual import getters, on
from textual.app import ComposeResult

from dfn_tui.screens.base import WIDE, SessionScreen
from dfn_tui.screens.staged import staged_words
from dfn_tui.screens.user.pane import DraftChanged
from dfn_tui.screens.user.panel import UserPanel
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.staged_bar import StagedBar

NextUser = Callable[[Identity], UserRecord | None]
"""Gives the user of a list who follows that one, as read for the list."""


class UserScreen(SessionScreen[Identity]):
    """Reads the user, and has the panel show them. Dismissed with who was shown last."""

    PLACE = N_("User")
    BINDINGS = bindings(
        key(
            "r",
            "review",
            N_("Review"),
            "user.review",
            N_("See everything staged before it is sent"),
            show=False,
        ),
        key("n", "next", N_("Next user"), "user.next", N_("The next user of the list")),
    )

    panel = getters.query_one(UserPanel)
    staged_bar = getters.query_one(StagedBar)

    def __init__(
        self,
        session: Session,
        identity: Identity,
        next_user: NextUser | None = None,
        known: UserRecord | None = None,
        writes: int | None = None,
        tab: str = "consents",
    ) -> None:
        """`next_user` is asked for whom to show next, where this one is of a list. `known` is what was read
        of them when there were so many `writes` to them, and is shown at once; else they are read."""
        super().__init__(session)
        self._identity = identity
        self._next_user = next_user
        self._known = known
        self._writes = writes
        self.tab = tab
        """The tab to open first, and then the one that was open last."""

    def body(self) -> ComposeResult:
        yield UserPanel(self.session)
        yield StagedBar(id="staged")
        yield PlainText(_("Nothing staged."), id="unstaged")

    async def on_mount(self) -> None:
        self.query_one(ConsentMatrix).focus()
        if self._known is not None and self._known.failure is None:
            self.panel.show_record(self._known, self._writes)
        else:
            self.panel.read(self._identity)
        self._say_staged()
        if self.tab != "consents":
            await self.panel.action_tab(self.tab)

    def on_screen_resume(self) -> None:
        """Back from the review, or from wherever else something may have been written or dropped."""
        self.panel.look_again()
        self._say_staged()
        self.on_resize()  # what lay over it while it was made wider has ended

    def show_watched(self, records: Sequence[UserRecord]) -> None:
        for record in records:
            if record.identity == self.panel.identity:
                self.panel.show_record(record)
        self.panel.look_again()

    def look_at_writes(self) -> None:
        self.panel.look_again()

    def say_again(self) -> None:
        """Says everything anew: in another language."""
        self._say_staged()

    @on(DraftChanged)
    @on(UserPanel.UserRead)
    def _say_staged(self) -> None:
        """Tells how much is staged, and what of it here."""
        changes = self.session.staging.changes()
        here = sum(len(change.fields) for change in changes if change.identity == self.panel.identity)
        self.staged_bar.words = staged_words(changes, here)
        self.query_one("#unstaged").display = not changes

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "next" or self._next_user is not None

    @property
    def idle(self) -> tuple[str, ...]:
        """Behind the last user of the list there is none."""
        return (
            () if self._next_user is not None and self._next_user(self._identity) is not None else ("next",)
        )

    def on_resize(self) -> None:
        """Where there is room beside the list, that is the place for a user of the list. What lies over
        this screen is answered first: leaving from below it would take it away unasked."""
        if self._next_user is not None and self.size.width >= WIDE and self.app.screen is self:
            self.action_back()

    def action_back(self) -> None:
        self.tab = self.panel.tab or "consents"
        self.dismiss(self._identity)

    def action_next(self) -> None:
        """Shows the next user of the list."""
        here = self.panel.identity
        record = self._next_user(here) if self._next_user and here else None
        if record is None:
            self.notify(_("This is the last user of the list."), markup=False)
            return
        self._identity = record.identity
        self.panel.show_record(record)
        self._say_staged()
        self.refresh_bindings()
