"""The duties that follow when a person gives, refuses or withdraws a consent, and the days they are due.

Rests on Korea's Network Act (정보통신망법), article 50(7) with the Decree's 62-2: the person is told the
outcome within 14 days of the day on which they said it; and on 50(8) with 62-3: a consent is confirmed every
two years, before the day on which it was given comes round. Both are about advertising and the night, and not
about informational messages. Days are Korean wherever the console runs.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dfn_tui.consent.flags import Flag, Purpose
from dfn_tui.text.korea import KOREA

TELL_WITHIN = timedelta(days=14)
_EVERY = 2  # years
_YEARS = range(1900, 3000)


class Ground(StrEnum):
    """What a change of a consent rests on. EXPRESSED: a person gave, refused or withdrew it. CORRECTION: a
    write of ours was wrong; nobody said anything, and no duty follows."""

    EXPRESSED = "expressed"
    CORRECTION = "correction"


class Duty(StrEnum):
    """TELL: tell the person the outcome. CONFIRM: have the person confirm what was given."""

    TELL = "tell"
    CONFIRM = "confirm"


def has_duties(flag: Flag) -> bool:
    """Whether the law's duties are about that consent."""
    return flag.purpose is not Purpose.INFORMATIONAL


def korean_day(at: datetime) -> date:
    """The day in Korea at that aware instant. Raises ValueError for a naive one: it would silently be taken
    for the host's zone."""
    if at.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(KOREA).date()


def read_said(text: str) -> date | None:
    """The Korean day of what a journal or a plan keeps as `expressed_on`: a day, or a moment with its offset.
    None where it is neither."""
    try:
        if len(text) == len("2026-11-26"):
            day = date.fromisoformat(text)
        else:
            day = korean_day(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
    return day if day.year in _YEARS else None


def tell_until(said: date) -> date:
    """The last day on which the outcome may be told: the day on which it was said does not count."""
    return said + TELL_WITHIN


def confirm_before(given: date, confirmed: Iterable[date] = ()) -> date:
    """The day before which a consent is to be confirmed next, after these days on which it was.

    Each confirmation answers for the oldest time that is open, and is no answer to one more than two years
    ahead. Of a consent of 29 February the day that comes round is 28 February: it is the earlier one.
    """
    rounds = 1
    for day in sorted(confirmed):
        if day >= _round(given, rounds - 1):
            rounds += 1
    return _round(given, rounds)


def _round(given: date, rounds: int) -> date:
    year = given.year + _EVERY * rounds
    try:
        return given.replace(year=year)
    except ValueError:
        return given.replace(year=year, day=28)


def is_over(last: date, now: datetime) -> bool:
    """Whether that day, to whose end there was time, is over in Korea at the aware instant `now`."""
    return now >= datetime.combine(last + timedelta(days=1), time(), KOREA)


def days_left(last: date, now: datetime) -> int:
    """How many days after today that day is: 0 for today, negative for one that is over."""
    return (last - korean_day(now)).days
