"""The one hierarchy of expected errors.

An expected error reaches the operator as three short texts: a title, what happened (including what
was and was not changed), and what to do next. Anything else that is raised is a defect and crashes
loudly. No token and no personal value ever goes into one of these texts.
"""


class ConsoleError(Exception):
    """An error the operator can act on.

    `title` names it in a few words, `happened` says what happened and what was and was not changed,
    `next_step` says what to do now. All three are already translated.
    """

    def __init__(self, title: str, happened: str, next_step: str) -> None:
        super().__init__(f"{title}: {happened} {next_step}")
        self.title = title
        self.happened = happened
        self.next_step = next_step


def system_reason(error: OSError) -> str:
    """What the system says of it, or its type where that is nothing."""
    return error.strerror or type(error).__name__


class GateRefused(ConsoleError):
    """A rule forbids the write. Nothing was sent."""


class TokenTrouble(ConsoleError):
    """There is no token, or none that can be used."""
