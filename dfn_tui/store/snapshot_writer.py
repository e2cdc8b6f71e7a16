"""Making a snapshot: in little memory, under a name of its own until the last row is in it."""

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from dfn_tui.files import Closing, make_private_folder, sync
from dfn_tui.store.sealing import Sealer
from dfn_tui.store.snapshot import (
    APPLICATION_ID,
    BUCKETS,
    ROW,
    SCHEMA,
    VERSION,
    SnapshotFile,
    SnapshotHead,
    bucket_of,
    head_context,
    head_text,
    merged,
    packed,
    part_context,
    part_number,
    snapshot_errors,
    snapshot_file,
)
from dfn_tui.temporary import TemporaryFiles

_HELD = 8 * 1024 * 1024
"""Bytes of rows that are held until each bucket gets a part of them."""


class SnapshotWriter(Closing):
    """A snapshot in the making in `folder`. What was not finished by `close` is gone. Use it from one thread.

    Every method raises `SnapshotError`.
    """

    def __init__(self, folder: Path, name: str, key: bytes) -> None:
        self._path = snapshot_file(folder, name)
        self._sealer = Sealer(key)
        self._id = os.urandom(16)
        self._held = [bytearray() for _bucket in range(BUCKETS)]
        self._size = 0
        self._turns = 0
        self.rows = 0
        self.empty = 0
        with snapshot_errors(self._path):
            make_private_folder(folder)
            self._temporary = TemporaryFiles(folder)
            try:
                self._made = self._temporary.new(".snapshot")
                self._db = sqlite3.connect(self._made, isolation_level=None, check_same_thread=False)
            except BaseException:
                self._temporary.close()
                raise
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        with snapshot_errors(self._path):
            # Nobody needs half of it: what is cut short is thrown away as a whole.
            for pragma in (
                "page_size = 32768",
                "journal_mode = OFF",
                "synchronous = OFF",
                "secure_delete = ON",
            ):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {VERSION}")
            for statement in SCHEMA:
                self._db.execute(statement)

    def add(self, rows: Sequence[tuple[str, str, Mapping[str, str]]]) -> None:
        """Takes rows of the export: of each the id, the letters, and the texts (see `SnapshotRow`)."""
        fingerprint, held, pack, size_of = self._sealer.fingerprint, self._held, ROW.pack, ROW.size
        self.rows += len(rows)
        for user, letters, texts in rows:
            if not user:
                self.empty += 1
                continue
            row = packed(letters, texts)
            found = fingerprint(user)
            held[bucket_of(found)] += pack(found, len(row)) + row
            self._size += size_of + len(row)
        if self._size >= _HELD:
            self._write_parts()

    def _write_parts(self) -> None:
        seal, first = self._sealer.seal, part_number(0, self._turns)
        with snapshot_errors(self._path):
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO part VALUES (?, ?)",
                (
                    (number, b"".join(seal(bytes(rows), part_context(self._id, number))))
                    for number, rows in enumerate(self._held, first)
                ),
            )
            self._db.execute("COMMIT")
        self._turns += 1
        self._held = [bytearray() for _bucket in range(BUCKETS)]
        self._size = 0

    def finish(self, head: SnapshotHead) -> SnapshotHead:
        """Puts it in place of the one that may be there, as a whole and on the disk. What has to be counted
        of the head is counted here."""
        self._write_parts()
        head = head._replace(rows=self.rows, empty=self.empty, states={})
        with snapshot_errors(self._path):
            self._put_head(head)  # reading the buckets takes one
            head = self._counted(head)
            self._put_head(head)
            self._db.close()
            sync(self._made)
            self._temporary.publish(self._made, self._path, replace=True)
            sync(self._path.parent)
        return head

    def _put_head(self, head: SnapshotHead) -> None:
        plain = head.began.isoformat(), head.expires.isoformat()
        context = head_context(self._path.stem, self._id, *plain)
        sealed = b"".join(self._sealer.seal(head_text(head, self._turns), context))
        self._db.execute(
            "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?)",
            (self._id, self._sealer.key_id, *plain, sealed),
        )

    def _counted(self, head: SnapshotHead) -> SnapshotHead:
        """The head with the users counted, each once: what the export says twice is known only now."""
        file = SnapshotFile(self._path, self._db, self._sealer)
        width = len(head.consents)
        users = repeated = ambiguous = 0
        said: Counter[str] = Counter()
        for bucket in range(BUCKETS):
            found: dict[bytes, bytes] = {}
            again: dict[bytes, list[bytes]] = {}
            for fingerprint, row in file.bucket(bucket):
                had = found.setdefault(fingerprint, row)
                if had is not row:
                    again.setdefault(fingerprint, [had]).append(row)
            users += len(found)
            repeated += len(again)
            for fingerprint, rows in again.items():
                ambiguous += len(set(rows)) > 1
                found[fingerprint] = merged(rows, width).letters.encode()
            said.update(row[:width].decode() for row in found.values())
        states: dict[str, dict[str, int]] = {name: {} for name in head.consents}
        for letters, count in said.items():
            for name, letter in zip(head.consents, letters, strict=True):
                states[name][letter] = states[name].get(letter, 0) + count
        return head._replace(users=users, repeated=repeated, ambiguous=ambiguous, states=states)

    def close(self) -> None:
        """Removes what was not finished."""
        self._db.close()
        self._temporary.close()
