"""The users of a look-up as rows."""

from dfn_tui.screens.lookup.rows import columns
from dfn_tui.service import Desk, Identity, UserRecord
from dfn_tui.widgets.table import Table


class Users(Table[UserRecord]):
    """Holds what was read of each user, and knows whose row is out of date."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            lambda _width: columns(desk), lambda record: record.identity.value, spare=2, id="users"
        )
        self._desk = desk
        self._writes_seen: dict[Identity, int] = {}

    def begin(self) -> None:
        """Empties the table."""
        self._writes_seen.clear()
        self.show(())
        self.fit(self.screen.size.width)  # not only when it is laid out: rows come at once

    def add_user(self, record: UserRecord) -> None:
        """Adds the row of a user, or shows it anew: a user may have been asked for twice."""
        if record.identity.value in self.rows:
            self.update_user(record)
        else:
            self._writes_seen[record.identity] = self._desk.writes_to(record.identity)
            self.add([record])

    def update_user(self, record: UserRecord) -> None:
        """Shows a user as read again, unless another look-up has begun since and has no row for them."""
        if record.identity.value in self.rows:
            self._writes_seen[record.identity] = self._desk.writes_to(record.identity)
            self.replace(record)

    def written_to(self) -> list[Identity]:
        """The users that were written to since they were read."""
        seen = self._writes_seen.items()
        return [identity for identity, writes in seen if self._desk.writes_to(identity) != writes]
