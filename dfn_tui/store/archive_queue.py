"""What of the journal the archive has not got yet. The journal itself is the queue: beside it lies only a
mark of how far it was sent.

The mark is no evidence. Where it is lost, belongs to another archive or does not fit the journal any more,
all is sent again: the archive keeps each entry once, and what was put in the place of one beside it.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dfn_tui.files import create_private, read_small
from dfn_tui.store.body import GENESIS, Unreadable, chained, quoted
from dfn_tui.store.chain import hash_of, read_head
from dfn_tui.store.errors import damaged, journal_errors
from dfn_tui.store.known_head import KnownHead
from dfn_tui.store.schema import open_journal

_TIMEOUT = 5.0
"""Seconds to wait for the journal: whoever writes goes first."""
_LARGEST = 512  # bytes
_BIGGEST = 2**63 - 1


class ChainedEntry(NamedTuple):
    """An entry as it is archived. `hash` is made anew from `previous` and `body`, so that it always fits: of
    an entry that was altered the archive gets another one than the journal has. `about` is what an intent is
    found by, `intent` the intent that an outcome is of."""

    seq: int
    previous: bytes
    hash: bytes
    body: bytes
    about: bytes | None
    intent: int | None
    kept: bytes
    """The hash that the journal has."""


def about(handle: str) -> bytes:
    """What the entries of a user are found by: of one length, whatever the id is."""
    return hashlib.sha256(quoted(handle).encode()).digest()


def mark_file(journal: Path) -> Path:
    """Where the mark of that journal lies."""
    return journal.with_name(f"{journal.name}.archived")


class ArchiveQueue:
    """The entries of the journal at `path` that the archive named `target` has not got. Every method may
    raise `JournalError`. Each opens the file anew: another may lie there."""

    def __init__(self, path: Path, target: str) -> None:
        self._path = path
        self._target = hashlib.sha256(target.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def behind(self) -> int:
        """How many entries it has not got."""
        with self._reading() as connection:
            if connection is None:
                return 0
            return max(read_head(connection).count - self._mark(connection).seq, 0)

    def take(self, limit: int) -> list[ChainedEntry]:
        """The next of them, in order."""
        with self._reading() as connection:
            if connection is None:
                return []
            mark = self._mark(connection)
            previous = mark.hash if mark.seq else GENESIS
            found = []
            for seq, body, kept in connection.execute(
                "SELECT seq, coalesce(CAST(body AS BLOB), x''), coalesce(CAST(hash AS BLOB), x'')"
                " FROM entry WHERE seq > ? ORDER BY seq LIMIT ?",
                (mark.seq, limit),
            ):
                found.append(
                    ChainedEntry(seq, previous, chained(previous, body), body, *_found_by(body), kept)
                )
                previous = kept
            return found

    def oldest(self) -> datetime | None:
        """When the oldest entry was written that it has not got; None where it has all. Of one that does not
        say so, the beginning of time: it waits too long, however long that may be."""
        for entry in self.take(1):
            try:
                at = datetime.fromisoformat(json.loads(entry.body)["at"])
            except (ValueError, KeyError, TypeError, RecursionError):
                at = datetime.min
            return at if at.utcoffset() is not None else datetime.min.replace(tzinfo=UTC)
        return None

    def sent(self, last: ChainedEntry) -> None:
        """Notes that it has got all up to this one."""
        self._note(last.seq, last.kept)

    def known(self) -> int:
        """Up to which entry it has got them; 0 where the journal is another one."""
        with self._reading() as connection:
            return 0 if connection is None else self._mark(connection).seq

    def _note(self, seq: int, digest: bytes) -> None:
        path = mark_file(self._path)
        making = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
        with journal_errors(self._path):
            try:
                os.close(create_private(making))
                making.write_text(f"{self._target} {KnownHead(seq, digest).text}\n", encoding="ascii")
                making.replace(path)
            finally:
                making.unlink(missing_ok=True)

    def _mark(self, connection: sqlite3.Connection) -> KnownHead:
        nothing = KnownHead(0, b"")
        try:
            said = read_small(mark_file(self._path), _LARGEST).decode("ascii", "replace")
        except FileNotFoundError:
            return nothing
        target, _blank, text = said.strip().partition(" ")
        found = KnownHead.read(text)
        if found is None or target != self._target or hash_of(connection, found.seq) != found.hash:
            return nothing
        return found

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """One state of the journal; None where there is none yet."""
        with opened_journal(self._path) as connection:
            yield connection


@contextmanager
def opened_journal(path: Path) -> Iterator[sqlite3.Connection | None]:
    """One state of the journal at `path`; None where there is none. Raises `JournalError`."""
    with journal_errors(path):
        if not path.exists():
            yield None
            return
        try:
            with closing(open_journal(path, _TIMEOUT, create=False)) as connection:
                connection.execute("BEGIN")
                yield connection
        except Unreadable as error:
            raise damaged(path) from error


def _found_by(body: bytes) -> tuple[bytes | None, int | None]:
    """What an entry is found by; nothing where it is none that this program writes."""
    try:
        said = json.loads(body)
        if said["kind"] == "intent":
            return about(said["subject"]["handle"]), None
        intent = said.get("intent")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, None
    return None, intent if isinstance(intent, int) and 0 < intent <= _BIGGEST else None
