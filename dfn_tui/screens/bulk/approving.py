"""Approving a plan that somebody else applies: its figures, the number of users typed, a signature."""

from collections.abc import Awaitable, Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.errors import GateRefused
from dfn_tui.screens.bulk.format import totals_text
from dfn_tui.screens.dialogs import FormDialog
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.text import _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText


class ApproveDialog(FormDialog[str]):
    """Dismissed with what `sign` says it did. Nothing is sent by it. The agent's key signs: a passphrase
    cannot be asked for over the console."""

    def __init__(self, found: Totals, sign: Callable[[], Awaitable[str]]) -> None:
        super().__init__(_("Approve the plan"), _("Sign"))
        self._found = found
        self._sign = sign
        self._signing = False

    def takes_typed_ahead(self) -> bool:
        return False

    def fields(self) -> ComposeResult:
        head = self._found.head
        with VerticalScroll(can_focus=True, id="figures"):
            place = _("{connection}, {address}").format(connection=head.connection, address=head.base_url)
            yield PlainText(Text("\n").join([Text(place), *totals_text(self._found)]))
        words = _("You sign with a key that your agent holds. Type the number of users ({kind}): {users}")
        yield PlainText(words.format(kind=head.named_by, users=f"{self._found.to_send:,}"))
        yield Field(id="count")

    async def result(self) -> str:
        if self.typed("count").strip().replace(",", "") != str(self._found.to_send):
            raise GateRefused(
                _("Another number of users"),
                _("That is not how many users are sent. Nothing was signed."),
                _("Type the number as it is shown."),
            )
        return await self._sign()

    async def action_submit(self) -> None:
        if self._signing:
            return
        self._signing = True
        try:
            await super().action_submit()
        finally:
            self._signing = False
