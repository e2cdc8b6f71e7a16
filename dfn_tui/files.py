"""New files and folders that only their owner may read. Everything here raises `OSError`.

What stands at the path already, a link too, is never written to and never followed.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Self


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


def read_small(path: Path, most: int) -> bytes:
    """The first bytes of a small file of ours. Raises `OSError`, for a pipe in its place too."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        return file.read(most)


def empty_private(path: Path) -> None:
    """Makes an empty file in place of one that may be there."""
    path.unlink(missing_ok=True)
    os.close(create_private(path))


def sync(path: Path) -> None:
    """Has a file, or the names in a folder, survive a power cut."""
    if os.name == "nt" and path.is_dir():
        return  # there folders cannot be opened
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
