"""What one check of the doctor saw."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """FAILED: the console cannot work so. WARNING: it can, but something is less than it could be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found, and what to do about it, in sentences that are inert and hold no secret. `to_do` is
    empty where there is nothing to do."""

    standing: Standing
    found: str
    to_do: str = ""


def ok(found: str) -> Seen:
    return Seen(Standing.OK, found)


def warning(found: str, to_do: str) -> Seen:
    return Seen(Standing.WARNING, found, to_do)


def failed(found: str, to_do: str) -> Seen:
    return Seen(Standing.FAILED, found, to_do)
