"""An archive to test with: it keeps what it was sent, each number and hash once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dfn_tui.service.archive.sending import send
from dfn_tui.service.archive.sink import ArchiveError, Origin
from dfn_tui.store.archive_queue import ArchiveQueue, ChainedEntry

ORIGIN = Origin("bastion-1", "kim")


class ArchiveInMemory:
    """It takes nothing while it is `down`."""

    def __init__(self) -> None:
        self.entries: dict[tuple[int, bytes], ChainedEntry] = {}
        self.order: list[int] = []
        self.down = False

    def store(self, _origin: Origin, entries: Sequence[ChainedEntry]) -> None:
        if self.down:
            raise ArchiveError("It is down.")
        for entry in entries:
            self.entries.setdefault((entry.seq, entry.hash), entry)
            self.order.append(entry.seq)

    def close(self) -> None:
        pass

    def take_all(self, path: Path) -> int:
        return send(ArchiveQueue(path, "it"), lambda: self, origin=ORIGIN)

    def hashes(self) -> Iterator[tuple[int, bytes]]:
        return iter(sorted(self.entries))
