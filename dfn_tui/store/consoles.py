"""Which consoles are running: a write without an outcome is under way in one of them, or was cut short.

Each console holds a lock on a file of its own in the state folder. The system lets go of it when the
process ends, however it ends, so a lock that can be had belongs to nobody.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

try:
    import fcntl
except ImportError:  # Windows: there every console counts as running until it says otherwise
    fcntl = None  # type: ignore[assignment]

from dfn_tui.files import make_private_folder
from dfn_tui.store.errors import journal_errors, locked
from dfn_tui.store.records import Operator

_TIMEOUT = 2.0  # seconds


class RunningConsole:
    """Says that this process runs on `host`, until `close` or its end, by a lock in the state folder
    `folder`. Raises JournalError where that cannot be taken."""

    def __init__(self, folder: Path, host: str) -> None:
        self._folder, self._host = folder, host
        self._path = path = _lock_file(folder, host, os.getpid())
        deadline = time.monotonic() + _TIMEOUT
        with journal_errors(path):
            make_private_folder(folder)
            while (descriptor := take_lock(path)) is None:
                if time.monotonic() > deadline:
                    raise locked(path)  # containers may share a folder, a host name and process numbers
                time.sleep(0.01)
        self._descriptor = descriptor

    def ended(self, operator: Operator) -> bool:
        """Whether the console that wrote an entry is certainly gone: it ran on this host, and its lock is
        free. Of a console on another host nothing is known."""
        if operator.host != self._host or operator.pid is None or fcntl is None:
            return False
        if operator.pid == os.getpid():
            return False  # this very process
        path = _lock_file(self._folder, self._host, operator.pid)
        return not path.exists() or is_free(path)

    def close(self) -> None:
        """Says that this console is no more."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def take_lock(path: Path) -> int | None:
    """The open and locked file, or None where another process has it. The system lets go of it when it is
    closed, or when this process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if fcntl is None:
        return descriptor
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor  # and not one that was just cleared away as a dead console's
    os.close(descriptor)
    return None


def is_free(path: Path) -> bool:
    """Whether no process holds that lock; what is left of it is cleared away."""
    descriptor = take_lock(path)
    if descriptor is None:
        return False
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)
    return True


def _lock_file(folder: Path, host: str, pid: int) -> Path:
    return folder / f"console-{quote(host, safe='')}-{pid}.lock"
