"""The groups of a plan as rows: what is sent, from what to what, and to how many."""

from collections.abc import Sequence

from rich.text import Text
from textual.message import Message

from dfn_tui.screens.bulk.format import group_text, planned_text
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.plan.file import NumberedGroup
from dfn_tui.service.bulk.plan.format import group_users, status_words
from dfn_tui.service.bulk.plan.reader import PlanReader
from dfn_tui.text import N_, _
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.table import REST, Column

_USERS, _STATUS = 9, 26
_WIDE = 100  # columns, from which on there is room for what was, in words


class PlannedGroups(PagedList[NumberedGroup]):
    """Those that are sent first, the largest before others. Enter asks for the users of one."""

    BINDINGS = bindings(key("o", "open", N_("Users"), "bulk.group", N_("Its users"), shown_as="enter o"))

    class Opened(Message):
        """The users of the `group` of that number are to be shown."""

        def __init__(self, group: int) -> None:
            super().__init__()
            self.group = group

    def __init__(self, reader: PlanReader) -> None:
        super().__init__(_("The plan has no users."))
        self._reader = reader
        self._revealed = False

    def reveal(self, revealed: bool) -> None:
        """Shows or masks personal values."""
        self._revealed = revealed
        self.table.show(self.table.items)
        self._show_detail()

    def columns(self, width: int) -> Sequence[Column[NumberedGroup]]:
        status = min(_STATUS, (width - _USERS) // 3)
        return [
            Column(_("users"), _USERS, lambda one: Text(f"{one.users:,}".rjust(_USERS), "bold")),
            Column(_("what is sent"), REST, lambda one: self._changes(one, short=width < _WIDE)),
            Column(_("status"), status, _status),
        ]

    def _changes(self, one: NumberedGroup, *, short: bool) -> Text:
        text = group_text(one.group, revealed=self._revealed, short=short, words=one.words)
        text.stylize("label" if one.left_out == one.users else "")
        return text

    def key(self, item: NumberedGroup) -> int:
        return item.number

    async def page(self, after: NumberedGroup | None, limit: int) -> Sequence[NumberedGroup]:
        skipped = len(self.table.items) if after else 0
        return await self._reader.ask(lambda plan: plan.largest(skipped, limit))

    def detail(self, item: NumberedGroup) -> Text:
        words = _("Group {number}: {users}, {status}").format(
            number=item.number, users=group_users(item), status=status_words(item.group.status)
        )
        text = group_text(item.group, revealed=self._revealed, raw=True, words=item.words)
        return Text("\n").join([Text(words), text])

    def open(self, item: NumberedGroup) -> None:
        """Has the users of a group shown."""
        self.post_message(self.Opened(item.number))


def _status(one: NumberedGroup) -> Text:
    if one.left_out:
        words = _("{count} left out").format(count=f"{one.left_out:,}")
        return planned_text(one.group.status, out=True, words=words)
    return planned_text(one.group.status)
