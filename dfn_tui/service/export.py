"""New files for the operator's eyes only, named as an operator types a path."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.temporary import TemporaryFiles, new_private_text
from dfn_tui.text import _, sanitize


class NotExported(ConsoleError):
    """The file was not written. What stood there was left as it is."""


def export(name: str, write: Callable[[TextIO], object]) -> Path:
    """Has `write` write a new file, and says where that is. It is whole, or not there at all.

    Raises `NotExported`, also where there is such a file already.
    """
    with export_errors():
        path = _path(name)
        with new_private_text(path, newline="") as file:
            write(file)
    return path


def require_room(name: str) -> None:
    """Raises `NotExported` where no new file of that name can be made: asked before what is to be written
    costs anything."""
    with export_errors():
        path = _path(name)
        if os.path.lexists(path):
            raise FileExistsError
        with TemporaryFiles(path.parent) as temporary:
            temporary.new(".part")


def _path(name: str) -> Path:
    return Path(name.strip()).expanduser().absolute()


@contextmanager
def export_errors() -> Iterator[None]:
    """Raises `NotExported` for what fails while a file is written."""
    try:
        yield
    except FileExistsError:
        raise NotExported(
            _("Not written"),
            _("There is a file of that name already; it was left as it is."),
            _("Give another name."),
        ) from None
    except (OSError, ValueError, RuntimeError) as error:  # a path with a NUL in it, a home nobody has
        reason = (
            system_reason(error)
            if isinstance(error, OSError) and error.strerror
            else _("no such path can be")
        )
        raise NotExported(
            _("Not written"),
            _("The file cannot be written: {reason}.").format(reason=sanitize(reason, 200)),
            _("Give another path, or make room."),
        ) from error
