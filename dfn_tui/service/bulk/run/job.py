"""A job's file: a copy of the plan as it was approved, and how each user ended.

It lies in the state folder and is what a later start resumes. What was sent is in the journal first; this
file may be behind it by the last moments, and `floor` says from which journal entry on.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dfn_tui.files import Closing, empty_private, make_private_folder
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.file import (
    SENDABLE,
    TABLES,
    PlanFile,
    check_tables,
    connect,
    damaged,
    plan_errors,
)
from dfn_tui.service.bulk.plan.records import PlanError, PlannedUser, PlanStatus, as_json
from dfn_tui.service.bulk.run.records import JobRecord, UserEnd
from dfn_tui.store.consoles import is_free, take_lock
from dfn_tui.store.schema import insert, transaction
from dfn_tui.text import _, sanitize

APPLICATION_ID = 0x64666E62  # "dfnb", in the file's header
_TABLES = (
    """CREATE TABLE job (
        one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, floor INTEGER NOT NULL)""",
    """CREATE TABLE ended (
        number INTEGER PRIMARY KEY, seq INTEGER, ending TEXT NOT NULL, code TEXT, message TEXT NOT NULL)""",
)


class Job(Closing):
    """An open job. One thread at a time; every method may raise `PlanError`."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.plan = PlanFile(path, db)
        self._db = db
        self._lock: int | None = None

    @property
    def record(self) -> JobRecord:
        with plan_errors(self.path):
            return JobRecord.read(self.plan.value("SELECT text FROM job"))

    def save(self, record: JobRecord) -> None:
        """Writes where the job stands."""
        with plan_errors(self.path):
            self._db.execute("UPDATE job SET text = ?", (as_json(record),))

    @property
    def checkpoint(self) -> int:
        """Up to which journal entry this file knows all that the journal knows of this job."""
        return int(self.plan.value("SELECT floor FROM job"))

    def count_to_send(self) -> int:
        """How many users are to be done in all."""
        return int(self.plan.value(f"SELECT count(*) FROM user WHERE {_TO_SEND}"))  # noqa: S608  as below

    def count_nothing_set(self) -> int:
        """How many users nothing was sent for, as they had nothing set when the plan was made."""
        question = "SELECT count(*) FROM user JOIN shape ON shape.id = user.shape WHERE standing = ?"
        return int(self.plan.value(question, PlanStatus.UNKNOWN.value))

    def counts(self) -> Counter[Outcome]:
        """How many users ended in which way."""
        with plan_errors(self.path):
            found = self._db.execute("SELECT ending, count(*) FROM ended GROUP BY ending")
            return Counter({Outcome(ending): count for ending, count in found})

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
            return [(self.plan.user_of(row[:5]), _ended(row[0], *row[5:])) for row in found]

    def write(self, ended: Sequence[UserEnd], checkpoint: int) -> Counter[Outcome]:
        """Writes how users ended, and says how `counts` change by it. It survives the process at once, a
        power cut only with the journal's help."""
        changed = Counter(one.outcome for one in ended)
        numbers = json.dumps([one.number for one in ended])
        with plan_errors(self.path), transaction(self._db):
            for ending, count in self._db.execute(
                "SELECT ending, count(*) FROM ended"
                " WHERE number IN (SELECT value FROM json_each(?)) GROUP BY ending",
                (numbers,),
            ):
                changed[Outcome(ending)] -= count
            # As plain text: SQLite takes twenty times as long over a member of an enum.
            rows = [(one.number, one.seq, one.outcome.value, one.code, one.message) for one in ended]
            insert(self._db, "INSERT OR REPLACE INTO ended", rows)
            self._db.execute("UPDATE job SET floor = max(floor, ?)", (checkpoint,))
        return changed

    def take_up_again(self, *outcomes: Outcome) -> int:
        """Lets the users that ended in one of these be done once more, and says how many they are."""
        with plan_errors(self.path):
            words = json.dumps([one.value for one in outcomes])
            deletion = "DELETE FROM ended WHERE ending IN (SELECT value FROM json_each(?))"
            return self._db.execute(deletion, (words,)).rowcount

    def take(self) -> bool:
        """Makes this process the one that runs the job; False where another one does."""
        self._lock = take_lock(self.path.with_suffix(".lock"))
        return self._lock is not None

    @property
    def under_way(self) -> bool:
        """Whether some process runs it at this moment."""
        return self._lock is not None or not is_free(self.path.with_suffix(".lock"))

    def close(self) -> None:
        self._db.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):
                self.path.with_suffix(".lock").unlink()
            os.close(lock)


_TO_SEND = f"NOT left_out AND {SENDABLE}"


def _ended(
    number: int, seq: int | None, ending: str | None, code: str | None, message: str
) -> UserEnd | None:
    return None if ending is None else UserEnd(number, seq, Outcome(ending), code, message)


def make_job(plan: PlanFile, folder: Path, record: JobRecord) -> Job:
    """A new job of that plan in `folder`, which is made where it is not there."""
    path = folder / f"{record.id}.db"
    part = path.with_suffix(".part")
    with plan_errors(path):
        make_private_folder(folder)
        empty_private(part)  # SQLite takes an empty file
        plan.db.execute("VACUUM INTO ?", (str(part),))
        db = connect(part)
        try:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            for statement in _TABLES:
                db.execute(statement)
            db.execute("INSERT INTO job VALUES (1, ?, 0)", (as_json(record),))
        finally:
            db.close()
        part.replace(path)
    return open_job(path)


def open_job(path: Path) -> Job:
    """The job at `path`. Raises PlanError where there is none, or it is damaged."""
    if not path.is_file():
        raise PlanError(
            _("There is no such job"),
            _("No job is called {name}.").format(name=sanitize(path.stem, 60)),
            _("See which there are: dfn-tui bulk status"),
        )
    with plan_errors(path):
        db = connect(path)
        try:
            check_tables(path, db, APPLICATION_ID, (*TABLES, *_TABLES))
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if db.execute("SELECT count(*) FROM job").fetchone()[0] != 1:
                raise damaged(path)  # noqa: TRY301  the file must be closed
        except BaseException:
            db.close()
            raise
        return Job(path, db)


def job_files(folder: Path) -> list[Path]:
    """The jobs in that folder, the newest first."""
    with plan_errors(folder):
        return sorted(folder.glob("*.db"), reverse=True) if folder.is_dir() else []
