"""The users of a look-up as rows."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets.data_table import RowKey

from dfn_tui.screens.lookup.rows import columns, findings
from dfn_tui.service import Desk, Identity, UserRecord
from dfn_tui.widgets.table import Table


class Users(Table[UserRecord]):
    """Holds what was read of each user, and knows whose row is out of date."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            lambda _width: columns(desk), lambda record: record.identity.value, spare=2, id="users"
        )
        self._desk = desk
        self._records: dict[str, UserRecord] = {}
        self._writes_seen: dict[Identity, int] = {}

    def begin(self) -> None:
        """Empties the table."""
        self._records.clear()
        self._writes_seen.clear()
        self.show(())
        self.fit(self.screen.size.width)  # not only when it is laid out: rows come at once

    def add_user(self, record: UserRecord) -> None:
        """Adds the row of a user, who may have been asked for twice."""
        new = record.identity.value not in self._records
        self._remember(record)  # before the row: the first one is highlighted as it comes
        if new:
            self.add([record])

    def update_user(self, record: UserRecord) -> None:
        """Shows a user as read again, unless another look-up has begun since and has no row for them."""
        if record.identity.value in self._records:
            self._remember(record)
            self.replace(record)

    def _remember(self, record: UserRecord) -> None:
        self._records[record.identity.value] = record
        self._writes_seen[record.identity] = self._desk.writes_to(record.identity)

    def written_to(self) -> list[Identity]:
        """The users that were written to since they were read."""
        seen = self._writes_seen.items()
        return [identity for identity, writes in seen if self._desk.writes_to(identity) != writes]

    def is_known_alone(self, identities: Sequence[Identity]) -> bool:
        """Whether one user was asked for, and the server knows them."""
        return len(identities) == 1 and not self._records[identities[0].value].unknown_to_server

    def identity(self, key: RowKey) -> Identity:
        """Whose row that is."""
        return self._records[str(key.value)].identity

    def finding(self, key: RowKey | None) -> Text:
        """What is wrong with the user of that row; empty where there is no such row any more."""
        record = self._records.get(str(key.value)) if key else None
        return findings(record) if record else Text()
