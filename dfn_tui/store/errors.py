"""What can be wrong with the journal's file, in words."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _, sanitize

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class JournalError(ConsoleError):
    """The journal cannot be read or written. What was being written to it was not written."""


@contextmanager
def journal_errors(path: Path) -> Iterator[None]:
    """Raises JournalError for what SQLite and the operating system say about the file.

    Errors of SQLite that are no fault of the file (a wrong statement) pass: they are defects.
    """
    try:
        yield
    except sqlite3.Error as error:
        said = _sqlite_error(error, path)
        if said is None:
            raise
        raise said from (None if is_no_text(error) else error)
    except UnicodeDecodeError:
        raise damaged(path) from None
    except OSError as error:
        raise _os_error(error, path) from error


def is_no_text(error: Exception) -> bool:
    """Whether a text in a file of SQLite, or what SQLite says of it, is no UTF-8. Such an error quotes it."""
    own = isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode")
    return own or isinstance(error, UnicodeDecodeError)


def _sqlite_error(error: sqlite3.Error, path: Path) -> JournalError | None:
    if is_no_text(error):
        return damaged(path)
    # The low byte is the primary code; the rest says which of its cases. Python's own errors bear none.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_IOERR:
        return _failing(path, error.sqlite_errorname)
    say = _SAID.get(code)
    return say(path) if say else None


def _os_error(error: OSError, path: Path) -> JournalError:
    if error.errno in _FULL:
        return _full(path)
    if error.errno in _FORBIDDEN:
        return not_writable(path)
    if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST):
        return foreign(path)
    return _failing(path, system_reason(error))


def locked(path: Path) -> JournalError:
    return JournalError(
        _("The journal is locked"),
        _("Another process holds {path} and did not let go within a minute.").format(path=_shown(path)),
        _("Close other consoles that are stuck, and try again."),
    )


def _full(path: Path) -> JournalError:
    return JournalError(
        _("The disk is full"),
        _("There is no room left to write {path}.").format(path=_shown(path)),
        _("Free some space, and try again."),
    )


def not_writable(path: Path) -> JournalError:
    return JournalError(
        _("The journal cannot be opened"),
        _("{path} may not be opened or written: no permission, or a read-only file system.").format(
            path=_shown(path)
        ),
        _("Check who owns the folder, or name another one with DFN_TUI_STATE."),
    )


def is_link(path: Path) -> JournalError:
    return JournalError(
        _("The journal is a link"),
        _("{path} leads to another file, which this program does not follow.").format(path=_shown(path)),
        _("Put the file itself there, or name its folder with DFN_TUI_STATE."),
    )


def not_ours(path: Path) -> JournalError:
    return JournalError(
        _("Others may replace the journal"),
        _("They may write {folder}, and it cannot be closed to them.").format(folder=_shown(path.parent)),
        _("Have its owner take that right away (chmod go-w), or name another one with DFN_TUI_STATE."),
    )


def foreign(path: Path) -> JournalError:
    return JournalError(
        _("This is not a journal"),
        _("{path} is there, but this program did not make it.").format(path=_shown(path)),
        _("Move it away, or name another folder with DFN_TUI_STATE."),
    )


def newer(path: Path) -> JournalError:
    return JournalError(
        _("The journal is newer than this program"),
        _("{path} was written by a later version, which this one cannot read.").format(path=_shown(path)),
        _("Update dfn-tui."),
    )


def replaced(path: Path) -> JournalError:
    return JournalError(
        _("The journal was removed or replaced"),
        _("{path} is not the file any more that what was sent was written to.").format(path=_shown(path)),
        _("Look the users up: what they are now says how it ended. Then begin anew."),
    )


def damaged(path: Path) -> JournalError:
    return JournalError(
        _("The journal is damaged"),
        _("{path} does not hold what was written to it.").format(path=_shown(path)),
        _("Run “dfn-tui journal verify”. Then move the file away, and keep it for whoever looks into it."),
    )


def restless(path: Path) -> JournalError:
    return JournalError(
        _("The journal does not hold still"),
        _("{path} was written whenever it was being copied to be read.").format(path=_shown(path)),
        _("Try again once the job that its host runs is through."),
    )


def no_log(path: Path) -> JournalError:
    return JournalError(
        _("The journal cannot be kept here"),
        _("The file system of {path} cannot share a write-ahead log.").format(path=_shown(path)),
        _("Name a folder on a local disk with DFN_TUI_STATE."),
    )


def _failing(path: Path, detail: str) -> JournalError:
    return JournalError(
        _("The disk does not answer as it should"),
        _("Using {path} failed ({detail}).").format(path=_shown(path), detail=detail),
        _("Check the disk, or name another folder with DFN_TUI_STATE."),
    )


def _shown(path: Path) -> str:
    return sanitize(str(path))


_SAID = {
    sqlite3.SQLITE_BUSY: locked,
    sqlite3.SQLITE_LOCKED: locked,
    sqlite3.SQLITE_PROTOCOL: locked,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_READONLY: not_writable,
    sqlite3.SQLITE_PERM: not_writable,
    sqlite3.SQLITE_AUTH: not_writable,
    sqlite3.SQLITE_CANTOPEN: not_writable,
    sqlite3.SQLITE_NOTADB: foreign,
    sqlite3.SQLITE_CORRUPT: damaged,
    sqlite3.SQLITE_CONSTRAINT: damaged,
}
