"""How many exports of each service all consoles of this host asked for: a server gives few an hour."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dfn_tui.files import create_private, make_private_folder
from dfn_tui.locks import drop_lock, take_lock
from dfn_tui.store.schema import transaction
from dfn_tui.store.snapshot import SnapshotError, snapshot_errors
from dfn_tui.text import _
from dfn_tui.text.korea import korean_clock

_HOUR = timedelta(hours=1)
_WAIT = 3.0  # seconds for another process that is writing


class ExportRefused(SnapshotError):
    """No export was asked for: another one runs, or there were enough within the last hour."""


class ExportLog:
    """The exports of the last hour, in `folder`. Every method raises `SnapshotError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "exports.db"

    def asked(self, service: str, now: datetime) -> list[datetime]:
        """When exports of that service were asked for within the last hour, the oldest first."""
        if not self._path.exists():
            return []
        with self._opened() as db:
            return _within(db, service, now)

    def count(self, service: str, limit: int, now: datetime) -> int:
        """Counts one more, which has to be before it is asked for, and says how many are left. Raises
        `ExportRefused` where none is."""
        with self._opened() as db, transaction(db):
            asked = _within(db, service, now)
            if len(asked) >= limit:
                raise _spent(len(asked), asked[len(asked) - limit] + _HOUR)
            _insert(db, service, now)
        return limit - len(asked) - 1

    def note(self, service: str, now: datetime) -> None:
        """Counts one that is asked for whatever the limit says: a test of the connection."""
        with self._opened() as db, transaction(db):
            _insert(db, service, now)

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """While an export runs. Raises `ExportRefused` where another process of this host runs one."""
        lock = self._folder / "export.lock"
        with snapshot_errors(lock):
            make_private_folder(self._folder)
            descriptor = take_lock(lock)
        if descriptor is None:
            raise ExportRefused(
                _("An export runs already"),
                _("Another console or command of this host takes a snapshot."),
                _("Wait for its end: dfn-tui snapshot status"),
            )
        try:
            yield
        finally:
            drop_lock(lock, descriptor)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with snapshot_errors(self._path):
            make_private_folder(self._folder)
            with suppress(FileExistsError):
                os.close(create_private(self._path))
            with closing(sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)) as db:
                db.execute("CREATE TABLE IF NOT EXISTS export (service TEXT NOT NULL, at REAL NOT NULL)")
                yield db


def _insert(db: sqlite3.Connection, service: str, now: datetime) -> None:
    db.execute("DELETE FROM export WHERE at < ?", ((now - _HOUR).timestamp(),))
    db.execute("INSERT INTO export VALUES (?, ?)", (service, now.timestamp()))


def _within(db: sqlite3.Connection, service: str, now: datetime) -> list[datetime]:
    # Up to an hour ahead too: a clock that was put back must not make room.
    found = db.execute(
        "SELECT at FROM export WHERE service = ? AND at > ? AND at < ? ORDER BY at",
        (service, (now - _HOUR).timestamp(), (now + _HOUR).timestamp()),
    )
    return [datetime.fromtimestamp(at, UTC) for (at,) in found]


def _spent(asked: int, again: datetime) -> ExportRefused:
    return ExportRefused(
        _("Enough exports for this hour"),
        _("{count} were asked for within the last hour, by this host alone; others need some too.").format(
            count=asked
        ),
        _("Go on at {time} (KST). exports_per_hour in the configuration says how many there may be.").format(
            time=korean_clock(again)
        ),
    )
