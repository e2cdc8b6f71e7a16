"""One change of a consent, and which way it goes."""

from dataclasses import dataclass
from enum import StrEnum

from dfn_tui.consent.flags import Flag, Purpose, State


class Direction(StrEnum):
    """Giving a consent needs care; taking one back must be quick."""

    GRANT = "grant"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class FlagChange:
    """One flag to be written. `before` is None where it is not readable.

    Raises ValueError when `after` is NEVER_SET: the API writes no nulls, so a flag that was once set
    cannot go back.
    """

    flag: Flag
    before: State | None
    after: State

    def __post_init__(self) -> None:
        if self.after is State.NEVER_SET:
            raise ValueError("a flag cannot be written as never set")

    @property
    def direction(self) -> Direction:
        return Direction.GRANT if self.after is State.SUBSCRIBED else Direction.WITHDRAW

    @property
    def grants_night(self) -> bool:
        """Whether this gives a consent to advertising at night, which the law wants given separately."""
        return self.direction is Direction.GRANT and self.flag.purpose is Purpose.NIGHT
