"""What one check of the doctor saw."""

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """FAILED: the console cannot work so. WARNING: it can, but something is less than it could be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found, and what to do about it, in sentences that are inert and hold no secret. `to_do` is
    empty where there is nothing to do."""

    standing: CheckStatus
    found: str
    to_do: str = ""


def ok(found: str) -> CheckResult:
    return CheckResult(CheckStatus.OK, found)


def warning(found: str, to_do: str) -> CheckResult:
    return CheckResult(CheckStatus.WARNING, found, to_do)


def failed(found: str, to_do: str) -> CheckResult:
    return CheckResult(CheckStatus.FAILED, found, to_do)
