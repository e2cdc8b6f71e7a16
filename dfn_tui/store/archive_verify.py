"""Does the journal still hold what was archived of it, and the archive what the journal holds?

The archive keeps each entry under its number and its hash for ever, so that a journal that was cut off, put
back, replaced or made anew misses one of them, or has another one there.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from dfn_tui.store.archive_queue import opened_journal
from dfn_tui.store.verify import Progress
from dfn_tui.text import _, ngettext

_STRIDE = 5000


class ArchiveFault(StrEnum):
    """ROLLED_BACK: the journal ends before an entry that was archived. REMOVED: it misses one. FORKED: it has
    another one there, or two were archived under one number. LACKS: the archive misses one that it had, or
    that came before others it has."""

    ROLLED_BACK = "rolled-back"
    REMOVED = "removed"
    FORKED = "forked"
    LACKS = "archive-lacks"


class ArchiveVerification(NamedTuple):
    """`archived` entries were compared; `fault` at entry `seq` is the first. So many are still to be sent."""

    archived: int
    behind: int = 0
    fault: ArchiveFault | None = None
    seq: int | None = None


class _Different(Exception):
    def __init__(self, fault: ArchiveFault, seq: int) -> None:
        self.fault, self.seq = fault, seq


def compare(
    path: Path, archived: Iterable[tuple[int, bytes]], known: int = 0, progress: Progress | None = None
) -> ArchiveVerification:
    """Compares the journal at `path` with the numbers and hashes that were `archived` of it, in the order of
    the numbers. All up to `known` were. Raises `JournalError`."""
    with opened_journal(path) as connection:
        question = "SELECT seq, CAST(hash AS BLOB) FROM entry ORDER BY seq"
        local: Iterator[tuple[int, bytes]] = iter(()) if connection is None else connection.execute(question)
        count = last = 0
        try:
            for seq in _alike(local, archived, known):
                count, last = count + 1, seq
                if progress is not None and count % _STRIDE == 0:
                    progress(count, max(known, count))
        except _Different as found:
            return ArchiveVerification(count, 0, found.fault, found.seq)
        # What was read last of the journal is what was compared last.
        behind = sum(seq > last for seq, _hash in local)
        return ArchiveVerification(count, behind)


def _alike(
    local: Iterator[tuple[int, bytes]], archived: Iterable[tuple[int, bytes]], known: int
) -> Iterator[int]:
    """The numbers of the archived entries that the journal holds as well, up to the first it does not."""
    last = 0
    for seq, digest in archived:
        if seq > last + 1:
            raise _Different(ArchiveFault.LACKS, last + 1)
        if seq <= last:
            raise _Different(ArchiveFault.FORKED, seq)
        mine = next((row for row in local if row[0] >= seq), None)
        if mine is None:
            raise _Different(ArchiveFault.ROLLED_BACK, seq)
        if mine[0] != seq:
            raise _Different(ArchiveFault.REMOVED, seq)
        if mine[1] != digest:
            raise _Different(ArchiveFault.FORKED, seq)
        last = seq
        yield seq
    if last < known:
        raise _Different(ArchiveFault.LACKS, last + 1)


def explain_comparison(found: ArchiveVerification) -> str:
    """One or two sentences for the operator."""
    if found.fault is not None:
        return {
            ArchiveFault.ROLLED_BACK: _(
                "Entry {seq} was archived, and the journal ends before it: an older copy is in its place, "
                "its end was cut off, or it was removed."
            ),
            ArchiveFault.REMOVED: _("Entry {seq} was archived, and the journal does not hold it any more."),
            ArchiveFault.FORKED: _(
                "Another entry {seq} was archived than the journal holds, or two of them: another journal "
                "is in its place, it was made anew from an earlier entry on, or somebody else archives "
                "under its name."
            ),
            ArchiveFault.LACKS: _("The archive does not hold entry {seq}, which was sent to it."),
        }[found.fault].format(seq=found.seq)
    said = ngettext(
        "The archive holds the same: {count} entry.",
        "The archive holds the same: {count} entries.",
        found.archived,
    ).format(count=f"{found.archived:,}")
    return said
