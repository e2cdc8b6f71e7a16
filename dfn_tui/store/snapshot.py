"""A snapshot: what one export said of everybody's consents, sealed in a file of its own.

A user is found by a keyed hash of the id. Its first bits choose one of 4,096 buckets, and users of a bucket
are sealed together: one by one a million would take minutes. A bucket has as many parts as it was written
in turns, an empty one too, so that a part that is gone is missed.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812  its own name says nothing
from types import MappingProxyType
from typing import Any, NamedTuple

from dfn_tui.errors import ConsoleError
from dfn_tui.store.errors import is_no_text
from dfn_tui.store.sealing import NONCE_BYTES, Sealer
from dfn_tui.text import _, sanitize

APPLICATION_ID = 0x64666E70  # "dfnp": tells our files from any other program's
VERSION = 1
BUCKETS = 4096
SCHEMA = (
    """CREATE TABLE head (
        one INTEGER PRIMARY KEY CHECK (one = 1), snapshot BLOB NOT NULL, key BLOB NOT NULL,
        began TEXT NOT NULL, expires TEXT NOT NULL, sealed BLOB NOT NULL)""",
    # By turn and bucket in one number, the order they are written in.
    "CREATE TABLE part (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
)
ROW = Struct("<16sI")
"""Before each user's row in a bucket: the fingerprint of the id, and how many bytes follow."""


class SnapshotError(ConsoleError):
    """The snapshot cannot be made, or not be read. One that was there before is left as it is."""


class SnapshotHead(NamedTuple):
    """What is kept of an export beside its users.

    `users` are those with an id, each once; `empty` rows had none and are not kept. `repeated` users came in
    more than one row, `ambiguous` of them with values that differ. `states` counts, for each column of a
    consent, the users by what it said (a letter as in `SnapshotRow`). `exports` is how many were asked for.
    """

    address: str
    service_id: str
    audience: str | None
    consents: tuple[str, ...]
    """The columns of consents, in the order of each row's letters."""
    extras: tuple[str, ...]
    began: datetime
    ended: datetime
    expires: datetime
    exports: int
    tokens: Mapping[str, str] = MappingProxyType({})
    """By kind, a fingerprint of each token of the connection at that time."""
    rows: int = 0
    users: int = 0
    empty: int = 0
    repeated: int = 0
    ambiguous: int = 0
    states: Mapping[str, Mapping[str, int]] = MappingProxyType({})


class SnapshotRow(NamedTuple):
    """What the export said of a user. `letters` has one for each consent: `t` true, `f` false, `n` nothing,
    `x` anything else, `d` where several rows differ. `texts` are the extras by column, and of an `x` what
    stood there; an extra in which several rows differ is in `differ` alone."""

    letters: str
    texts: Mapping[str, str]
    differ: tuple[str, ...] = ()


class SnapshotOutline(NamedTuple):
    """What a file says without its key. Nobody vouches for it."""

    began: datetime
    expires: datetime


def snapshot_name(address: str, service_id: str) -> str:
    """What the files of a service at that address are called, without an ending."""
    return sha256(json.dumps([address, service_id]).encode()).hexdigest()[:32]


def snapshot_file(folder: Path, name: str) -> Path:
    """Where the snapshot of that name lies, if there is one."""
    return folder / f"{name}.db"


class SnapshotFile:
    """A snapshot for reading, opened by `open_snapshot`. Every method raises `SnapshotError`."""

    def __init__(self, path: Path, db: sqlite3.Connection, sealer: Sealer) -> None:
        self._path = path
        self._db = db
        self._sealer = sealer
        with _reading(path):
            found = db.execute("SELECT snapshot, key, began, expires, sealed FROM head").fetchone()
            if found is None:
                raise damaged(path)
            self.id, key, *plain, sealed = found
            if key != sealer.key_id:
                raise _other_key(path)
            context = head_context(path.stem, self.id, *plain)
            self.head, self._turns = head_of(self._opened(sealed, context))

    def find(self, users: Sequence[str]) -> dict[str, SnapshotRow]:
        """The users that are in it, by their ids."""
        found: dict[str, SnapshotRow] = {}
        by_bucket: dict[int, dict[bytes, str]] = {}
        for user in users:
            fingerprint = self._sealer.fingerprint(user)
            by_bucket.setdefault(bucket_of(fingerprint), {})[fingerprint] = user
        with _reading(self._path):
            for bucket, wanted in by_bucket.items():
                rows: dict[str, list[bytes]] = {}
                for fingerprint, row in self.bucket(bucket):
                    if fingerprint in wanted:
                        rows.setdefault(wanted[fingerprint], []).append(row)
                found |= {user: merged(some, len(self.head.consents)) for user, some in rows.items()}
        return found

    def bucket(self, bucket: int) -> Iterator[tuple[bytes, bytes]]:
        """The fingerprints and rows of a bucket. Raises `SnapshotError` where a part is gone or altered."""
        for turn in range(self._turns):
            number = part_number(bucket, turn)
            found = self._db.execute("SELECT sealed FROM part WHERE number = ?", (number,)).fetchone()
            if found is None:
                raise damaged(self._path)
            yield from rows_of(self._opened(found[0], part_context(self.id, number)))

    def _opened(self, sealed: bytes, context: bytes) -> bytes:
        plain = self._sealer.open(bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:]), context)
        if plain is None:
            raise damaged(self._path)
        return plain


