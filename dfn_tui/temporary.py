"""Files in the making: under names of their own beside the one they are to have, and never left over.

Each process notes in the state folder where it makes some, and holds a lock on the note. The next start
removes what a note names that nobody holds: files with the note's own unpredictable name in them, no others.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from dfn_tui import paths
from dfn_tui.files import Closing, create_private, make_private_folder
from dfn_tui.locks import KNOWN, drop_lock, take_lock

_NOTE = re.compile(r"[0-9a-f]{16}\.making")


class TemporaryFiles(Closing):
    """New files in `folder` for their owner alone; what was not given its name by the end is removed."""

    def __init__(self, folder: Path) -> None:
        remove_leftovers()
        self._folder = folder.absolute()
        self._name = os.urandom(8).hex()
        self._note = _notes() / f"{self._name}.making"
        self._lock: int | None = None
        with suppress(OSError):  # a full disk: without a note only a kill leaves something over
            make_private_folder(paths.state_dir())
            make_private_folder(self._note.parent)
            self._lock = take_lock(self._note)
            if self._lock is not None:
                os.write(self._lock, os.fsencode(self._folder))

    def new(self, suffix: str) -> Path:
        """An empty new file. Raises `OSError`."""
        path = self._folder / f".dfn-tui-{self._name}{suffix}"
        os.close(create_private(path))
        return path

    def publish(self, made: Path, path: Path, *, replace: bool = False) -> None:
        """Gives a file its name. Raises `OSError`: `FileExistsError` where something has that name already
        and is not to be replaced."""
        if replace:
            made.replace(path)
            return
        os.close(create_private(path))  # the name is ours from here on
        try:
            made.replace(path)
        except OSError:
            path.unlink()
            raise

    def close(self) -> None:
        _remove(self._folder, self._name)
        if self._lock is not None:
            drop_lock(self._note, self._lock)
            self._lock = None


def remove_leftovers() -> None:
    """Removes what processes left that were killed while they made something."""
    folder = _notes()
    if not (KNOWN and folder.is_dir()):
        return
    with suppress(OSError):
        for note in folder.iterdir():
            if _NOTE.fullmatch(note.name) and (lock := take_lock(note)) is not None:
                noted = os.fsdecode(os.read(lock, 65_536))
                if noted:
                    _remove(Path(noted), note.stem)
                drop_lock(note, lock)


def _remove(folder: Path, name: str) -> None:
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(f".dfn-tui-{name}"):
                path.unlink(missing_ok=True)


def _notes() -> Path:
    return paths.state_dir() / "making"


@contextmanager
def new_private_text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """A new text file, which is there when it is whole and not before: half of it would pass for the whole.
    Raises `FileExistsError` where something has that name."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    with TemporaryFiles(path.parent) as temporary:
        made = temporary.new(".part")
        with made.open("w", encoding="utf-8", newline=newline) as file:
            yield file
        temporary.publish(made, path)


def replace_private(path: Path, data: bytes) -> None:
    """Puts a new file in place of one that may be there, as a whole or not at all; it is on the disk then.

    The folder is made where it is not there. Raises `OSError`.
    """
    make_private_folder(path.parent)
    with TemporaryFiles(path.parent) as temporary:
        made = temporary.new(".part")
        with made.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.publish(made, path, replace=True)
