"""Copying: the text goes to the terminal, and is shown as well, because nobody hears whether it was taken."""

import os
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfn_tui.screens.dialogs import Dialog
from dfn_tui.text import _

if TYPE_CHECKING:
    from textual.app import App


class CopiedDialog(Dialog[None]):
    """The text, over the whole width and without a frame at its sides: what is selected is the text alone."""

    def __init__(self, text: str) -> None:
        super().__init__(_("Sent to the terminal"))
        self._text = text

    def body(self) -> ComposeResult:
        yield Static(_hint(), markup=False, classes="next-step")
        with VerticalScroll(can_focus=True):
            yield Static(self._text, markup=False, id="copied")


def copy(app: "App[Any]", text: str) -> None:
    """Sends `text` to the terminal's clipboard (OSC 52), and shows it."""
    app.copy_to_clipboard(text)
    app.push_screen(CopiedDialog(text))


def _hint() -> str:
    if os.environ.get("TMUX"):
        return _(
            "tmux passes it on only with this setting: set -g set-clipboard on\n"
            "Where it does not arrive, select it here."
        )
    if os.environ.get("STY"):
        return _("GNU screen does not pass it on: select it here.")
    return _("Not every terminal takes it. Where it does not arrive, select it here.")
