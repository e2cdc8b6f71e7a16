"""Which users of a plan are meant, to be looked at or to be left out."""

from dataclasses import dataclass

from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanStatus
from dfn_tui.service.bulk.plan.totals import direction_of


@dataclass(frozen=True, slots=True)
class Selection:
    """Users of a plan by what is planned for them; what is None or "" is not looked at.

    `flag` and `direction` hold for one and the same change. `text` is contained in the id, however that is
    capitalised.
    """

    flag: Flag | None = None
    direction: Direction | None = None
    status: PlanStatus | None = None
    warned: bool | None = None
    left_out: bool | None = None
    text: str = ""

    def has(self, group: PlanGroup) -> bool:
        """Whether users of that group may belong to it."""
        if self.status is not None and group.status is not self.status:
            return False
        if self.warned is not None and bool(group.warnings) is not self.warned:
            return False
        if self.flag is None and self.direction is None:
            return True
        return any(
            (detail := direction_of(change)) is not None
            and self.flag in (None, change.name)
            and self.direction in (None, detail)
            for change in group.changes
        )


@dataclass(frozen=True, slots=True)
class SelectedUsers:
    """The users of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllButFirst:
    """All users that would be sent, but for the first `count` of them."""

    count: int
