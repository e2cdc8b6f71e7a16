import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfn_tui.consent.night import night_at
from dfn_tui.text.korea import korean_time

KST = timezone(timedelta(hours=9))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1), timezones=st.timezones())


@pytest.fixture(params=["Asia/Seoul", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu", "UTC"])
def host_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test on a host of that time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def korean_time_of_day(instant: datetime) -> timedelta:
    """Independent of any zone data: UTC+9, counted from the epoch."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC) + 9 * HOUR) % DAY


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instant=INSTANTS)
@pytest.mark.usefixtures("host_zone")
def test_the_window_is_that_of_utc_plus_9_on_every_host(instant: datetime) -> None:
    night = night_at(instant)
    of_day = korean_time_of_day(instant)
    wall_clock = str((instant.astimezone(UTC) + 9 * HOUR).replace(tzinfo=None, microsecond=0))
    assert night.inside == (of_day >= 21 * HOUR or of_day < 8 * HOUR)
    assert night.changes_in == ((8 if night.inside else 21) * HOUR - of_day) % DAY
    assert korean_time(instant) == wall_clock


@pytest.mark.slow
@given(instant=INSTANTS)
def test_it_changes_exactly_when_it_says(instant: datetime) -> None:
    night = night_at(instant)
    change = instant.astimezone(UTC) + night.changes_in
    assert timedelta(0) < night.changes_in <= 13 * HOUR
    assert night_at(change - TICK).inside == night.inside
    assert night_at(change).inside != night.inside


@pytest.mark.slow
@given(instant=INSTANTS)
def test_whole_minutes_are_rounded_up(instant: datetime) -> None:
    night = night_at(instant)
    assert timedelta(0) <= night.minutes * timedelta(minutes=1) - night.changes_in < timedelta(minutes=1)
    assert night.minutes >= 1


@pytest.mark.parametrize(
    ("clock", "inside", "changes_in"),
    [
        ((20, 59, 59, 999_999), False, TICK),
        ((21, 0, 0, 0), True, 11 * HOUR),
        ((0, 0, 0, 0), True, 8 * HOUR),
        ((7, 59, 59, 999_999), True, TICK),
        ((8, 0, 0, 0), False, 13 * HOUR),
    ],
)
def test_boundaries(clock: tuple[int, int, int, int], inside: bool, changes_in: timedelta) -> None:
    night = night_at(datetime(2026, 3, 1, *clock, tzinfo=KST))
    assert (night.inside, night.changes_in) == (inside, changes_in)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        night_at(datetime(2026, 3, 1, 21))
