"""The days on which a person is to be told and a consent confirmed: Korean days, wherever the host is."""

import time
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.duties import (
    confirm_before,
    days_left,
    has_duties,
    is_over,
    korean_day,
    read_said,
    tell_until,
)
from dfn_tui.consent.flags import Flag

DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
SECOND = timedelta(seconds=1)


def korea(day: date, clock: str = "00:00:00") -> datetime:
    """That time of the day in Korea, as UTC, without asking the code under test how far Korea is off."""
    return datetime.fromisoformat(f"{day.isoformat()}T{clock}+09:00").astimezone(UTC)


def test_the_informational_consent_has_no_duties() -> None:
    assert {flag for flag in Flag if not has_duties(flag)} == {Flag.INFO}


@given(DAYS)
def test_the_fourteenth_day_counts_to_its_last_second(said: date) -> None:
    last = tell_until(said)
    assert (last - said).days == 14
    assert not is_over(last, korea(last, "23:59:59"))
    assert is_over(last, korea(last, "23:59:59") + SECOND)
    assert days_left(last, korea(said)) == 14
    assert days_left(last, korea(last, "23:59:59")) == 0
    assert days_left(last, korea(last + timedelta(days=1))) == -1


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_the_day_is_the_one_in_korea_whatever_zone_an_instant_is_told_in(at: datetime, quarters: int) -> None:
    instant = at.replace(tzinfo=UTC)
    there = instant.astimezone(timezone(timedelta(minutes=15 * quarters)))
    assert korean_day(there) == korean_day(instant) == (at + timedelta(hours=9)).date()
    assert read_said(there.isoformat()) == korean_day(instant)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Asia/Seoul"])
def test_the_hosts_own_zone_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    last = date(2026, 3, 15)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert not is_over(last, korea(last, "23:59:59").astimezone())
        assert is_over(last, (korea(last, "23:59:59") + SECOND).astimezone())
        assert korean_day(korea(last).astimezone()) == last
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("zone", sorted(available_timezones()))
def test_every_zone_there_is_sees_the_same_midnight(zone: str) -> None:
    said = date(2024, 2, 29)
    over = korea(date(2024, 3, 15)).astimezone(ZoneInfo(zone))
    assert is_over(tell_until(said), over)
    assert not is_over(tell_until(said), (over.astimezone(UTC) - SECOND).astimezone(ZoneInfo(zone)))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        korean_day(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("said", "before"),
    [
        (date(2024, 12, 12), date(2026, 12, 12)),
        (date(2022, 3, 1), date(2024, 3, 1)),  # 731 days: a leap day lies between
        (date(2023, 2, 28), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 28)),  # no such day comes round: the earlier one
        (date(2022, 12, 31), date(2024, 12, 31)),
    ],
)
def test_two_years_are_years_of_the_calendar(said: date, before: date) -> None:
    assert confirm_before(said) == before


@given(DAYS, st.integers(0, 40))
def test_the_same_day_comes_round_every_two_years(said: date, times: int) -> None:
    confirmed: list[date] = []
    for round in range(times):
        before = confirm_before(said, confirmed)
        assert before.year == said.year + 2 * (round + 1)
        same = (before.month, before.day) == (said.month, said.day)
        assert same or ((said.month, said.day) == (2, 29) and (before.month, before.day) == (2, 28))
        confirmed.append(before - timedelta(days=1))


@given(DAYS, st.lists(st.integers(0, 729), max_size=8))
def test_confirming_again_and_again_answers_for_no_more_than_two_years_ahead(
    said: date, after: list[int]
) -> None:
    confirmed = [said + timedelta(days=days) for days in after]
    wanted = 2 if after else 1
    assert confirm_before(said, confirmed) == confirm_before(said, [said] * (wanted - 1))
    assert confirm_before(said, confirmed).year == said.year + 2 * wanted


def test_a_late_confirmation_answers_for_the_time_that_was_missed() -> None:
    said = date(2020, 5, 1)
    assert confirm_before(said, [date(2022, 6, 1)]) == date(2024, 5, 1)
    assert confirm_before(said, [date(2022, 6, 1), date(2023, 6, 1)]) == date(2026, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30",
        "26-02-03",
        "2026-11-26T13:05:00",
        "tomorrow",
        "9999-12-31",
        "0001-01-01",
        "2026/11/26",
    ],
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_said(text) is None


def test_a_moment_is_the_day_it_was_in_korea() -> None:
    assert read_said("2026-11-26T15:30:00+00:00") == date(2026, 11, 27)
    assert read_said("2026-11-26") == date(2026, 11, 26)
