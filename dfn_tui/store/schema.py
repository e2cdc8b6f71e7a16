"""The journal's file: made, opened, brought up to this program's schema."""

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache, partial
from itertools import chain
from pathlib import Path

from dfn_tui.files import create_private, make_private_folder, sync
from dfn_tui.store.body import GENESIS, Unreadable, read_body
from dfn_tui.store.errors import damaged, foreign, is_link, newer, no_log, not_ours
from dfn_tui.trust import writable_by_others

HOSTS = "hosts"
"""The folder of the hosts' places in a state folder that several share."""
APPLICATION_ID = 0x64666E6A  # "dfnj", in the file's header
_ROWS_AT_ONCE = 160
"""Older builds of SQLite take 999 values in one statement."""

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
    (
        # What lists are found by: everything about an intent that few intents differ in, as one number.
        """CREATE TABLE index_key (
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, operator TEXT NOT NULL,
            sudo_user TEXT NOT NULL, host TEXT NOT NULL, flags TEXT NOT NULL, outcome TEXT NOT NULL,
            UNIQUE (connection, operator, sudo_user, host, flags, outcome))""",
        """CREATE TABLE intent (
            seq INTEGER PRIMARY KEY, user TEXT NOT NULL, "write" TEXT NOT NULL, index_key INTEGER NOT NULL,
            outcome INTEGER, incident TEXT)""",
        # Made anew, not altered: what ALTER TABLE makes of the text of a schema depends on SQLite's version.
        """CREATE TEMP TABLE console AS SELECT state.seq, shape, host_of(CAST(body AS BLOB)) AS host
            FROM state LEFT JOIN entry ON entry.seq = state.seq""",
        """INSERT INTO index_key (connection, operator, sudo_user, host, flags, outcome)
            SELECT connection, operator, sudo_user, host, flags, outcome
            FROM (SELECT DISTINCT shape, host FROM console WHERE host IS NOT NULL)
            JOIN shape ON shape.id = shape""",
        """CREATE TEMP TABLE moved AS SELECT shape.id AS shape, index_key.host, index_key.id
            FROM shape JOIN index_key USING (connection, operator, sudo_user, flags, outcome)""",
        "CREATE UNIQUE INDEX temp.moved_from ON moved (shape, host)",
        # What has no key is damaged, which verification shall find.
        """INSERT INTO intent SELECT state.seq, user, "write", coalesce(moved.id, 0), outcome, NULL
            FROM state JOIN console ON console.seq = state.seq
            LEFT JOIN moved ON moved.shape = state.shape AND moved.host = console.host
            ORDER BY state.seq""",
        "DROP TABLE moved",
        "DROP TABLE console",
        "DROP TABLE state",
        "DROP TABLE shape",
        "CREATE INDEX intent_key ON intent (index_key)",
        "CREATE INDEX intent_user ON intent (user, index_key)",
        'CREATE INDEX intent_write ON intent ("write", index_key)',
        "CREATE INDEX intent_incident ON intent (incident, index_key) WHERE incident IS NOT NULL",
    ),
    (
        # Without the key, which each outcome changes: that then moves an entry in one index instead of three.
        "DROP INDEX intent_user",
        "DROP INDEX intent_write",
        "DROP INDEX intent_incident",
        "CREATE INDEX intent_user ON intent (user)",
        'CREATE INDEX intent_write ON intent ("write")',
        "CREATE INDEX intent_incident ON intent (incident) WHERE incident IS NOT NULL",
    ),
    (
        # Which entries say of which intents that the person was told, or confirmed what was given.
        """CREATE TABLE duty (
            note INTEGER NOT NULL, intent INTEGER NOT NULL, PRIMARY KEY (note, intent)) WITHOUT ROWID""",
        "CREATE INDEX duty_intent ON duty (intent)",
    ),
)
"""The statements that lead from each version of the schema to the next; a version is their number."""


