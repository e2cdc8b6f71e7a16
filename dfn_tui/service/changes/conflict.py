"""Somebody changed a user since the operator looked."""

from collections.abc import Sequence

from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.pipeline import Conflict
from dfn_tui.text import _, ngettext


class StaleWrite(ConsoleError):
    """Nothing was sent, to nobody."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        users = len({conflict.user.identity for conflict in conflicts})
        happened = ngettext(
            "{users} user was changed by someone else since it was looked up. Nothing was sent.",
            "{users} users were changed by someone else since they were looked up. Nothing was sent.",
            users,
        )
        super().__init__(
            _("Changed meanwhile"),
            happened.format(users=users),
            _("Compare what was seen with what is there now, and decide."),
        )
        self.conflicts = tuple(conflicts)
