"""New files and folders that only their owner may read. Everything here raises `OSError`.

What stands at the path already, a link too, is never written to and never followed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TextIO


class Closing:
    """What holds a file open: `with` closes it."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def make_private_folder(folder: Path) -> None:
    """Makes the folder where it is not there; those above it are made as usual."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private(path: Path) -> int:
    """The descriptor of a new file. Raises `FileExistsError` where something has that name."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)


def empty_private(path: Path) -> None:
    """Makes an empty file in place of one that may be there."""
    path.unlink(missing_ok=True)
    os.close(create_private(path))


@contextmanager
def new_private_text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """A new text file, which is whole at the end or not there at all: half of it would pass for the whole."""
    descriptor = create_private(path)
    with _removed_on_error(path), os.fdopen(descriptor, "w", encoding="utf-8", newline=newline) as file:
        yield file


def replace_private(path: Path, data: bytes) -> None:
    """Puts a new file in place of one that may be there, as a whole or not at all; it is on the disk then.

    The folder is made where it is not there.
    """
    make_private_folder(path.parent)
    part = path.with_name(f".dfn-tui-{os.urandom(6).hex()}.tmp")
    descriptor = create_private(part)
    with _removed_on_error(part):
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def sync(path: Path) -> None:
    """Has a file, or the names in a folder, survive a power cut."""
    if os.name == "nt" and path.is_dir():
        return  # there folders cannot be opened
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
