"""Which consoles are running: a write without an outcome is under way in one of them, or was cut short.

Each console holds a lock on a file of its own in the state folder. The system lets go of it when the
process ends, however it ends, so a lock that can be had belongs to nobody.
"""

import os
import time
from pathlib import Path
from urllib.parse import quote

from dfn_tui.files import make_private_folder
from dfn_tui.locks import KNOWN, drop_lock, is_free, take_lock
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
        if operator.host != self._host or operator.pid is None or not KNOWN:
            return False  # where locks tell nothing, every console counts as running
        if operator.pid == os.getpid():
            return False  # this very process
        path = _lock_file(self._folder, self._host, operator.pid)
        return not path.exists() or is_free(path)

    def close(self) -> None:
        """Says that this console is no more."""
        drop_lock(self._path, self._descriptor)


def _lock_file(folder: Path, host: str, pid: int) -> Path:
    return folder / f"console-{quote(host, safe='')}-{pid}.lock"
