"""The receipts of users: shown, copied, exported."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import PathDialog, ask, copy
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.export import export
from dfn_tui.service.receipt import make_receipt, make_receipts, receipt_file
from dfn_tui.service.receipt_page import receipt_page
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.lines import in_colours
from dfn_tui.widgets.plain_text import PlainText

SHOWN = 50
"""Users whose receipts are shown: a text of thousands takes seconds to lay out. A copy or a file has all."""


class ReceiptScreen(SessionScreen[None]):
    """Reads the users and the journal anew, and shows what each consent rests on."""

    PLACE = N_("Receipt")
    BINDINGS = bindings(
        key("c", "copy", N_("Copy"), "receipt.copy", N_("Send it to the terminal's clipboard")),
        key("e", "export", N_("Export…"), "receipt.export", N_("Write it to a file")),
        key("p", "page", N_("Page…"), "receipt.page", N_("Write a page to print or to send the person")),
    )

    AUTO_FOCUS = "#what"

    def __init__(self, session: Session, identities: Sequence[Identity]) -> None:
        super().__init__(session)
        self._identities = identities
        self._text = ""

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", classes="panel", can_focus=True) as panel:
            users = len(self._identities)
            if users == 1:
                title = user_title(self._identities[0], self.session.name_of(self._identities[0]))
            else:
                title = Text(_("{users} users").format(users=f"{users:,}"), "bold")
            head = ngettext("Receipt", "Receipts", users)
            words = Text.assemble((head, "bold"), (" · ", "label"), title)
            panel.border_title = in_colours(words, self.app.console)
            reading = ngettext("Reading the user as it is now…", "Reading the users as they are now…", users)
            yield PlainText(reading, id="receipt")

    def on_mount(self) -> None:
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        with self.showing_errors("#receipt", retry=self._read):
            if len(self._identities) == 1:
                receipts = [await make_receipt(self.session, self._identities[0])]
            else:
                receipts = await self._read_all()
            self._text = "\n".join(receipts)
            shown = "\n".join(receipts[:SHOWN])
            if len(receipts) > SHOWN:
                words = _("… and {users} more: a copy and a file have all of them.")
                shown += "\n" + words.format(users=f"{len(receipts) - SHOWN:,}")
            self.say("#receipt", shown)
            self.refresh_bindings()

    async def _read_all(self) -> list[str]:
        receipts: list[str] = []
        total = f"{len(self._identities):,}"
        async for receipt in make_receipts(self.session, self._identities):
            receipts.append(receipt)
            words = _("{done} of {total} read · esc leaves")
            self.say("#receipt", words.format(done=f"{len(receipts):,}", total=total))
        return receipts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to copy or export before it was read. A page is for one person."""
        if action == "page" and len(self._identities) > 1:
            return False
        return action not in ("copy", "export", "page") or bool(self._text)

    def action_copy(self) -> None:
        copy(self.app, self._text)

    def action_export(self) -> None:
        """Asks where to, and writes it there."""

        prompt = _("Write it to this new file, readable only by you:")
        name = f"./{receipt_file(self._identities, self.session.clock())}"
        dialog = PathDialog(
            _("Export the receipt"),
            prompt,
            _("Export"),
            name,
            lambda path: asyncio.to_thread(export, path, lambda file: file.write(self._text)),
        )
        ask(self.app, dialog, self.tell_written)

    def action_page(self) -> None:
        """Asks where to, reads the person anew, and writes them a page that names nobody of ours."""
        prompt = _("A page for the person, without operator, host or notes of ours. New file:")
        name = f"./{receipt_file(self._identities, self.session.clock(), 'html')}"

        async def write(path: str) -> Path:
            text = await make_receipt(self.session, self._identities[0], for_person=True)
            return await asyncio.to_thread(export, path, lambda file: file.write(receipt_page([text])))

        ask(self.app, PathDialog(_("Write the page"), prompt, _("Write"), name, write), self.tell_written)