@contextmanager
def open_snapshot(path: Path, key: bytes) -> Iterator[SnapshotFile]:
    """The snapshot at `path`, which is there. Raises `SnapshotError` for one that was altered, or was sealed
    with another key, or for another service."""
    with snapshot_errors(path), closing(_connected(path)) as db:
        yield SnapshotFile(path, db, Sealer(key))


def read_outline(path: Path) -> SnapshotOutline | None:
    """What the file says without its key; None where there is none. Raises `SnapshotError`."""
    if not path.exists():
        return None
    with _reading(path), closing(_connected(path)) as db:
        found = db.execute("SELECT began, expires FROM head").fetchone()
        if found is None:
            raise damaged(path)
        return SnapshotOutline(*map(datetime.fromisoformat, found))


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        (kind,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except BaseException:
        db.close()
        raise
    if (kind, version) != (APPLICATION_ID, VERSION):
        db.close()
        raise damaged(path)
    return db


def bucket_of(fingerprint: bytes) -> int:
    """The bucket that a user is in."""
    return (fingerprint[0] << 8 | fingerprint[1]) % BUCKETS


def rows_of(plain: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The fingerprints and rows of an opened part. Raises ValueError for what was never one."""
    at = 0
    while at < len(plain):
        fingerprint, size = ROW.unpack_from(plain, at)
        at += ROW.size
        yield fingerprint, plain[at : at + size]
        at += size


def packed(letters: str, texts: Mapping[str, str]) -> bytes:
    """A row as it is sealed."""
    return (letters + json.dumps(texts, ensure_ascii=False)).encode() if texts else letters.encode()


def merged(rows: Sequence[bytes], consents: int) -> SnapshotRow:
    """What one or several rows say of a user. Raises ValueError for what was never one."""
    first, *others = dict.fromkeys(rows)
    letters, texts = _unpacked(first, consents)
    differ: set[str] = set()
    for other in others:
        more_letters, more_texts = _unpacked(other, consents)
        # Two texts that are no Boolean are two answers as well, but neither can be believed anyhow.
        letters = "".join(a if a == b else "d" for a, b in zip(letters, more_letters, strict=True))
        differ |= {name for name in {*texts, *more_texts} if texts.get(name) != more_texts.get(name)}
    return SnapshotRow(
        letters, {name: text for name, text in texts.items() if name not in differ}, tuple(sorted(differ))
    )


def _unpacked(row: bytes, consents: int) -> tuple[str, dict[str, str]]:
    text = row.decode()
    return text[:consents], json.loads(text[consents:]) if len(text) > consents else {}


def head_context(name: str, id: bytes, began: str, expires: str) -> bytes:
    """What the head is sealed to: the file's name, which stands for the service, and what is kept plainly."""
    return json.dumps(["snapshot", name, id.hex(), began, expires]).encode()


def part_number(bucket: int, turn: int) -> int:
    """The number of the part of a bucket that was written in that turn."""
    return turn * BUCKETS + bucket


def part_context(id: bytes, number: int) -> bytes:
    """What a part is sealed to."""
    return b"snapshot part %s %d" % (id.hex().encode(), number)


def head_text(head: SnapshotHead, turns: int) -> bytes:
    """The head as it is sealed, with how many parts each bucket has."""
    moments = {name: getattr(head, name).isoformat() for name in _MOMENTS}
    return json.dumps([head._asdict() | moments, turns]).encode()


def head_of(text: bytes) -> tuple[SnapshotHead, int]:
    """What `head_text` made. Raises ValueError for anything else."""
    found, turns = json.loads(text)
    kept: dict[str, Any] = dict(found)
    for name in _MOMENTS:
        kept[name] = datetime.fromisoformat(kept[name])
    for name in ("consents", "extras"):
        kept[name] = tuple(kept[name])
    return SnapshotHead(**kept), turns


_MOMENTS = ("began", "ended", "expires")


@contextmanager
def snapshot_errors(path: Path) -> Iterator[None]:
    """Raises `SnapshotError` for what SQLite and the system say about the file."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        if is_no_text(error):
            raise damaged(path) from None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise damaged(path) from error
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SnapshotError(
            _("The snapshot's file cannot be used"),
            _("{path}: {why}").format(path=sanitize(str(path), 200), why=sanitize(why, 200)),
            _("Check its folder: space left and permissions. Nothing of it was believed."),
        ) from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """The same, and raises it for a content that no snapshot has."""
    with snapshot_errors(path):
        try:
            yield
        except (ValueError, TypeError, KeyError, StructError) as error:
            raise damaged(path) from error


def damaged(path: Path) -> SnapshotError:
    """Something else wrote to the file."""
    return SnapshotError(
        _("The snapshot is damaged"),
        _("{path} is not as it was written: nothing of it is believed.").format(
            path=sanitize(str(path), 200)
        ),
        _("Take a new one, or remove it with “dfn-tui snapshot drop”."),
    )


def _other_key(path: Path) -> SnapshotError:
    return SnapshotError(
        _("The snapshot is sealed with another key"),
        _("The key that is at hand does not open {path}.").format(path=sanitize(str(path), 200)),
        _("Start with the keyring it was taken with, or take a new one."),
    )