def open_journal(path: Path, timeout: float, *, create: bool) -> sqlite3.Connection:
    """The journal at `path`, at the present schema; made, if `create`, where there is none.

    `timeout` is how many seconds to wait for another process. A new folder gets 0700 and the file 0600
    (SQLite gives its companions the file's mode). Raises JournalError, sqlite3.Error, OSError.
    """
    if path.is_symlink():
        raise is_link(path)
    if create:
        _make(path)
    else:
        with suppress(OSError):  # who only reads may not be able to
            _close_to_others(path)
    immutable = not create and on_read_only_media(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{'immutable=1' if immutable else 'mode=rw'}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _recognise(connection, path)
        if immutable:
            connection = _present_copy(connection)
        else:
            _settle(connection, path, timeout)
        _check_schema(connection, path)
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
    for folder in _own_folders(path):
        make_private_folder(folder)
        _keep_others_out(path, folder)
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.close(handle)
    _close_to_others(path)
    if new:
        sync(path.parent)  # the name must survive a power cut as well as what is in the file


def _close_to_others(path: Path) -> None:
    """Takes away the rights that others have in the file and its companions."""
    for file in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError):
            if file.lstat().st_mode & 0o077:
                file.chmod(0o600)


def _own_folders(path: Path) -> Iterator[Path]:
    """The folder of the journal, and before it the one that several hosts have their places in."""
    if path.parent.parent.name == HOSTS:
        yield path.parents[2]
        yield path.parents[1]
    yield path.parent


def _keep_others_out(path: Path, folder: Path) -> None:
    """Takes away what rights others have in the folder where it is this program's own or lets them write.
    Raises JournalError where that cannot be done: they could put another journal in the place of this one."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if folder.name == "dfn-tui" and mode & 0o077 and not mode & stat.S_ISVTX:
        wanted = 0o700
    elif writable_by_others(folder):
        wanted = mode & ~0o022
    else:
        return
    with suppress(PermissionError):
        folder.chmod(wanted)
    if writable_by_others(folder):
        raise not_ours(path)


def _settle(connection: sqlite3.Connection, path: Path, timeout: float) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from anywhere
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: past the disk's own cache as well
    _log_ahead(connection, path, timeout)
    if not is_current(connection):
        migrate(connection, MIGRATIONS, partial(_keep_copy, path))


def _present_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The journal on read-only media at the present schema: in memory, where it is of an earlier one."""
    connection.execute("PRAGMA trusted_schema = OFF")
    if is_current(connection):
        return connection
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with closing(connection):
        connection.backup(copy)
    copy.execute("PRAGMA trusted_schema = OFF")
    migrate(copy, MIGRATIONS)
    return copy


def _keep_copy(path: Path, version: int) -> None:
    """Copies the journal beside itself as it was before it is migrated; a copy that is there is kept.

    The write lock is held, so nobody else is at it, and what lies under the temporary name was cut short.
    """
    kept = path.with_name(f"{path.name}.v{version}")
    if not version or kept.exists():
        return
    making = kept.with_name(f"{kept.name}.part")
    making.unlink(missing_ok=True)
    descriptor = create_private(making)
    try:
        # The connection that holds the lock cannot be copied from: SQLite would call it busy for ever.
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        with closing(source), closing(sqlite3.connect(making, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # nobody needs half a copy
            source.backup(copy)
        os.fsync(descriptor)
        making.rename(kept)
    except BaseException:
        making.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    sync(path.parent)


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
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


def _log_ahead(connection: sqlite3.Connection, path: Path, timeout: float) -> None:
    """Switches to the write-ahead log. Of two processes that do this to a new file at once SQLite turns one
    away without waiting, so the waiting is done here."""
    deadline = time.monotonic() + timeout
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


def migrate(
    connection: sqlite3.Connection,
    steps: Sequence[Sequence[str]],
    before: Callable[[int], None] = lambda _version: None,
) -> None:
    """Runs the steps the file has not seen yet, all of them or none. `before` is called under the lock with
    the file's version, and may still refuse."""
    connection.create_function("host_of", 1, _host_of, deterministic=True)
    with transaction(connection):
        # Asked again under the lock: another console may just have done it.
        found = _pragma(connection, "user_version")
        if found < len(steps):
            before(found)
        for version in range(found, len(steps)):
            for statement in steps[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")


def _host_of(body: bytes | None) -> str | None:
    """The host that an entry of version 1 names; None where it cannot be read."""
    try:
        host = read_body(body)["operator"]["host"]
    except (Unreadable, KeyError, TypeError):
        return None
    return host if isinstance(host, str) else None


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


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Writes the rows, many with one statement: around each the thread lets others have the interpreter, and
    waits until it gets it back."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        row = f"({', '.join('?' * len(some[0]))})"
        connection.execute(f"{into} VALUES {', '.join([row] * len(some))}", [*chain.from_iterable(some)])


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
