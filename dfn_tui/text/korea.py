"""The Korean clock, and how its times are written: the operators' days and the law's nights go by it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

from dfn_tui.text import spoken

KOREA = timezone(timedelta(hours=9), "KST")
"""Without daylight saving, and fixed, so that no time zone data of a host can move the night."""


def korean_time(at: datetime) -> str:
    """`2026-03-02 20:40:00`"""
    return at.astimezone(KOREA).replace(tzinfo=None).isoformat(" ", "seconds")


def korean_minute(at: datetime) -> str:
    """`2026-03-02 20:40`"""
    return korean_time(at)[:16]


def korean_date(at: datetime) -> str:
    """`2026-03-02`"""
    return korean_time(at)[:10]


def spoken_day(day: date) -> str:
    """A day in a sentence: `2026-03-02`, in Korean `2026년 3월 2일 (월)`."""
    if spoken() != "ko":
        return day.isoformat()
    return f"{day.year}년 {day.month}월 {day.day}일 ({'월화수목금토일'[day.weekday()]})"


def spoken_time(at: datetime, *, seconds: bool = False) -> str:
    """A moment of the Korean clock in a sentence: `2026-03-02 20:40` (`2026년 3월 2일 (월) 20:40`)."""
    return f"{spoken_day(at.astimezone(KOREA).date())} {korean_clock(at, seconds=seconds)}"


def korean_clock(at: datetime, *, seconds: bool = False) -> str:
    """`20:40`, or `20:40:00`"""
    return korean_time(at)[11:] if seconds else korean_time(at)[11:16]


def file_stamp(at: datetime) -> str:
    """`20260302-204000`, for names of files and jobs."""
    return f"{at.astimezone(KOREA):%Y%m%d-%H%M%S}"


Clock = Callable[[], datetime]
"""Gives the present moment, as an aware datetime."""


def utc_now() -> datetime:
    """The host's time. The night rule turns it into Korean time itself."""
    return datetime.now(UTC)
