"""The history of a user: what this console's operators changed of them over this connection."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from dfn_tui.screens.history.listing import HistoryList
from dfn_tui.service.records import Filter
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _


class HistoryPane(HistoryList):
    """Reads the journal when it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "receipt", _("Receipt"), id="history.receipt", tooltip=_("What each consent rests on"))
    ]

    def __init__(self, session: Session, identity: Identity, *, id: str) -> None:
        super().__init__(session.journal, session, users=False)
        self.id = id
        self._here = session
        self._identity = identity

    def show(self) -> None:
        """Lists this user's entries as they are in the journal now."""
        wanted = Filter(user=self._identity.value, connection=self._here.connection.name)
        none = _("Nothing was changed of this user from this host over this connection.")
        self.ask(wanted, none)

    def action_receipt(self) -> None:
        """Shows what each consent of this user is and rests on."""
        from dfn_tui.screens.history.receipt import ReceiptScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(ReceiptScreen(self._here, self._identity))
