"""The users of a plan as rows, a page at a time."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from dfn_tui.screens.bulk.dialogs import TextDialog
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service import IdentityKind, PlannedUser, PlanReader, Selection
from dfn_tui.service.bulk.input.records import shown_user
from dfn_tui.service.bulk.plan.words import standing_words, user_words
from dfn_tui.text import _, inert
from dfn_tui.widgets.table import PADDING, REST, Column

_WHO, _STANDING = 20, 17


class PlannedUsers(PagedList[PlannedUser]):
    """The users of the selection asked for, in the order of the input: who, how they stand, and each
    change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", _("Open"), id="bulk.user", key_display="Enter/o", tooltip=_("All of this user")),
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
            Column(_("user"), min(_WHO, third), lambda user: Text(self._who(user, self._revealed), "bold")),
            Column(_("standing"), min(_STANDING, third), lambda user: Text(_standing(user), _style(user))),
            Column(
                _("changes"),
                REST,
                lambda user: Text(", ".join(self._changes(user, self._revealed)), _style(user)),
            ),
        ]

    def key(self, item: PlannedUser) -> int:
        return item.number

    async def page(self, after: PlannedUser | None, limit: int) -> Sequence[PlannedUser]:
        if self._asked is None:
            return ()
        return await self._reader.users(self._asked, after.number if after else -1, limit)

    def detail(self, item: PlannedUser) -> str:
        who, changes = self._who(item, self._revealed), self._changes(item, self._revealed)
        return f"{who}: {_standing(item)}\n{', '.join(changes)}"

    def open(self, item: PlannedUser) -> None:
        """Shows all that is planned for a user, masked: a lock cannot mask a dialog."""
        lines = [_standing(item), *self._changes(item, revealed=False)]
        self.app.push_screen(TextDialog(self._who(item, revealed=False), "\n".join(lines)))

    def _who(self, user: PlannedUser, revealed: bool) -> str:
        return inert(user.user, 60) if revealed else shown_user(self._kind, user.user)

    def _changes(self, user: PlannedUser, revealed: bool) -> list[str]:
        """What the server said, each change, and what is odd."""
        return user_words(user, self._kind, revealed=revealed)[1:]


def _standing(user: PlannedUser) -> str:
    return _("left out") if user.left_out else standing_words(user.shape.standing)


def _style(user: PlannedUser) -> str:
    return "dim" if user.left_out else ""
