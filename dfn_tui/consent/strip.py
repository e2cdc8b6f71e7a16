"""When of a Korean day an advertising message could go out, by channel: the rules of `sending` as a picture.

`may_advertise` answers for an instant, and an instant matters to it only by being in the night or not. So
it is asked once for the day and once for the night, and its answers are laid over the half hours.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from dfn_tui.consent.flags import Channel, Consents, Flag
from dfn_tui.consent.night import night_at
from dfn_tui.consent.sending import Delivery, may_advertise
from dfn_tui.text.korea import KOREA

HALF_HOURS = 48

Strip = tuple[Delivery, ...]
"""What holds in each half hour of a Korean day, midnight first."""

_STARTS = [datetime(2026, 3, 2, tzinfo=KOREA) + timedelta(minutes=30 * half) for half in range(HALF_HOURS)]
NIGHT: tuple[bool, ...] = tuple(night_at(start).inside for start in _STARTS)
"""Which half hours are in the night window."""


def day_strips(consents: Consents, flags: Collection[Flag]) -> Mapping[Channel, Strip]:
    """The day of push, SMS and Kakao. `flags` are the consents that the API version has."""
    by_day, by_night = (
        {one.channel: one.answer for one in may_advertise(consents, _STARTS[NIGHT.index(night)], flags)}
        for night in (False, True)
    )
    return {
        channel: tuple(by_night[channel] if night else by_day[channel] for night in NIGHT)
        for channel in by_day
    }


def half_hour(at: datetime) -> int:
    """The half hour of the Korean day that an aware datetime lies in."""
    korean = at.astimezone(KOREA)
    return korean.hour * 2 + korean.minute // 30
