"""A plan's file: SQLite, so that a million users are looked through and thinned out without being held.

The file may come from a colleague, so nothing in it is believed before `open_plan` has found it whole: no
table that we did not make, and the digest over everything in it. The digest is no signature: whoever hands a
plan over says it beside the file.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from dfn_tui.api.types import IdentityKind
from dfn_tui.files import Closing, empty_private
from dfn_tui.service.bulk.plan.errors import ascending, damaged, plan_errors
from dfn_tui.service.bulk.plan.records import SENT, PlanError, PlanGroup, PlanMetadata, PlannedUser, as_json
from dfn_tui.text import _, sanitize

APPLICATION_ID = 0x64666E70  # "dfnp", in the file's header
VERSION = 1
TABLES = (
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, digest TEXT NOT NULL)",
    """CREATE TABLE shape (
        id INTEGER PRIMARY KEY, standing TEXT NOT NULL, wanted TEXT NOT NULL, rest TEXT NOT NULL,
        UNIQUE (standing, wanted, rest))""",
    """CREATE TABLE user (
        number INTEGER PRIMARY KEY, user TEXT NOT NULL, shape INTEGER NOT NULL,
        left_out INTEGER NOT NULL DEFAULT 0, undo_of INTEGER)""",
    """CREATE TABLE bad (
        line INTEGER PRIMARY KEY, fault TEXT NOT NULL, reason TEXT NOT NULL, shown TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX user_user ON user (user)",
    "CREATE INDEX user_shape ON user (shape, left_out)",
)
_DIGESTED = (
    "SELECT id, standing, wanted, rest FROM shape ORDER BY id",
    "SELECT number, user, shape, left_out, undo_of FROM user ORDER BY number",
    "SELECT line, fault, reason, shown FROM bad ORDER BY line",
)
_AT_ONCE = 2000
_STATUSES = ", ".join(f"'{status.value}'" for status in SENT)
SENDABLE = f"shape IN (SELECT id FROM shape WHERE standing IN ({_STATUSES}))"  # noqa: S608  own words
"""The users that something would be sent for, if they are not left out."""
_BUT_WORD = "standing, wanted, json_set(rest, '$[6]', NULL)"
"""What is said of a group beside the evidence of its users, which is each one's own."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of the input that is in no plan, and why; `shown` is the id, inert and masked."""

    line: int
    fault: str
    reason: str
    shown: str


class NumberedGroup(NamedTuple):
    """A group with its number in the plan, how many `users` have it, and how many of them are left out.
    `words`: so many different evidences its users brought; of more than one the `group` names none."""

    number: int
    group: PlanGroup
    users: int
    left_out: int
    words: int = 1


