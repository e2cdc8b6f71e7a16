"""The list of journal entries that the history of all and the history of one user share."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from dfn_tui.screens.history.words import columns, detail
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service import Desk, Entry, Filter, JournalKeeper
from dfn_tui.text import _
from dfn_tui.widgets.table import Column


class HistoryList(PagedList[Entry]):
    """Newest first. `ask` says which ones are listed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "o", "open", _("Open"), id="history.open", key_display="Enter/o", tooltip=_("Open this entry")
        ),
    ]

    def __init__(self, keeper: JournalKeeper, desk: Desk | None, *, users: bool) -> None:
        """`desk` is the one the history was opened from; `users`: whether a column names the user."""
        super().__init__()
        self._keeper = keeper
        self._desk = desk
        self._users = users
        self._asked: Filter | None = None

    def ask(self, wanted: Filter, none: str) -> None:
        """Lists the entries that fit; `none` is said where there is none."""
        if (wanted, none) == (self._asked, self.none):
            self.look_again()
        else:
            self._asked, self.none = wanted, none
            self.begin()

    def columns(self, width: int) -> Sequence[Column[Entry]]:
        return columns(width, users=self._users)

    def key(self, item: Entry) -> int:
        return item.seq

    async def page(self, after: Entry | None, limit: int) -> Sequence[Entry]:
        if self._asked is None:
            return ()
        return await self._keeper.find(self._asked, limit=limit, before_seq=after.seq if after else None)

    def detail(self, item: Entry) -> Text:
        return detail(item)

    def open(self, item: Entry) -> None:
        from dfn_tui.screens.history.entry import EntryScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(EntryScreen(self._keeper, item, self._desk))
