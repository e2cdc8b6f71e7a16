"""What is kept of a defect of this program: where it was, without a word of what it was working on."""

import errno
import os
import platform
import sys
import traceback
from pathlib import Path

from dfn_tui import __version__, paths
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import say, short_of
from dfn_tui.errors import ConsoleError
from dfn_tui.files import make_private_folder
from dfn_tui.temporary import new_private_text
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import file_stamp, utc_now

_SHORT = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)


def report(defect: BaseException) -> ExitCode:
    """Writes a report into the state folder, says in one line where it lies, and returns the exit code. Where
    the host ran out of something, that is said instead: it is no defect, and nobody knows how far it came."""
    if _host_is_short(defect):
        say(short_of())
        return ExitCode.UNKNOWN
    name = type(defect).__name__
    path = Path()
    try:
        path = paths.state_dir() / f"defect-{file_stamp(utc_now())}-{os.urandom(3).hex()}.txt"
        make_private_folder(path.parent)
        with new_private_text(path) as file:
            file.write("\n".join(_lines(defect)) + "\n")
        words = _("dfn-tui: a defect of this program ({name}). Report it with {path}: no value is in it.")
    except (OSError, ConsoleError):
        words = _("dfn-tui: a defect of this program ({name}). A report of it could not be written.")
    say(words.format(name=sanitize(name, 60), path=sanitize(str(path), 200)))
    return ExitCode.DEFECT


def _host_is_short(defect: BaseException) -> bool:
    error: BaseException | None = defect
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SHORT):
            return True
        if type(error) is RuntimeError and error.args == ("can't start new thread",):
            return True
        error = error.__cause__ or error.__context__
    return False


def _lines(defect: BaseException) -> list[str]:
    """The versions, then each exception's type and the places it came through, the innermost last. What an
    exception says is left out: it often quotes a value."""
    lines = [f"dfn-tui {__version__}, Python {platform.python_version()}, {sys.platform}"]
    todo, seen = [defect], set[int]()
    while todo:
        error = todo.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        kind = type(error)
        lines.append(f"{kind.__module__}.{kind.__qualname__}")
        for frame in traceback.extract_tb(error.__traceback__):
            lines.append(f"  {_place(frame.filename)}:{frame.lineno}")
        todo += [one for one in (error.__cause__, error.__context__) if one is not None]
        if isinstance(error, BaseExceptionGroup):
            todo += error.exceptions
    return lines


def _place(file: str) -> str:
    """The file from its package on: above it may be somebody's name."""
    parts = Path(file).parts
    above = parts.index("site-packages") + 1 if "site-packages" in parts else -3
    return "/".join(parts[above:])