class PlanFile(Closing):
    """An open plan. Close it after use; one thread at a time. Every method may raise `PlanError`."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db
        self.chosen: tuple[object, bool] | None = None
        """Which selection the temporary table `chosen` holds, and whether few users are in it."""
        self.sent: frozenset[int] = frozenset()
        """The numbers of the users who were sent from this plan before; by `mark_sent`."""
        self.group = lru_cache(4096)(self._load_group)
        """The group of that number."""

    @property
    def head(self) -> PlanMetadata:
        """What holds for the plan as a whole."""
        with plan_errors(self.path):
            return PlanMetadata.read(self.value("SELECT text FROM head"))

    @property
    def digest(self) -> str:
        """64 hexadecimal digits: of the head and of everything that is planned."""
        return str(self.value("SELECT digest FROM head"))

    def value(self, question: str, *values: str | int) -> Any:
        """The one value that the file has for this."""
        with plan_errors(self.path):
            return self.db.execute(question, values).fetchone()[0]

    def _load_group(self, number: int) -> PlanGroup:
        question = "SELECT standing, wanted, rest FROM shape WHERE id = ?"
        with plan_errors(self.path):
            return self._named(PlanGroup.read(*self.db.execute(question, (number,)).fetchone()))

    @cached_property
    def _kind(self) -> IdentityKind:
        return self.head.kind

    def _named(self, group: PlanGroup) -> PlanGroup:
        return group if group.kind else replace(group, kind=self._kind)

    def mark_sent(self, numbers: frozenset[int]) -> None:
        """Counts the users of these numbers as left out: they were sent before. The file stays as it is."""
        with plan_errors(self.path):
            self.db.execute("CREATE TEMP TABLE IF NOT EXISTS sent (number INTEGER PRIMARY KEY)")
            self.db.execute("DELETE FROM sent")
            self.db.executemany("INSERT INTO sent VALUES (?)", [(number,) for number in numbers])
        self.sent = numbers

    def count_sent(self) -> int:
        """How many users would be sent, had they not been sent before."""
        if not self.sent:
            return 0
        question = f"SELECT count(*) FROM user JOIN sent USING (number) WHERE NOT left_out AND {SENDABLE}"  # noqa: S608
        return int(self.value(question))

    @property
    def left_out(self) -> str:
        """The condition in SQL that a user is left out, or was sent before."""
        return "(left_out OR number IN (SELECT number FROM sent))" if self.sent else "left_out"

    def groups(self) -> Iterator[NumberedGroup]:
        """Every group."""
        with plan_errors(self.path):
            for number, *kept, users, left_out in self.db.execute(
                f"SELECT id, standing, wanted, rest, count(number), ifnull(sum({self.left_out}), 0)"  # noqa: S608
                " FROM shape LEFT JOIN user ON user.shape = shape.id GROUP BY id ORDER BY id"
            ):
                yield NumberedGroup(number, self._named(PlanGroup.read(*kept)), users, left_out)

    def largest(self, skipped: int = 0, limit: int = 200) -> list[NumberedGroup]:
        """The groups that something would be sent for first, those with the most users before others; without
        so many that were `skipped`. What differs in nothing but the evidence of its users is one group, by
        the first of its numbers."""
        counts = f"count(*) AS users, sum({self.left_out}) AS out, {SENDABLE} AS sent"
        counted = f"SELECT shape AS id, {counts} FROM user GROUP BY shape"  # noqa: S608  own words
        with plan_errors(self.path):
            found = self.db.execute(
                f"SELECT min(id), count(*), sum(users), sum(out) FROM ({counted}) JOIN shape USING (id)"  # noqa: S608
                f" GROUP BY sent, {_BUT_WORD} ORDER BY sent DESC, sum(users) DESC, min(id) LIMIT ? OFFSET ?",
                (limit, skipped),
            ).fetchall()
            return [
                NumberedGroup(number, self._without_word(number, several > 1), users, left_out, several)
                for number, several, users, left_out in found
            ]

    def _without_word(self, number: int, several: bool) -> PlanGroup:
        group = self.group(number)
        return replace(group, word=None) if several else group

    def alike(self, number: int) -> frozenset[int]:
        """The groups that differ from that one in nothing but the evidence of their users, and itself."""
        question = f"SELECT id FROM shape WHERE ({_BUT_WORD}) = (SELECT {_BUT_WORD} FROM shape WHERE id = ?)"  # noqa: S608
        with plan_errors(self.path):
            return frozenset(id for (id,) in self.db.execute(question, (number,)))

    def users(self, after: int = -1, limit: int = 200) -> list[PlannedUser]:
        """The users after that number, in order."""
        found = self.users_where("number > ? ORDER BY number LIMIT ?", after, limit)
        ascending(self.path, after, (user.number for user in found))
        return found

    def find(self, user: str) -> PlannedUser | None:
        """The user of that id."""
        return next(iter(self.users_where("user = ?", user)), None)

    def users_where(self, condition: str, *values: str | int, source: str = "user") -> list[PlannedUser]:
        """The users of whom that holds, out of `source`: a table or a join."""
        with plan_errors(self.path):
            found = self.db.execute(
                f"SELECT number, user, shape, left_out, undo_of FROM {source} WHERE {condition}",  # noqa: S608
                values,
            )
            return [self.user_of(row) for row in found.fetchall()]

    def bad_rows(self, after: int = -1, limit: int = 200) -> list[BadRow]:
        """The rows of the input that are in no plan, in order."""
        with plan_errors(self.path):
            found = self.db.execute(
                "SELECT line, fault, reason, shown FROM bad WHERE line > ? ORDER BY line LIMIT ?",
                (after, limit),
            ).fetchall()
            ascending(self.path, after, (line for line, *_rest in found))
            return [BadRow(*row) for row in found]

    def user_of(self, row: tuple[int, str, int, int, int | None]) -> PlannedUser:
        """The user of a row: number, user, shape, left_out, undo_of."""
        number, user, group, left_out, undo_of = row
        sent = number in self.sent
        return PlannedUser(number, user, self.group(group), bool(left_out), undo_of, group, sent)

    def save_head(self, head: PlanMetadata) -> None:
        """Writes the head and the digest over everything, inside the transaction that is open."""
        write_head(self.db, head)

    def close(self) -> None:
        self.db.close()


def open_plan(path: Path, progress: Callable[[int], None] = lambda _users: None) -> PlanFile:
    """The plan at `path`, once it was found whole. `progress` is told how many users were looked at.

    Raises PlanError where it is no plan, damaged, or was changed by anything but this program.
    """
    with plan_errors(path):
        _require_file(path)
        return _checked(path, connect(path), progress)


def open_copy(path: Path) -> PlanFile:
    """The same, as it is at this moment: whatever becomes of the file, what is looked at is what is signed.
    It is held in memory. Raises PlanError."""
    with plan_errors(path):
        _require_file(path)
        data = path.read_bytes()
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA trusted_schema = OFF")
        db.deserialize(data)
        return _checked(path, db, lambda _users: None)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise PlanError(
            _("There is no such plan"),
            _("{path} is not there, or is no file.").format(path=sanitize(str(path), 200)),
            _("Check its name, or make a plan: dfn-tui bulk plan"),
        )


def _checked(path: Path, db: sqlite3.Connection, progress: Callable[[int], None]) -> PlanFile:
    try:
        check_tables(path, db, APPLICATION_ID, TABLES)
        check_digest(path, db, progress)
        plan = PlanFile(path, db)
        _check_sense(plan)
    except BaseException:
        db.close()
        raise
    return plan


def check_digest(
    path: Path, db: sqlite3.Connection, progress: Callable[[int], None] = lambda _users: None
) -> None:
    """Raises PlanError where anything is not as it was saved."""
    said = db.execute("SELECT digest FROM head").fetchone()
    if said is None or said[0] != digest_of(db, progress):
        raise damaged(path)


def _check_sense(plan: PlanFile) -> None:
    """Raises PlanError, ValueError, KeyError or TypeError for what no plan says: whoever can write the file
    can write its digest as well."""
    head = plan.head
    for row in plan.db.execute("SELECT standing, wanted, rest FROM shape"):
        group = PlanGroup.read(*row)
        if group.said and not head.undo_of_job:
            raise damaged(plan.path)  # our own writes are there to be taken back in an undo alone
        if (group.kind or head.kind) not in head.kinds:
            raise damaged(plan.path)
    for question, number in (
        ("SELECT count(*) FROM user", head.users),
        ("SELECT count(*) FROM bad", head.bad + head.duplicates),
        ("SELECT count(*) FROM user WHERE left_out NOT IN (0, 1)", 0),
        ("SELECT count(*) FROM user WHERE shape NOT IN (SELECT id FROM shape)", 0),
    ):
        if plan.value(question) != number:
            raise damaged(plan.path)


def unused_name(folder: Path, name: str, suffix: str) -> str:
    """That name, with a number where `folder` has such a file already."""
    names = chain([name], (f"{name}-{at}" for at in count(2)))
    return next(free for free in names if not (folder / f"{free}{suffix}").exists())


def connect(path: Path) -> sqlite3.Connection:
    """The file at `path`, to be read and written; it is not made. Nothing that it defines itself runs."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def create(
    path: Path, application: int = APPLICATION_ID, tables: Sequence[str] = TABLES
) -> sqlite3.Connection:
    """A new empty file that only its owner can read, in place of one that may be there."""
    with plan_errors(path):
        empty_private(path)
        db = connect(path)
        db.execute(f"PRAGMA application_id = {application}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        for statement in tables:
            db.execute(statement)
        return db


def check_tables(
    path: Path, db: sqlite3.Connection, application: int, tables: Sequence[str], version: int = VERSION
) -> None:
    """Raises PlanError unless the file is made of exactly these tables."""
    if db.execute("PRAGMA application_id").fetchone()[0] != application:
        raise PlanError(
            _("This is no plan"),
            _("{path} was not made by this program.").format(path=sanitize(str(path), 200)),
            _("Give a plan's file: dfn-tui bulk plan makes one."),
        )
    if db.execute("PRAGMA user_version").fetchone()[0] != version:
        raise PlanError(
            _("The plan is of another version"),
            _("{path} was made by another version of this program.").format(path=sanitize(str(path), 200)),
            _("Use that version, or make the plan anew."),
        )
    with closing(sqlite3.connect(":memory:")) as ours:
        for statement in tables:
            ours.execute(statement)
        if _schema(db) != _schema(ours):
            raise damaged(path)


def _schema(db: sqlite3.Connection) -> set[tuple[str, str, str | None]]:
    return set(db.execute("SELECT type, name, sql FROM sqlite_master"))


def write_head(
    db: sqlite3.Connection, head: PlanMetadata, progress: Callable[[int], None] = lambda _users: None
) -> str:
    """Writes the head and the digest over everything, inside the transaction that is open, and returns it."""
    db.execute("INSERT OR REPLACE INTO head VALUES (1, ?, '')", (as_json(head),))
    digest = digest_of(db, progress)
    db.execute("UPDATE head SET digest = ?", (digest,))
    return digest


def digest_of(db: sqlite3.Connection, progress: Callable[[int], None] = lambda _users: None) -> str:
    """The SHA-256 over the head and all that is planned, as hexadecimal digits."""
    summed = hashlib.sha256()
    row = db.execute("SELECT text FROM head").fetchone()
    summed.update(json.dumps(row).encode())
    for question in _DIGESTED:
        found = db.execute(question)
        done = 0
        while rows := found.fetchmany(_AT_ONCE):
            summed.update(json.dumps(rows).encode())
            done += len(rows)
            progress(done)
        summed.update(b"\n")
    return summed.hexdigest()
