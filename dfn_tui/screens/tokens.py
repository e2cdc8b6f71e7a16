"""Asking for a token wherever one is missing: the keyring is unlocked, or a token is given."""

from typing import TYPE_CHECKING, Any, cast

from textual import work
from textual.app import App, ComposeResult
from textual.widgets import Input

from dfn_tui.config import TokenKind
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import ErrorDialog, TokenDialog, Unexpected
from dfn_tui.service.context import server_url
from dfn_tui.text import N_, _
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from dfn_tui.screens.base import Host

UNLOCKED, OTHER = "unlocked", "other"


class UnlockDialog(Unexpected[str]):
    """Asks for the password of the locked keyring; dismissed with `UNLOCKED` once it is open, or with
    `OTHER` where the operator rather gives a token, if one would do (`for_token`)."""

    enter_does = N_("Unlock")

    def __init__(self, connection: str, reason: str, *, for_token: bool = True) -> None:
        super().__init__(_("The keyring is locked"))
        self._for_token = for_token
        self._connection = connection
        self._reason = reason

    def body(self) -> ComposeResult:
        yield PlainText(self._reason)
        yield PlainText(_("Password of the keyring"), classes="next-step")
        yield Field(password=True, id="password")
        yield PlainText(id="wrong")
        if self._for_token:
            yield Buttons((OTHER, _("Give a token instead")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._unlock()

    # Without an argument: a worker's description repeats what it was called with.
    @work(exclusive=True)
    async def _unlock(self) -> None:
        field, wrong = self.query_one("#password", Field), self.query_one("#wrong", PlainText)
        password = field.value
        field.value = ""
        wrong.update(_("Unlocking…"))
        try:
            await self.connections.tokens.unlock_keyring(self._connection, password)
        except ConsoleError as error:
            wrong.update(f"{error.happened} {error.next_step}")
            return
        self.dismiss(UNLOCKED)


async def obtain_token(
    app: App[Any], name: str, kind: TokenKind, reason: str = "", *, locked: bool = False
) -> bool:
    """Has the operator unlock the keyring where it is locked, or give a token, and says where that is kept.
    False where they would not. Called in a worker."""
    connections = cast("Host", app).connections
    if locked:
        answer = await app.push_screen_wait(UnlockDialog(name, reason))
        if answer != OTHER:
            return answer == UNLOCKED
    for_this_run = await connections.tokens.outranked(name, kind)
    address = server_url(connections.known[name])
    while True:
        text = await app.push_screen_wait(TokenDialog(name, kind, reason, for_this_run, address))
        if text is None:
            return False
        try:
            app.notify(await connections.give_token(name, kind, text), markup=False)
        except ConsoleError as error:
            await app.push_screen_wait(ErrorDialog(error))
        else:
            return True
