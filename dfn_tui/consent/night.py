"""The night window of Korea's Network Act (정보통신망법), article 50(3), by Korean time.

Advertising sent between 21:00 and 08:00 needs a consent of its own: 21:00:00 is inside, 08:00:00 is
outside. The hours are Korean (UTC+9, no daylight saving) wherever the console runs.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from dfn_tui.text.korea import KOREA

BEGINS = time(21)
ENDS = time(8)


class Night(NamedTuple):
    """Whether an instant is in the night window, and how long that stays so.

    `changes_in` is the time until the window ends when inside it, until it begins when outside.
    """

    inside: bool
    changes_in: timedelta

    @property
    def minutes(self) -> int:
        """`changes_in` in whole minutes, rounded up: never 0, so never "over" before it is."""
        return -(-self.changes_in // timedelta(minutes=1))


def night_at(instant: datetime) -> Night:
    """The night window as it stands at `instant`, an aware datetime of any zone.

    Raises ValueError when `instant` is naive: it would silently be taken for the host's zone.
    """
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    korean = instant.astimezone(KOREA)
    clock = korean.time()
    inside = clock >= BEGINS or clock < ENDS
    change = datetime.combine(korean, ENDS if inside else BEGINS, KOREA)
    if change <= korean:
        change += timedelta(days=1)
    return Night(inside=inside, changes_in=change - korean)
