"""The users of a plan as rows, a page at a time."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from dfn_tui.screens.dialogs import TextDialog
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.plan.exclusion import select
from dfn_tui.service.bulk.plan.format import planned_words, status_text, who_words
from dfn_tui.service.bulk.plan.reader import PlanReader
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.plan.totals import Selection
from dfn_tui.service.types import IdentityKind
from dfn_tui.text import _
from dfn_tui.widgets.table import PADDING, REST, Column

_WHO, _STATUS = 20, 17


class PlannedUsers(PagedList[PlannedUser]):
    """The users of the selection asked for, in the order of the input: who, how they stand, and each
    change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", _("Open"), id="bulk.user", key_display="Enter/o", tooltip=_("All of this user"))
    ]

    def __init__(self, reader: PlanReader) -> None:
        super().__init__(_("No user of the plan fits."))
        self._reader = reader
        self._asked: Selection | None = None
        self._kind = IdentityKind.USER_ID
        self._revealed = False

    def ask(self, selection: Selection, kind: IdentityKind) -> None:
        """Lists the users that fit, who are named by an identity of that kind."""
        self._asked, self._kind = selection, kind
        self.begin()

    def reveal(self, revealed: bool) -> None:
        """Shows or masks personal values."""
        self._revealed = revealed
        self.table.show(self.table.items)
        self._show_detail()

    def columns(self, width: int) -> Sequence[Column[PlannedUser]]:
        third = (width - 1 - 3 * PADDING) // 3  # 1: the scrollbar
        return [
            Column(_("user"), min(_WHO, third), lambda user: Text(self._who(user), "bold")),
            Column(_("status"), min(_STATUS, third), lambda user: _dimmed(user, status_text(user))),
            Column(_("changes"), REST, lambda user: _dimmed(user, self._changes(user))),
        ]

    def _who(self, user: PlannedUser) -> str:
        return who_words(user, self._kind, revealed=self._revealed)

    def _changes(self, user: PlannedUser) -> str:
        return ", ".join(planned_words(user, revealed=self._revealed))

    def key(self, item: PlannedUser) -> int:
        return item.number

    async def page(self, after: PlannedUser | None, limit: int) -> Sequence[PlannedUser]:
        if (asked := self._asked) is None:
            return ()
        number = after.number if after else -1
        return await self._reader.ask(lambda plan: select(plan, asked, number, limit))

    def detail(self, item: PlannedUser) -> str:
        return f"{self._who(item)}: {status_text(item)}\n{self._changes(item)}"

    def open(self, item: PlannedUser) -> None:
        """Shows all that is planned for a user, masked: a lock cannot mask a dialog."""
        lines = [status_text(item), *planned_words(item, revealed=False)]
        self.app.push_screen(TextDialog(who_words(item, self._kind, revealed=False), "\n".join(lines)))


def _dimmed(user: PlannedUser, words: str) -> Text:
    return Text(words, "dim" if user.left_out else "")
