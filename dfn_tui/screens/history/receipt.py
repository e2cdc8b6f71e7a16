"""The receipt of one user: shown, copied, exported."""

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Static

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import DeskScreen
from dfn_tui.screens.dialogs import Dialog, copy
from dfn_tui.service import Desk, Identity
from dfn_tui.service.receipt import export_receipt, make_receipt, receipt_file
from dfn_tui.text import _, inert
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field


class ReceiptScreen(DeskScreen[None]):
    """Reads the user and the journal anew, and shows what each consent rests on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", _("Copy"), id="receipt.copy", tooltip=_("Send it to the terminal's clipboard")),
        Binding("e", "export", _("Export…"), id="receipt.export", tooltip=_("Write it to a file")),
    ]

    def __init__(self, desk: Desk, identity: Identity) -> None:
        super().__init__(desk)
        self._identity = identity
        self._text = ""

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", can_focus=True):
            yield Static(_("Reading the user as it is now…"), id="receipt", markup=False)

    def on_mount(self) -> None:
        self.query_one("#what").focus()
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        try:
            self._text = await make_receipt(self.desk, self._identity)
        except ConsoleError as error:
            self.query_one("#receipt", Static).update(f"! {error.title}")
            self.tell(error, retry=self._read)
            return
        self.query_one("#receipt", Static).update(self._text)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to copy or export before it was read."""
        return action not in ("copy", "export") or bool(self._text)

    def action_copy(self) -> None:
        copy(self.app, self._text)

    def action_export(self) -> None:
        """Asks where to, and writes it there."""

        def tell(place: Path | None) -> None:
            if place is not None:
                words = _("Written to {path}.").format(path=inert(str(place)))
                self.notify(words, markup=False)

        name = f"./{receipt_file(self._identity, self.desk.clock())}"
        self.app.push_screen(ExportDialog(self._text, name), tell)


class ExportDialog(Dialog[Path]):
    """Asks for a path; dismissed with the file that was written. No file is ever written over."""

    AUTO_FOCUS = "Field"

    def __init__(self, text: str, path: str) -> None:
        super().__init__(_("Export the receipt"))
        self._text = text
        self._path = path

    def body(self) -> ComposeResult:
        yield Static(_("Write it to this new file, readable only by you:"), markup=False)
        yield Field(self._path, id="path")
        yield Static(classes="refusal", markup=False)
        yield Buttons(("cancel", _("Cancel")), ("export", _("Export")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._export()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "export":
            self._export()
        else:
            self.dismiss(None)

    @work(exclusive=True, group="export")
    async def _export(self) -> None:
        try:
            place = await export_receipt(self.query_one(Field).value, self._text)
        except ConsoleError as error:
            self.query_one(".refusal", Static).update(f"{error.happened} {error.next_step}")
        else:
            self.dismiss(place)
