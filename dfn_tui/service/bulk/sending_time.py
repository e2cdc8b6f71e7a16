"""When a campaign goes out, as an operator says it."""

import re
from datetime import datetime, time, timedelta

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import KOREA, spoken_time

_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


class SendingTimeRefused(ConsoleError):
    """What was typed is no time that a campaign can go out at."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            _("This is no time to send at"),
            happened,
            _("Write it as 21:10 or as 2026-11-27 21:10, in Korean time."),
        )


def sending_time(text: str | None, now: datetime) -> datetime:
    """The moment that `text` means at `now`; None is now.

    `21:10` is today by Korean time, or tomorrow where that minute is over; `2026-11-27 21:10` is Korean time
    where it names no other. Raises SendingTimeRefused, also for a day that is past.
    """
    now = now.astimezone(KOREA)
    if text is None:
        return now
    minute = now.replace(second=0, microsecond=0)  # the one under way is not over
    try:
        at = _read(text.strip(), minute)
    except (ValueError, OverflowError):
        words = _("{text} is no time of the day, and no date with one.")
        raise SendingTimeRefused(words.format(text=sanitize(text, 40))) from None
    if at < minute:
        words = _("{at} KST is past; it is {now} KST.")
        raise SendingTimeRefused(words.format(at=spoken_time(at), now=spoken_time(now)))
    return at


def _read(text: str, minute: datetime) -> datetime:
    if _CLOCK.fullmatch(text):
        clock = time.fromisoformat(text if text[2] == ":" else f"0{text}")
        at = datetime.combine(minute, clock, KOREA)
        return at if at >= minute else at + timedelta(days=1)
    if not _MOMENT.fullmatch(text):
        raise ValueError
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=KOREA) if at.utcoffset() is None else at.astimezone(KOREA)
