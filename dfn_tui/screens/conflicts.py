"""What somebody else changed since the operator looked: seen, now and wanted, side by side."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service import Conflict
from dfn_tui.service.change_words import value_words
from dfn_tui.text import _, inert, ngettext
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText

AGAIN, OTHERS = "again", "others"


class ConflictDialog(Dialog[str]):
    """Dismissed with `AGAIN` to review with what is there now, or `OTHERS` to send the other users alone."""

    def __init__(self, conflicts: Sequence[Conflict], others: int) -> None:
        super().__init__(_("Changed meanwhile: nothing was sent"))
        self._conflicts = conflicts
        self._others = others

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield PlainText(Text("\n").join(_lines(conflict) for conflict in self._conflicts))
        words = ngettext("Send the other user", "Send the {users} others", self._others)
        others = [(OTHERS, words.format(users=self._others))] if self._others else []
        yield Buttons(("cancel", _("Cancel")), (AGAIN, _("Review again")), *others)

    def action_again(self) -> None:
        self.dismiss(AGAIN)

    def action_others(self) -> None:
        self.dismiss(OTHERS)


def _lines(conflict: Conflict) -> Text:
    item = conflict.change
    text = Text(f"{inert(conflict.user.identity.value, 40)}  {inert(item.name, 30)}\n", "bold")
    for label, value in (
        (_("seen"), item.before),
        (_("now"), conflict.now),
        (_("wanted"), item.after),
    ):
        text.append(f"  {label:<8}{value_words(item, value, revealed=False)}\n")
    return text
