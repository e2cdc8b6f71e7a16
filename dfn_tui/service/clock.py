"""The host's clock, which tests replace."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, as an aware datetime."""


def utc_now() -> datetime:
    """The host's time. The night rule turns it into Korean time itself."""
    return datetime.now(UTC)
