"""New files for the operator's eyes only, named as an operator types a path."""

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from dfn_tui.errors import ConsoleError
from dfn_tui.files import new_private_text
from dfn_tui.text import _, sanitize


class NotExported(ConsoleError):
    """The file was not written. What stood there was left as it is."""


def export(name: str, write: Callable[[TextIO], object]) -> Path:
    """Has `write` write a new file, and says where that is. It is whole, or not there at all.

    Raises `NotExported`, also where there is such a file already.
    """
    try:
        path = Path(name.strip()).expanduser().absolute()
        with new_private_text(path, newline="") as file:
            write(file)
    except FileExistsError:
        raise NotExported(
            _("Not written"),
            _("There is a file of that name already; it was left as it is."),
            _("Give another name."),
        ) from None
    except (OSError, ValueError, RuntimeError) as error:  # a path with a NUL in it, a home nobody has
        reason = error.strerror if isinstance(error, OSError) and error.strerror else _("no such path can be")
        raise NotExported(
            _("Not written"),
            _("The file cannot be written: {reason}.").format(reason=sanitize(reason, 200)),
            _("Give another path, or make room."),
        ) from error
    return path
