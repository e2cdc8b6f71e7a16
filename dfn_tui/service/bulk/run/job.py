"""A job's file: a copy of the plan as it was approved, and how each user ended.

It lies in the state folder and is what a later start resumes. What was sent is in the journal first; this
file may be behind it by the last moments, and its checkpoint (`floor`) says from which journal entry on.
Where a key is at hand it is sealed, as `sealed` has it; without one it is plain.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from dfn_tui.files import Closing, make_private_folder
from dfn_tui.locks import drop_lock, is_free, take_lock
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.errors import ascending, plan_errors
from dfn_tui.service.bulk.plan.file import SENDABLE, TABLES, VERSION, PlanFile, check_tables, connect
from dfn_tui.service.bulk.plan.records import PlanError, PlannedUser, PlanStatus, as_json
from dfn_tui.service.bulk.run import sealed
from dfn_tui.service.bulk.run.records import JobRecord, UserEnd
from dfn_tui.service.changes.outcome import NOT_READABLE
from dfn_tui.service.tokens import KeyNeeded
from dfn_tui.store.schema import insert, transaction
from dfn_tui.store.sealing import Sealer
from dfn_tui.temporary import TemporaryFiles
from dfn_tui.text import _, sanitize

APPLICATION_ID = 0x64666E62  # "dfnb", in the file's header
_TABLES = (
    """CREATE TABLE job (
        one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, floor INTEGER NOT NULL)""",
    """CREATE TABLE ended (
        number INTEGER PRIMARY KEY, seq INTEGER, ending TEXT NOT NULL, code TEXT, message TEXT NOT NULL)""",
)


_PARTLY = f"(ending = '{Outcome.FAILED}' AND code IS '{NOT_READABLE}' AND seq IS NOT NULL)"
"""As `UserEnd.partly`: of these something was sent, and is not to be sent again."""

_SET_ASIDE = (PlanStatus.UNKNOWN, PlanStatus.UNREADABLE, PlanStatus.CHANGED, PlanStatus.SAID_NO)


class Job(Closing):
    """An open job. One thread at a time; every method may raise `PlanError`. Of a `sealed` one without its
    `texts` (it is `locked`) only counts and the outline of its record are there."""

    def __init__(
        self, path: Path, db: sqlite3.Connection, texts: sealed.SealedTexts | None, *, is_sealed: bool
    ) -> None:
        self.path = path
        self.plan = PlanFile(path, db) if texts is None else sealed.SealedPlan(path, db, texts)
        self.sealed = is_sealed
        self.locked = is_sealed and texts is None
        self._texts = texts
        self._db = db
        self._file = _identity(path)
        self._lock: int | None = None

    @property
    def record(self) -> JobRecord:
        with plan_errors(self.path):
            if self._texts is not None:
                return JobRecord.read(self._texts.newest("job"))
            return JobRecord.read(self.plan.value("SELECT text FROM job"))

    def save(self, record: JobRecord) -> None:
        """Writes where the job stands."""
        with plan_errors(self.path), self._writing():
            if self._texts is not None:
                self._texts.put("job", [(1, as_json(record))])
                record = sealed.outline_of_job(record)
            self._db.execute("UPDATE job SET text = ?", (as_json(record),))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A file that was removed or replaced takes whatever is written, and keeps nothing of it."""
        if _identity(self.path) != self._file:
            raise PlanError(
                _("The job's file is gone"),
                _("{path} was removed or replaced while the job ran. Nothing more is sent.").format(
                    path=sanitize(str(self.path), 200)
                ),
                _("What it sent is in the journal: dfn-tui journal list. For the others make a new plan."),
            )
        with transaction(self._db):
            yield

    @property
    def checkpoint(self) -> int:
        """Up to which journal entry this file knows all that the journal knows of this job."""
        return int(self.plan.value("SELECT floor FROM job"))

    def count_to_send(self) -> int:
        """How many users are to be done in all."""
        return int(self.plan.value(f"SELECT count(*) FROM user WHERE {_TO_SEND}"))  # noqa: S608  as below

    def set_aside(self) -> Counter[PlanStatus]:
        """How many users the plan left out, by status; CHANGE for those of whom a field was left out, as it
        could not be read. Who had said no counts as UNREADABLE where that is so, too."""
        counts: Counter[PlanStatus] = Counter()
        lost = "lost" if self.sealed else sealed.LOST
        with plan_errors(self.path):
            for standing, unread, users in self._db.execute(
                f"SELECT standing, {lost} AS lost, count(*)"  # noqa: S608  own words
                " FROM main.user JOIN main.shape ON shape.id = user.shape"
                " WHERE NOT left_out AND (lost OR standing IN (SELECT value FROM json_each(?)))"
                " GROUP BY standing, lost",
                (json.dumps(_SET_ASIDE),),
            ):
                status = PlanStatus(standing)
                counts[PlanStatus.UNREADABLE if unread and status is PlanStatus.SAID_NO else status] += users
        return counts

    def counts(self) -> Counter[Outcome]:
        """How many users ended in which way."""
        with plan_errors(self.path):
            found = self._db.execute("SELECT ending, count(*) FROM ended GROUP BY ending")
            return Counter({Outcome(ending): count for ending, count in found})

    def count_partly(self) -> int:
        """How many users failed `partly`."""
        return int(self.plan.value(f"SELECT count(*) FROM ended WHERE {_PARTLY}"))  # noqa: S608

    def pending(self, after: int, limit: int) -> list[PlannedUser]:
        """The users after that number that are still to be done, in order."""
        return [user for user, _ended in self._users(f"{_TO_SEND} AND ending IS NULL", (), after, limit)]

    def ended_in(self, outcome: Outcome, after: int, limit: int) -> list[tuple[PlannedUser, UserEnd]]:
        """The users after that number that ended so, in order."""
        found = self._users(f"{_TO_SEND} AND ending = ?", (outcome.value,), after, limit)
        return [(user, ended) for user, ended in found if ended is not None]

    def planned(self, after: int, limit: int) -> list[tuple[PlannedUser, UserEnd | None]]:
        """Every user that was to be done, with how they ended, in order."""
        return self._users(_TO_SEND, (), after, limit)

    def everyone(self, after: int, limit: int) -> list[tuple[PlannedUser, UserEnd | None]]:
        """The same with the users for whom nothing was to be done."""
        return self._users("1", (), after, limit)

    def user(self, number: int) -> PlannedUser | None:
        """The user of that number, if they were to be done."""
        found = self._users(f"{_TO_SEND} AND user.number = ?", (number,), -1, 1)
        return found[0][0] if found else None

    def _users(
        self, condition: str, values: tuple[str | int, ...], after: int, limit: int
    ) -> list[tuple[PlannedUser, UserEnd | None]]:
        with plan_errors(self.path):
            found = self._db.execute(
                "SELECT user.number, user, shape, left_out, undo_of, seq, ending, code, message"  # noqa: S608  no value is in it
                # Through the users in order: by its index on the shapes SQLite would sort all for each page.
                f" FROM user NOT INDEXED LEFT JOIN ended USING (number) WHERE {condition}"
                " AND user.number > ? ORDER BY user.number LIMIT ?",
                (*values, after, limit),
            ).fetchall()
            ascending(self.path, after, (number for number, *_rest in found))
            return [(self.plan.user_of(row[:5]), self._ended(row[0], *row[5:])) for row in found]

    def _ended(
        self, number: int, seq: int | None, ending: str | None, code: str | None, message: str | bytes
    ) -> UserEnd | None:
        if ending is None:
            return None
        if self._texts is not None and isinstance(message, bytes):
            message = self._texts.open_note(message)
        return UserEnd(number, seq, Outcome(ending), code, str(message))

    def write(self, ended: Sequence[UserEnd], checkpoint: int) -> Counter[Outcome]:
        """Writes how users ended, and says how `counts` change by it. It survives the process at once, a
        power cut only with the journal's help."""
        changed = Counter(one.outcome for one in ended)
        numbers = json.dumps([one.number for one in ended])
        with plan_errors(self.path), self._writing():
            for ending, count in self._db.execute(
                "SELECT ending, count(*) FROM ended"
                " WHERE number IN (SELECT value FROM json_each(?)) GROUP BY ending",
                (numbers,),
            ):
                changed[Outcome(ending)] -= count
            note = self._note()
            # As plain text: SQLite takes twenty times as long over a member of an enum.
            rows = [(one.number, one.seq, one.outcome.value, one.code, note(one.message)) for one in ended]
            insert(self._db, "INSERT OR REPLACE INTO ended", rows)
            self._db.execute("UPDATE job SET floor = max(floor, ?)", (checkpoint,))
        return changed

    def _note(self) -> Callable[[str], str | bytes]:
        """How what was said of an end is kept; what many users have in common is sealed once. The codes stay
        plain: who was sent in part is known by them without the key."""
        texts = self._texts
        if texts is None:
            return lambda message: message
        return cache(texts.note)

    def ended_numbers(self, *but: Outcome) -> frozenset[int]:
        """The numbers of the users who ended, but for those who ended in one of these, and not `partly`."""
        words = json.dumps([one.value for one in but])
        question = (
            f"SELECT number FROM ended WHERE {_PARTLY} OR ending NOT IN (SELECT value FROM json_each(?))"  # noqa: S608
        )
        with plan_errors(self.path):
            return frozenset(number for (number,) in self._db.execute(question, (words,)))

    def take_up_again(self, *outcomes: Outcome) -> int:
        """Lets the users that ended in one of these, and not `partly`, be done once more, and says how many
        they are."""
        with plan_errors(self.path):
            words = json.dumps([one.value for one in outcomes])
            deletion = f"DELETE FROM ended WHERE NOT {_PARTLY} AND ending IN (SELECT value FROM json_each(?))"  # noqa: S608
            return self._db.execute(deletion, (words,)).rowcount

    def remove(self) -> None:
        """Removes the job's files. It must have been taken before, so that nobody begins to run it."""
        with plan_errors(self.path):
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)

    def take(self) -> bool:
        """Makes this process the one that runs the job; False where another one does."""
        with plan_errors(self.path):
            self._lock = take_lock(self.path.with_suffix(".lock"))
        return self._lock is not None

    @property
    def under_way(self) -> bool:
        """Whether some process runs it at this moment."""
        with plan_errors(self.path):
            return self._lock is not None or not is_free(self.path.with_suffix(".lock"))

    def close(self) -> None:
        self._db.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            drop_lock(self.path.with_suffix(".lock"), lock)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file that is, whatever it is called; None where there is none."""
    with suppress(FileNotFoundError, NotADirectoryError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


_TO_SEND = f"NOT left_out AND {SENDABLE}"


def make_job(plan: PlanFile, folder: Path, record: JobRecord, key: bytes | None = None) -> Job:
    """A new job of that plan in `folder`, which is made where it is not there. It is sealed with the `key`;
    without one it is plain."""
    path = folder / f"{record.id}.db"
    with plan_errors(path):
        make_private_folder(folder)
    with plan_errors(path), TemporaryFiles(folder) as temporary:
        part = temporary.new(".part")  # SQLite takes an empty file
        if key is None:
            plan.db.execute("VACUUM INTO ?", (str(part),))
        db = connect(part)
        try:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            if key is not None:
                db.execute(f"PRAGMA user_version = {sealed.VERSION}")
            for statement in _TABLES if key is None else (*sealed.TABLES, *_TABLES):
                db.execute(statement)
            if key is None:
                db.execute("INSERT INTO job VALUES (1, ?, 0)", (as_json(record),))
            else:
                sealed.write_sealed(plan, db, record, key)
        finally:
            db.close()
        temporary.publish(part, path)
    return open_job(path, key)


def open_job(path: Path, key: bytes | None = None) -> Job:
    """The job at `path`. Raises PlanError where there is none, or it is damaged, and KeyNeeded where it is
    sealed, and not with this `key`."""
    job = open_outline(path, key)
    if job.locked:
        job.close()
        raise KeyNeeded(path.stem, other=key is not None)
    return job


def open_outline(path: Path, key: bytes | None = None) -> Job:
    """The same, but where the key is not that of the job without what is sealed. Raises PlanError."""
    if not os.path.lexists(path):
        raise PlanError(
            _("There is no such job"),
            _("No job is called {name}.").format(name=sanitize(path.stem, 60)),
            _("See which there are: dfn-tui bulk list"),
        )
    try:
        return _open(path, key)
    except PlanError as error:
        raise PlanError(
            _("The job cannot be read"),
            error.happened,
            _("What it sent is in the journal: dfn-tui journal list. Users it did not send need a new plan."),
        ) from error


def _open(path: Path, key: bytes | None) -> Job:
    with plan_errors(path):
        db = connect(path)
        try:
            is_sealed = db.execute("PRAGMA user_version").fetchone()[0] == sealed.VERSION
            tables, version = (sealed.TABLES, sealed.VERSION) if is_sealed else (TABLES, VERSION)
            check_tables(path, db, APPLICATION_ID, (*tables, *_TABLES), version)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            [[text]] = db.execute("SELECT text FROM job").fetchall()
            record = JobRecord.read(text)
            texts = _texts(path, db, record.id, key) if is_sealed else None
            return Job(path, db, texts, is_sealed=is_sealed)
        except BaseException:
            db.close()
            raise


def _texts(path: Path, db: sqlite3.Connection, id: str, key: bytes | None) -> sealed.SealedTexts | None:
    """What is sealed in the file, if that is its key."""
    [[key_id]] = db.execute("SELECT id FROM key").fetchall()
    if key is None or (sealer := Sealer(key)).key_id != key_id:
        return None
    return sealed.SealedTexts(path, db, sealer, id)


def find_job(folder: Path, id: str) -> Path:
    """The file of the job of that id, or whose id begins so; it need not be there. Raises PlanError."""
    found = [path for path in job_files(folder) if path.stem.startswith(id)] if id else []
    exact = [path for path in found if path.stem == id]
    if len(found) > 1 and not exact:
        raise PlanError(
            _("More than one job is meant"),
            _("{count} jobs begin with {id}.").format(count=len(found), id=sanitize(id, 40)),
            _("Give more of the id."),
        )
    return (exact or found or [folder / f"{Path(id).name}.db"])[0]


def job_files(folder: Path) -> list[Path]:
    """The jobs in that folder, the newest first. Raises PlanError where it cannot be looked through."""
    with plan_errors(folder), suppress(FileNotFoundError):
        # Not `glob`: a folder that may not be read would look empty.
        return sorted((path for path in folder.iterdir() if path.suffix == ".db"), reverse=True)
    return []
