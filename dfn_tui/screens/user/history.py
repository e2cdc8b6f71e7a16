"""The history of a user: what this console's operators changed of them over this connection."""

from dfn_tui.screens.history.listing import HistoryList
from dfn_tui.service.records import Filter
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _
from dfn_tui.widgets.keys import bindings, key


class HistoryPane(HistoryList):
    """Reads the journal when it is shown."""

    BINDINGS = bindings(key("t", "receipt", _("Receipt"), "history.receipt", _("What each consent rests on")))

    def __init__(self, session: Session, *, id: str) -> None:
        super().__init__(session.journal, session, users=False)
        self.id = id
        self._here = session
        self._identity: Identity | None = None

    def show(self, identity: Identity) -> None:
        """Lists this user's entries as they are in the journal now."""
        if identity != self._identity:
            self.wait(_("reading…"))
        self._identity = identity
        wanted = Filter(user=identity.value, connection=self._here.connection.name)
        none = _("Nothing was changed of this user from this host over this connection.")
        self.ask(wanted, none)

    def wait(self, words: str) -> None:
        """Shows nobody, and what is awaited."""
        self._identity = None
        self.forget()
        self.said_text.say(words)

    def action_receipt(self) -> None:
        """Shows what each consent of this user is and rests on."""
        from dfn_tui.screens.history.receipt import ReceiptScreen  # noqa: PLC0415  not needed for the first paint

        if self._identity is not None:
            self.app.push_screen(ReceiptScreen(self._here, [self._identity]))
