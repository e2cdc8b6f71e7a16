"""The users of a plan as rows, a page at a time."""

from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.bulk.dialogs import TextDialog
from dfn_tui.service import IdentityKind, PlannedUser, PlanReader, Selection
from dfn_tui.service.bulk.plan.words import user_words
from dfn_tui.text import _
from dfn_tui.widgets.table import Table

PAGE = 200
"""Users read at a time; the next page is read when the cursor comes to the last row."""

_WHO, _STANDING, _PADDING = 20, 17, 2


class PlannedUsers(Vertical):
    """The users of the selection asked for, in the order of the input: who, how they stand, and each change.
    Enter opens one. A plan that cannot be read is said in their place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", _("Open"), id="bulk.user", key_display="Enter/o", tooltip=_("All of this user")),
    ]

    def __init__(self, reader: PlanReader) -> None:
        super().__init__()
        self._reader = reader
        self._asked: tuple[Selection, IdentityKind] | None = None
        self._users: list[PlannedUser] = []
        self._more = False
        self._revealed = False
        self._reading: Worker[None] | None = None
        self._width_shown = 0

    def compose(self) -> ComposeResult:
        yield Static(classes="said", markup=False)
        yield Table(cursor_type="row", show_row_labels=False)
        yield Static(classes="detail", markup=False)

    @property
    def _table(self) -> Table:
        return self.query_one(Table)

    @property
    def current(self) -> PlannedUser | None:
        """The user of the row under the cursor."""
        at = self._table.cursor_row
        return self._users[at] if at < len(self._users) else None

    def ask(self, selection: Selection, kind: IdentityKind) -> None:
        """Lists the users that fit, who are named by an identity of that kind."""
        self._asked = (selection, kind)
        self._reading = self._read(PAGE, keep=False)

    def look_again(self) -> None:
        """Reads what is shown anew; the cursor stays with its user."""
        self._reading = self._read(max(PAGE, len(self._users)), keep=True)

    def reveal(self, revealed: bool) -> None:
        """Shows or masks personal values."""
        self._revealed = revealed
        self._fill(self.current)

    @work(exclusive=True, group="users")
    async def _read(self, limit: int, *, keep: bool) -> None:
        if self._asked is None:
            return
        try:
            found, said = await self._reader.users(self._asked[0], -1, limit), ""
        except ConsoleError as error:
            found, said = [], f"! {error.title}. {error.happened} {error.next_step}"
        chosen = self.current if keep else None
        place = self._table.cursor_row if keep else 0
        self._users = found
        self._more = len(found) == limit
        self._fill(chosen, place)
        self._say(said if said or found else _("No user of the plan fits."))

    @work(exclusive=True, group="users")
    async def _read_on(self) -> None:
        assert self._asked is not None
        try:
            found = await self._reader.users(self._asked[0], self._users[-1].number, PAGE)
        except ConsoleError as error:
            self._say(f"! {error.title}. {error.happened} {error.next_step}")
            return
        self._more = len(found) == PAGE
        self._users += found
        self._add(found)

    def _say(self, words: str) -> None:
        said = self.query_one(".said", Static)
        said.display = bool(words)
        said.update(words)

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width not in (0, self._width_shown):
            self._width_shown = event.size.width
            self._fill(self.current)

    def _fill(self, chosen: PlannedUser | None, place: int = 0) -> None:
        """Builds the table anew: other users, or another width."""
        if not self._width_shown or self._asked is None:
            return  # on_resize, or the first answer, will fill it
        table = self._table
        table.clear(columns=True)
        for label, size in zip((_("user"), _("standing"), _("changes")), self._widths(), strict=True):
            table.add_column(Text(label), width=size)
        self._add(self._users)
        numbers = [user.number for user in self._users]
        known = chosen is not None and chosen.number in numbers
        if numbers:
            row = numbers.index(chosen.number) if chosen and known else min(place, len(numbers) - 1)
            table.move_cursor(row=row)
        self._show_detail()

    def _widths(self) -> tuple[int, int, int]:
        room = self._width_shown - 1 - 3 * _PADDING  # 1: the scrollbar
        who = min(_WHO, room // 3)
        standing = min(_STANDING, room // 3)
        return who, standing, max(room - who - standing, 1)

    def _add(self, users: list[PlannedUser]) -> None:
        for user in users:
            self._table.add_row(*self._row(user))

    def _words(self, user: PlannedUser, *, revealed: bool) -> tuple[str, str, list[str]]:
        """Who, how they stand, and all else."""
        assert self._asked is not None
        head, *rest = user_words(user, self._asked[1], revealed=revealed)
        who, _gap, standing = head.partition("  ")
        return who, standing, rest

    def _row(self, user: PlannedUser) -> list[Text]:
        who, standing, rest = self._words(user, revealed=self._revealed)
        style = "dim" if user.left_out else ""
        cells = [Text(who, "bold"), Text(standing, style), Text(", ".join(rest), style)]
        for cell, size in zip(cells, self._widths(), strict=True):
            cell.no_wrap = True
            cell.truncate(size, overflow="ellipsis")
        return cells

    def _show_detail(self) -> None:
        """The row under the cursor once more, with the width of the terminal."""
        user, words = self.current, ""
        if user is not None:
            who, standing, rest = self._words(user, revealed=self._revealed)
            words = f"{who}: {standing}\n{', '.join(rest)}"
        self.query_one(".detail", Static).update(words)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self._show_detail()
        idle = self._reading is None or self._reading.is_finished
        if self._more and idle and self._table.cursor_row == len(self._users) - 1:
            self._reading = self._read_on()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Shows all that is planned for the user under the cursor."""
        user = self.current
        if user is not None and self.screen.is_current:  # not twice, where the key was pressed twice
            who, standing, rest = self._words(user, revealed=False)  # a lock cannot mask a dialog
            self.app.push_screen(TextDialog(who, "\n".join([standing, *rest])))
