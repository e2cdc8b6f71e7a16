"""Dialogs that more than one screen uses."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import HELP, STYLES, WorkersEnd
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText

Answer = TypeVar("Answer")


class Dialog(WorkersEnd[ScreenResultType | None], ModalScreen[ScreenResultType | None]):
    """A framed dialog over the screen. Escape closes it with None, which is always "do nothing"."""

    CSS_PATH = STYLES
    AUTO_FOCUS = "*"
    BINDINGS = bindings(
        key("escape", "close", N_("Close"), "dialog.close", N_("Close without doing anything")), HELP
    )

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title  # for the help
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

    def action_cancel(self) -> None:
        self.dismiss(None)


def ask(app: App[Any], dialog: Dialog[Answer], then: Callable[[Answer], object]) -> None:
    """Shows it, and calls `then` with what it is dismissed with, unless that is None."""

    def answered(answer: Answer | None) -> None:
        if answer is not None:
            then(answer)

    app.push_screen(dialog, answered)


class Unexpected(Dialog[ScreenResultType]):
    """One that nobody asked for, or that is to be read before anything else: keys typed before it was shown
    were meant for something else."""

    def takes_typed_ahead(self) -> bool:
        return False


class ErrorDialog(Unexpected[str]):
    """An expected error: what happened, what to do next. Dismissed with `"token"` to replace the token."""

    BINDINGS = bindings(
        key("c", "copy", N_("Copy"), "error.copy", N_("Send the text to the terminal's clipboard"))
    )

    def __init__(self, error: ConsoleError, *, offer_token: bool = False) -> None:
        super().__init__(error.title)
        self.add_class("-grave")
        self._error = error
        self._offer_token = offer_token

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield PlainText(self._error.happened)
            yield PlainText(self._error.next_step, classes="next-step")
        token = [("token", _("Replace the token"))] if self._offer_token else []
        yield Buttons(("close", _("Close")), *token)

    def action_copy(self) -> None:
        copy(self.app, str(self._error))


class NoticeDialog(Unexpected[None]):
    """A text to be read."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def body(self) -> ComposeResult:
        yield PlainText(self._text)
        yield Buttons(("close", _("Close")))


class TextDialog(Dialog[None]):
    """A text of any length, to be scrolled through. `hint` stands above it."""

    def __init__(self, title: str, text: str, hint: str = "") -> None:
        super().__init__(title)
        self._text = text
        self._hint = hint

    def body(self) -> ComposeResult:
        if self._hint:
            yield PlainText(self._hint, classes="next-step")
        with VerticalScroll(can_focus=True):
            yield PlainText(self._text)


class CopiedDialog(TextDialog):
    """The text, over the whole width and without a frame at its sides: what is selected is the text alone."""


def copy(app: App[Any], text: str) -> None:
    """Sends `text` to the terminal's clipboard (OSC 52), and shows it."""
    app.copy_to_clipboard(text)
    app.push_screen(CopiedDialog(_("Sent to the terminal"), text, _hint()))


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

    enter_does = N_("Use it")

    def __init__(
        self, connection: str, kind: str, reason: str = "", for_this_run: str = "", address: str = ""
    ) -> None:
        """It goes to `address`. `for_this_run` says why it will be held for this run only; empty: a store is
        tried first."""
        super().__init__(_("Token for {connection}").format(connection=sanitize(connection, 30)))
        self._kind = kind
        self._reason = reason
        self._for_this_run = for_this_run
        self._address = address

    def takes_typed_ahead(self) -> bool:
        return not self._reason  # else it came of itself

    def body(self) -> ComposeResult:
        if self._reason:
            yield PlainText(self._reason)
        if self._address:
            yield PlainText(_("It is sent to {address}").format(address=sanitize(self._address, 200)))
        words = _(
            "Paste the {kind} token. It goes to the keyring, or is held for this run where there is none."
        )
        if self._for_this_run:
            words = _(
                "{why} A token kept in one would not be used. Paste the {kind} token for this run only."
            )
        yield PlainText(words.format(why=self._for_this_run, kind=self._kind))
        yield Field(password=True, id="token")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value)


class ChoiceDialog(Dialog[str]):
    """One choice of a few, by arrows and Enter; dismissed with the id chosen. `words` stand above them.
    `grave`: something is sent or given up by it."""

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], words: str = "", *, grave: bool = False
    ) -> None:
        super().__init__(title)
        self._choices = choices
        self._words = words
        self._grave = grave

    def takes_typed_ahead(self) -> bool:
        return not self._grave

    def body(self) -> ComposeResult:
        if self._words:
            yield PlainText(self._words)
        yield OptionList(*(Option(Text(name), id=key) for key, name in self._choices), compact=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


class FormDialog(Dialog[ScreenResultType]):
    """Fields, a line for a refusal, Cancel and a button to `verb` it, which Enter in a field presses as well.
    What was typed stays where it is refused. Subclasses give `fields` and `result`."""

    AUTO_FOCUS = "Field"

    def __init__(self, title: str, verb: str) -> None:
        super().__init__(title)
        self.enter_does = verb
        self._verb = verb

    def body(self) -> ComposeResult:
        yield from self.fields()
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("submit", self._verb))

    def fields(self) -> ComposeResult:
        """What is asked for."""
        yield from ()

    async def result(self) -> ScreenResultType:
        """What was asked for, checked. Raises ConsoleError."""
        raise NotImplementedError

    def typed(self, id: str) -> str:
        """What stands in the field of that id."""
        return self.query_one(f"#{id}", Field).value

    async def action_submit(self) -> None:
        """Closes with the result, or says why not."""
        try:
            result = await self.result()
        except ConsoleError as error:
            self.query_one(".refusal", PlainText).update(f"{error.happened}\n{error.next_step}")
        else:
            self.dismiss(result)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        await self.action_submit()


class PathDialog(FormDialog[Path]):
    """Asks for a file's path, has `write` make that file where one is given, and is dismissed with it."""

    def __init__(
        self,
        title: str,
        prompt: str,
        verb: str,
        path: str,
        write: Callable[[str], Awaitable[Path]] | None = None,
    ) -> None:
        super().__init__(title, verb)
        self._prompt = prompt
        self._path = path
        self._write = write

    def fields(self) -> ComposeResult:
        yield PlainText(self._prompt)
        yield Field(self._path, id="path")

    async def result(self) -> Path:
        typed = self.typed("path")
        if not typed.strip():
            raise ConsoleError(
                _("No file is named"), _("Nothing was opened or written."), _("Type its path.")
            )
        return await self._write(typed) if self._write else Path(typed.strip())
