"""The receipt of one user: shown, copied, exported."""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import PathDialog, ask, copy
from dfn_tui.service.export import export
from dfn_tui.service.receipt import make_receipt, receipt_file
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _
from dfn_tui.widgets.plain_text import PlainText


class ReceiptScreen(SessionScreen[None]):
    """Reads the user and the journal anew, and shows what each consent rests on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", _("Copy"), id="receipt.copy", tooltip=_("Send it to the terminal's clipboard")),
        Binding("e", "export", _("Export…"), id="receipt.export", tooltip=_("Write it to a file")),
    ]

    AUTO_FOCUS = "#what"

    def __init__(self, session: Session, identity: Identity) -> None:
        super().__init__(session)
        self._identity = identity
        self._text = ""

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(_("Reading the user as it is now…"), id="receipt")

    def on_mount(self) -> None:
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        with self.showing_errors("#receipt", retry=self._read):
            self._text = await make_receipt(self.session, self._identity)
            self.say("#receipt", self._text)
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to copy or export before it was read."""
        return action not in ("copy", "export") or bool(self._text)

    def action_copy(self) -> None:
        copy(self.app, self._text)

    def action_export(self) -> None:
        """Asks where to, and writes it there."""

        prompt = _("Write it to this new file, readable only by you:")
        name = f"./{receipt_file(self._identity, self.session.clock())}"
        dialog = PathDialog(
            _("Export the receipt"),
            prompt,
            _("Export"),
            name,
            lambda path: asyncio.to_thread(export, path, lambda file: file.write(self._text)),
        )
        ask(self.app, dialog, self.tell_written)
