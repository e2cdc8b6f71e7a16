"""When a server that said "too many requests" will listen again.

Rests on DFINERY's documentation of the rate-limit headers. Its own samples spell the reset header two
ways and give it once in seconds and once in milliseconds, so both are read here.
"""

from collections.abc import Mapping

_RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset")
# As seconds, 10^9 is the year 2001 and 10^11 the year 5138; as milliseconds, 10^11 is the year 1973 and
# 10^14 the year 5138. So one number is never plausible as both.
_FIRST_SECOND, _LAST_SECOND, _LAST_MILLISECOND = 10**9, 10**11, 10**14
_LONGEST_PERIOD = 366 * 86400  # the longest documented period is a year


def reset_at(headers: Mapping[str, str]) -> float | None:
    """The instant of the reset in seconds since the epoch; None where the header is missing or nonsense.

    `headers` looks names up without regard to case, or has them in lower case.
    """
    for name in _RESET_HEADERS:
        reset = _instant(headers.get(name, ""))
        if reset is not None:
            return reset
    return None


def seconds_until_reset(headers: Mapping[str, str], now: float) -> float | None:
    """How long to wait by the server's own word, `now` being the time on the server's clock.

    None where the server gave no usable word: no header, nonsense, a reset that has passed already, or
    one further ahead than any documented period. `Retry-After`, which every proxy knows, counts where the
    documented headers are missing; as seconds only.
    """
    reset = reset_at(headers)
    if reset is not None and 0 < reset - now <= _LONGEST_PERIOD:
        return reset - now
    digits = headers.get("retry-after", "").strip()
    if digits.isascii() and digits.isdecimal() and 0 < len(digits) <= 8:
        return float(digits) if 0 < int(digits) <= _LONGEST_PERIOD else None
    return None


def _instant(text: str) -> float | None:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15):
        return None
    number = int(digits)
    if _FIRST_SECOND <= number < _LAST_SECOND:
        return float(number)
    if _LAST_SECOND <= number < _LAST_MILLISECOND:
        return number / 1000
    return None
