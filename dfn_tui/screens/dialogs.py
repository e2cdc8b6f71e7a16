"""Dialogs that more than one screen uses."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import STYLES, BindingCommands
from dfn_tui.text import _, inert
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.key_bar import KeyBar


class Dialog(ModalScreen[ScreenResultType | None]):
    """A framed dialog over the screen. Escape closes it with None, which is always "do nothing"."""

    CSS_PATH = STYLES
    AUTO_FOCUS = "*"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {BindingCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", _("Close"), id="dialog.close", tooltip=_("Close without doing anything")),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = Text(self._title)
            yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """What stands inside the frame."""
        yield from ()

    def action_close(self) -> None:
        self.dismiss(None)


class ErrorDialog(Dialog[str]):
    """An expected error: what happened, what to do next. Dismissed with `"token"` to replace the token."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c", "copy", _("Copy"), id="error.copy", tooltip=_("Send the text to the terminal's clipboard")
        ),
    ]

    def __init__(self, error: ConsoleError, *, offer_token: bool = False) -> None:
        super().__init__(error.title)
        self._error = error
        self._offer_token = offer_token

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(self._error.happened, markup=False)
            yield Static(self._error.next_step, markup=False, classes="next-step")
        token = [("token", _("Replace the token"))] if self._offer_token else []
        yield Buttons(("close", _("Close")), *token)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("token" if event.button.id == "token" else None)

    def action_copy(self) -> None:
        copy(self.app, str(self._error))


class NoticeDialog(Dialog[None]):
    """A text to be read."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def body(self) -> ComposeResult:
        yield Static(self._text, markup=False)
        yield Buttons(("close", _("Close")))

    def on_button_pressed(self) -> None:
        self.dismiss(None)


class CopiedDialog(Dialog[None]):
    """The text, over the whole width and without a frame at its sides: what is selected is the text alone."""

    def __init__(self, text: str) -> None:
        super().__init__(_("Sent to the terminal"))
        self._text = text

    def body(self) -> ComposeResult:
        yield Static(_hint(), markup=False, classes="next-step")
        with VerticalScroll(can_focus=True):
            yield Static(self._text, markup=False, id="copied")


def copy(app: App[Any], text: str) -> None:
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


class TokenDialog(Dialog[str]):
    """Asks for a token; dismissed with it. It is never shown, and never put back on the screen."""

    def __init__(self, connection: str, kind: str, reason: str = "", for_this_run: str = "") -> None:
        """`for_this_run` says why it will be held for this run only; empty: a store is tried first."""
        super().__init__(_("Token for {connection}").format(connection=inert(connection, 30)))
        self._kind = kind
        self._reason = reason
        self._for_this_run = for_this_run

    def body(self) -> ComposeResult:
        if self._reason:
            yield Static(self._reason, markup=False)
        if self._for_this_run:
            words = _(
                "{why} A token kept in one would not be used. Paste the {kind} token for this run only."
            )
            prompt = words.format(why=self._for_this_run, kind=self._kind)
        else:
            words = _(
                "Paste the {kind} token. It goes to the keyring, or is held for this run where there is none."
            )
            prompt = words.format(kind=self._kind)
        yield Static(prompt, markup=False)
        yield Field(password=True, id="token")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value)


class ChoiceDialog(Dialog[str]):
    """One choice of a few, by arrows and Enter; dismissed with the id chosen."""

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._choices = choices

    def body(self) -> ComposeResult:
        yield OptionList(*(Option(Text(name), id=key) for key, name in self._choices), compact=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
