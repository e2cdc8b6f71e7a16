"""How a command ended, as a number that scripts can act on."""

from collections.abc import Iterable
from enum import IntEnum

from dfn_tui.errors import ConsoleError, GateRefused, TokenTrouble


class ExitCode(IntEnum):
    """The exit codes of all commands.

    The first of these that holds is told: DEFECT, STOPPED (by Ctrl+C or a signal), UNKNOWN, TOKEN or NETWORK
    (every failure was such a one), SOME_FAILED, BAD_USAGE or REFUSED (nothing was done), DONE.
    SOME_FAILED: also that the sandbox could not run, the journal does not hold what was asked for or the
    doctor found a fault. BAD_USAGE: also a configuration or journal that is not right.
    """

    DONE = 0
    SOME_FAILED = 1
    BAD_USAGE = 2
    REFUSED = 3
    TOKEN = 4
    NETWORK = 5
    UNKNOWN = 6
    DEFECT = 70
    STOPPED = 130


def of_error(error: ConsoleError) -> ExitCode:
    """The exit code of a command that this error ended."""
    from dfn_tui.api import errors as api  # noqa: PLC0415  not needed where nothing fails

    if isinstance(error, GateRefused | api.ReadOnly):
        return ExitCode.REFUSED
    if isinstance(error, TokenTrouble | api.TokenRejected | api.NotPermitted):
        return ExitCode.TOKEN
    network = api.Unreachable | api.AnswerLost | api.ServerFailed | api.RateLimited | api.AnswerUnreadable
    return ExitCode.NETWORK if isinstance(error, network) else ExitCode.BAD_USAGE


def of_failures(
    failures: Iterable[ConsoleError | None], *, unknown: bool = False, stopped: bool = False
) -> ExitCode:
    """The exit code of a command through which these users failed, each with the error of the whole request
    or None where the user or a row alone failed. `unknown`: of some user nobody knows whether it was written
    to. `stopped`: somebody stopped it before its end.

    What holds for all of them is told; else that some failed, which others did not.
    """
    if stopped:
        return ExitCode.STOPPED
    if unknown:
        return ExitCode.UNKNOWN
    codes = {ExitCode.SOME_FAILED if error is None else of_error(error) for error in failures}
    if not codes:
        return ExitCode.DONE
    return codes.pop() if codes in ({ExitCode.TOKEN}, {ExitCode.NETWORK}) else ExitCode.SOME_FAILED
