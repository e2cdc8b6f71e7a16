"""The journal's file: made, opened, brought up to this program's schema."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from dfn_tui.store.body import GENESIS
from dfn_tui.store.errors import damaged, foreign, newer, no_log

APPLICATION_ID = 0x64666E6A  # "dfnj", in the file's header

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        # The chain. Nothing else is evidence; all other tables but `sealed` could be made anew from it.
        "CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL)",
        # How far the chain goes: what was cut off its end is missed by this. `at` is the last entry's time,
        # `dropped` up to when sealed values were dropped; the rest is the signature made with the key.
        """CREATE TABLE head (
            one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash BLOB NOT NULL,
            at TEXT NOT NULL, dropped TEXT NOT NULL,
            key_id BLOB, since INTEGER, signed INTEGER, signature BLOB)""",
        f"INSERT INTO head (one, count, hash, at, dropped) VALUES (1, 0, x'{GENESIS.hex()}', '', '')",  # noqa: S608
        # What lists are found by: everything about an intent that few intents differ in, as one number.
        """CREATE TABLE shape (
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, operator TEXT NOT NULL,
            sudo_user TEXT NOT NULL, flags TEXT NOT NULL, outcome TEXT NOT NULL,
            UNIQUE (connection, operator, sudo_user, flags, outcome))""",
        """CREATE TABLE state (
            seq INTEGER PRIMARY KEY, user TEXT NOT NULL, "write" TEXT NOT NULL,
            shape INTEGER NOT NULL, outcome INTEGER)""",
        "CREATE INDEX state_shape ON state (shape)",
        "CREATE INDEX state_user ON state (user, shape)",
        'CREATE INDEX state_write ON state ("write", shape)',
        # The first entry after each time the clock was set back.
        "CREATE TABLE step (seq INTEGER PRIMARY KEY)",
        """CREATE TABLE sealed (
            seq INTEGER NOT NULL, slot INTEGER NOT NULL, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL,
            PRIMARY KEY (seq, slot)) WITHOUT ROWID""",
    ),
)
"""The statements that lead from each version of the schema to the next; a version is their number."""


def open_journal(path: Path, patience: float, *, create: bool) -> sqlite3.Connection:
    """The journal at `path`, at the present schema; made, if `create`, where there is none.

    `patience` is how many seconds to wait for another process. A new folder gets 0700 and the file 0600
    (SQLite gives its companions the file's mode). Raises JournalError, sqlite3.Error, OSError.
    """
    if create:
        _make(path)
    immutable = not create and on_read_only_media(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{'immutable=1' if immutable else 'mode=rw'}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _settle(connection, path, patience, immutable=immutable)
    except BaseException:
        connection.close()
        raise
    return connection


def empty_journal() -> sqlite3.Connection:
    """A journal that nothing was written to, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection, MIGRATIONS)
    return connection


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the file is at the schema of this program."""
    return _pragma(connection, "user_version") == len(MIGRATIONS)


def on_read_only_media(path: Path) -> bool:
    """Whether nobody can write there, and no write-ahead log is left behind: an archived copy, which is
    read as it is. (SQLite would insist on making its log's index beside it.)"""
    if not hasattr(os, "statvfs"):
        return False
    log = path.with_name(f"{path.name}-wal")
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY) and not log.exists()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(handle)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    if new and os.name == "posix":
        # The file's name must survive a power cut as well as what is in it.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _settle(connection: sqlite3.Connection, path: Path, patience: float, *, immutable: bool) -> None:
    _recognise(connection, path)
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from anywhere
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: past the disk's own cache as well
    if not immutable:
        _log_ahead(connection, path, patience)
    if _pragma(connection, "user_version") < len(MIGRATIONS):
        migrate(connection, MIGRATIONS)
    if _schema(connection) != _own_schema():
        raise damaged(path)  # a table is gone, or a trigger was put in


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """What the file is made of, without what SQLite keeps there for itself."""
    return set(
        connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
    )


@cache
def _own_schema() -> set[tuple[str, str, str]]:
    with closing(empty_journal()) as connection:
        return _schema(connection)


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    version = _pragma(connection, "user_version")
    if version > len(MIGRATIONS):
        raise newer(path) if _pragma(connection, "application_id") == APPLICATION_ID else foreign(path)
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise foreign(path)


def _log_ahead(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Switches to the write-ahead log. Of two processes that do this to a new file at once SQLite turns one
    away without waiting, so the waiting is done here."""
    deadline = time.monotonic() + patience
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            break
    if mode != "wal":
        raise no_log(path)


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]]) -> None:
    """Runs the steps the file has not seen yet, all of them or none."""
    with transaction(connection):
        # Asked again under the lock: another console may just have done it.
        for version in range(_pragma(connection, "user_version"), len(steps)):
            for statement in steps[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: durable when the block is left, undone when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # Also after a COMMIT that failed, as on a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
