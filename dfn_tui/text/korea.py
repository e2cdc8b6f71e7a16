"""The Korean clock, and how its times are written: the operators' days and the law's nights go by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

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
