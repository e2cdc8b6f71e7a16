"""The local syslog as an archive: what it keeps, and sends on, is up to its configuration."""

import json
import os
import socket
import time
from collections.abc import Iterator, Sequence

from dfn_tui.errors import system_reason
from dfn_tui.service.archive.sink import ArchiveError, Origin
from dfn_tui.store.archive_queue import ChainedEntry
from dfn_tui.text import _, sanitize

TAG = "dfn-tui-journal"
"""What the messages are found by."""
_AUTHPRIV_INFO = 10 << 3 | 6
_PART = 4000
"""Characters of an entry in a message: many syslog daemons cut one at 8 KiB."""
_WAIT = 2.0  # seconds for a daemon that is busy


class SyslogArchive:
    """Writes to the datagram socket at `path`. That a message was taken is all that can be known of it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_WAIT)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise self._failed(error) from error

    def store(self, origin: Origin, entries: Sequence[ChainedEntry]) -> None:
        """Hands them on, in their order. Raises `ArchiveError`."""
        try:
            for entry in entries:
                for message in messages(origin, entry):
                    self._socket.send(message)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        self._socket.close()

    def _failed(self, error: OSError) -> ArchiveError:
        words = _("The syslog at {path} does not take messages: {reason}.")
        return ArchiveError(words.format(path=sanitize(self._path, 200), reason=system_reason(error)))


def messages(origin: Origin, entry: ChainedEntry) -> Iterator[bytes]:
    """An entry as messages: each a JSON object behind `@cee:`, with a part of the entry's own text."""
    body = entry.body.decode("utf-8", "backslashreplace")
    parts = [body[start : start + _PART] for start in range(0, len(body), _PART)] or [""]
    for number, part in enumerate(parts, 1):
        said = {
            **origin._asdict(),
            "seq": entry.seq,
            "hash": entry.hash.hex(),
            "previous": entry.previous.hex(),
            "part": number,
            "parts": len(parts),
            "body": part,
        }
        at = time.strftime("%b %e %H:%M:%S")
        text = f"<{_AUTHPRIV_INFO}>{at} {TAG}[{os.getpid()}]: @cee: {json.dumps(said)}"
        yield text.encode("ascii", "backslashreplace")
