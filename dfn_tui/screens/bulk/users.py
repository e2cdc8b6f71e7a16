"""The users of a plan as rows, a page at a time."""

from collections.abc import Sequence

from rich.text import Text

from dfn_tui.screens.bulk.format import group_text, group_texts, planned_text
from dfn_tui.screens.dialogs import TextDialog
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.plan.exclusion import select
from dfn_tui.service.bulk.plan.format import status_text, who_words
from dfn_tui.service.bulk.plan.reader import PlanReader
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.plan.totals import Selection
from dfn_tui.text import N_, _
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.table import PADDING, REST, Column

_WHO, _STATUS = 20, 20
_WIDE = 110  # columns, from which on there is room for what was, in words


class PlannedUsers(PagedList[PlannedUser]):
    """The users of the selection asked for, in the order of the input: who, how they stand, and each
    change."""

    BINDINGS = bindings(key("o", "open", N_("Open"), "bulk.user", N_("All of this user"), shown_as="enter o"))

    def __init__(self, reader: PlanReader) -> None:
        super().__init__(_("No user of the plan fits."))
        self._reader = reader
        self._asked: Selection | None = None
        self._revealed = False

    def ask(self, selection: Selection) -> None:
        """Lists the users that fit."""
        self._asked = selection
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
            Column(_("what is sent"), REST, lambda user: self._changes(user, short=width < _WIDE)),
            Column(_("status"), min(_STATUS, third), _status),
        ]

    def _who(self, user: PlannedUser) -> str:
        return who_words(user, revealed=self._revealed)

    def _changes(self, user: PlannedUser, *, short: bool) -> Text:
        text = group_text(user.group, revealed=self._revealed, short=short)
        text.stylize("label" if user.left_out else "")
        return text

    def key(self, item: PlannedUser) -> int:
        return item.number

    async def page(self, after: PlannedUser | None, limit: int) -> Sequence[PlannedUser]:
        if (asked := self._asked) is None:
            return ()
        number = after.number if after else -1
        return await self._reader.ask(lambda plan: select(plan, asked, number, limit))

    def detail(self, item: PlannedUser) -> Text:
        words = Text.assemble((f"{self._who(item)}: ", "bold"), status_text(item))
        return Text("\n").join([words, group_text(item.group, revealed=self._revealed, raw=True)])

    def open(self, item: PlannedUser) -> None:
        """Shows all that is planned for a user, masked: a lock cannot mask a dialog."""
        lines = [status_text(item), *(one.plain for one in group_texts(item.group, revealed=False, raw=True))]
        self.app.push_screen(TextDialog(who_words(item, revealed=False), "\n".join(lines)))


def _status(user: PlannedUser) -> Text:
    return planned_text(user.group.status, out=user.left_out or user.sent, words=status_text(user))
