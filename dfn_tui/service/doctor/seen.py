"""What one check of the doctor saw."""

from dataclasses import dataclass
from enum import StrEnum

from dfn_tui.errors import ConsoleError


class CheckStatus(StrEnum):
    """FAILED: the console cannot work so. WARNING: it can, but something is less than it could be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found, and what to do about it, in sentences that are inert and hold no secret. `hint` is
    empty where there is nothing to do; `cause` is the error that a failed check met, where it met one."""

    status: CheckStatus
    detail: str
    hint: str = ""
    cause: ConsoleError | None = None


def ok(detail: str) -> CheckResult:
    return CheckResult(CheckStatus.OK, detail)


def warning(detail: str, hint: str) -> CheckResult:
    return CheckResult(CheckStatus.WARNING, detail, hint)


def failed(detail: str, hint: str, cause: ConsoleError | None = None) -> CheckResult:
    return CheckResult(CheckStatus.FAILED, detail, hint, cause)
