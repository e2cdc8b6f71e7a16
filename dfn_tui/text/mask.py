"""Personal values, covered: enough is left to compare with what a customer reads out, no more."""

import re

# Anything else after the last "@" is no domain but more text, which may be as personal as the rest.
_DOMAIN = re.compile(r"[\w.\-]+")
# A date with its hyphens has eight digits.
_WITHIN = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+|\+?[0-9](?:[-.]?[0-9]){8,}")


def mask(value: str) -> str:
    """A phone number, Kakao id, e-mail address or name with its middle covered.

    The length stays visible for numbers (operators compare digits), an e-mail keeps its domain.
    `821012345678` → `82••••••••78`, `lee@example.com` → `l••@example.com`.
    """
    local, at, domain = value.rpartition("@")
    if at and local and _DOMAIN.fullmatch(domain):
        return local[0] + "•" * max(2, len(local) - 1) + at + domain
    if len(value) <= 4:
        return "•" * max(len(value), 1)
    return value[:2] + "•" * (len(value) - 4) + value[-2:]


def mask_within(text: str) -> str:
    """`text` with every e-mail address and every number of nine digits or more in it masked."""
    return _WITHIN.sub(lambda detail: mask(detail[0]), text)
