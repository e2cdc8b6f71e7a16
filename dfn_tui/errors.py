"""The one hierarchy of expected errors.

An expected error reaches the operator as three short texts: a title, what happened (including what
was and was not changed), and what to do next. Anything else that is raised is a defect and crashes
loudly. No token and no personal value ever goes into one of these texts.
"""

from dfn_tui.text import N_, _


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


_SYSTEM = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File exists"),
    N_("File name too long"),
    N_("Too many levels of symbolic links"),
    N_("Too many open files"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("Device or resource busy"),
    N_("Cannot allocate memory"),
    N_("Broken pipe"),
    N_("Address already in use"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("Network is unreachable"),
    N_("No route to host"),
)
"""What Linux says most often. It says it in English, whatever is spoken here."""


def system_reason(error: OSError) -> str:
    """What the system says of it, or its type where that is nothing."""
    return _(error.strerror or "") or type(error).__name__


class GateRefused(ConsoleError):
    """A rule forbids the write. Nothing was sent."""


class TokenTrouble(ConsoleError):
    """There is no token, or none that can be used."""
