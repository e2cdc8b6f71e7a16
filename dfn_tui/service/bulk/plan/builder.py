"""The files of a plan that is being made: the rows it is made of, and what was found so far.

Both lie beside the plan under names of their own, so that a million rows need no room elsewhere, and go away
whatever happens. Only a whole plan gets the plan's name.
"""

import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from dfn_tui.api.types import IdentityKind
from dfn_tui.files import sync
from dfn_tui.service.bulk.input.ingest import Taken, take_in
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import PersonsWord, shown_user
from dfn_tui.service.bulk.plan.classify import NO_INVERSE, Classified, UndoEdit
from dfn_tui.service.bulk.plan.errors import disk_errors
from dfn_tui.service.bulk.plan.file import APPLICATION_ID, TABLES, create, write_head
from dfn_tui.service.bulk.plan.records import PlanError, PlanGroup, PlanMetadata
from dfn_tui.temporary import TemporaryFiles
from dfn_tui.text import _

_UNDO_TABLE = """
CREATE TABLE undo_row (
    number INTEGER PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, wanted TEXT NOT NULL,
    written TEXT NOT NULL, undo_of INTEGER)
"""
_OF_INPUT = (
    "SELECT line, user, kind, wanted, NULL, NULL, word FROM input_row WHERE line > ? ORDER BY line LIMIT ?"
)
_OF_UNDO = (
    "SELECT number, user, kind, wanted, written, undo_of, '' FROM undo_row"
    " WHERE number > ? ORDER BY number LIMIT ?"
)
_TOLD_EVERY = 10_000  # users
_KNOWN = 4096  # groups whose numbers are remembered


class Row(NamedTuple):
    """A user who is to be looked up, and what is wanted for them."""

    number: int
    user: str
    kind: str
    """What the user is named by; "" for what all are named by."""
    wanted: str
    written: Classified | None
    undo_of: int | None
    word: PersonsWord | None = None
    """The evidence of the row."""


Planned = tuple[Row, PlanGroup, bool]
"""What is planned for the user of a row, and whether they are left out of it."""


class PlanBuilder:
    """The files of the plan that is to be at `path`, where nothing may be by then unless it is to `replace`
    that. For one thread, but for `leave`.

    Every method may raise `PlanError`.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self.path = path
        self._replace = replace
        self._temporary: TemporaryFiles | None = None
        self._rows: sqlite3.Connection | None = None
        self._plan: sqlite3.Connection | None = None
        self._pages = _OF_INPUT
        self._number = lru_cache(_KNOWN)(self._load_number)
        self._left = False
        self._closing = Lock()

    def begin(self) -> None:
        """Makes the files."""
        # Built by `finish`, which is quicker than to keep them up to date.
        tables = [statement for statement in TABLES if statement.startswith("CREATE TABLE")]
        with disk_errors(self.path):
            self._temporary = TemporaryFiles(self.path.parent)
            self._rows_path, self._part = self._temporary.new(".rows"), self._temporary.new(".part")
        self._rows = self._open(self._rows_path, 0, ())
        self._plan = self._open(self._part, APPLICATION_ID, tables)

    def _open(self, path: Path, application: int, tables: Sequence[str]) -> sqlite3.Connection:
        db = create(path, application, tables)
        # Nothing of it is needed after a crash.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        return db

    def take(
        self, source: BulkInput, *, stop_at_first_bad: bool, on_progress: Callable[[int], None]
    ) -> Taken:
        """Takes the input in. `on_progress` is given now and then how many rows were read."""
        rows, plan = self._databases()

        def go_on(done: int) -> None:
            self._check()
            on_progress(done)

        with disk_errors(self.path):
            taken = take_in(source, rows, stop_at_first_bad=stop_at_first_bad, on_progress=go_on)
            bad = rows.execute("SELECT line, fault, reason, shown FROM input_bad ORDER BY line")
            plan.executemany("INSERT INTO bad VALUES (?, ?, ?, ?)", bad)
        return taken

    def take_undo(self, edits: Iterable[UndoEdit], *, on_progress: Callable[[int], None]) -> Taken:
        """Takes in what is to be taken back. Users for whom nothing can be are the bad rows."""
        rows, plan = self._databases()
        self._pages = _OF_UNDO
        users = bad = 0
        kinds: dict[IdentityKind, None] = {}
        with disk_errors(self.path):
            rows.execute(_UNDO_TABLE)
            try:
                for edit in edits:
                    if not (users + bad) % _TOLD_EVERY:
                        self._check()
                        on_progress(users + bad)
                    if edit.wanted.edits:
                        users += 1
                        kinds.setdefault(edit.user.kind)
                        rows.execute("INSERT INTO undo_row VALUES (?, ?, ?, ?, ?, ?)", _undo_row(edit))
                    else:
                        bad += 1
                        plan.execute("INSERT INTO bad VALUES (?, ?, ?, ?)", _no_inverse(edit))
            finally:
                if isinstance(edits, Generator):
                    edits.close()  # in this thread, where what it reads from was opened
        return Taken(users, 0, bad, 0, tuple(kinds))

    def page(self, after: int, limit: int) -> list[Row]:
        """The rows after that number, in order."""
        with disk_errors(self.path):
            found = self._databases()[0].execute(self._pages, (after, limit)).fetchall()
            return [
                Row(number, user, kind, wanted, _written(written), undo_of, _word(word))
                for number, user, kind, wanted, written, undo_of, word in found
            ]

    def write(self, planned: Sequence[Planned]) -> None:
        """Writes what is planned for these users."""
        plan = self._databases()[1]
        with disk_errors(self.path):
            plan.executemany(
                "INSERT INTO user (number, user, shape, left_out, undo_of) VALUES (?, ?, ?, ?, ?)",
                [
                    (row.number, row.user, self._number(*group.row()), left_out, row.undo_of)
                    for row, group, left_out in planned
                ],
            )

    def _load_number(self, *group: str) -> int:
        plan = self._databases()[1]
        plan.execute("INSERT OR IGNORE INTO shape (standing, wanted, rest) VALUES (?, ?, ?)", group)
        question = "SELECT id FROM shape WHERE standing = ? AND wanted = ? AND rest = ?"
        return int(plan.execute(question, group).fetchone()[0])

    def finish(self, head: PlanMetadata) -> str:
        """Writes the head, gives the file its name once it is on the disk, and returns the digest."""
        plan = self._databases()[1]
        assert self._temporary is not None
        with disk_errors(self.path):
            self._remove_rows()
            for statement in TABLES:
                if not statement.startswith("CREATE TABLE"):
                    plan.execute(statement)
            # What the plan is known by, however it is narrowed later: the digest of what it is now.
            id = write_head(plan, head, lambda _users: self._check())
            digest = write_head(plan, replace(head, id=id), lambda _users: self._check())
            plan.execute("COMMIT")
            self._close_plan()
            sync(self._part)
            self._temporary.publish(self._part, self.path, replace=self._replace)
            sync(self.path.parent)
        return digest

    def leave(self) -> None:
        """Has whatever is under way end soon, with a `PlanError`. For any thread."""
        self._left = True
        with self._closing:
            for db in (self._rows, self._plan):
                if db is not None:
                    db.interrupt()

    def discard(self) -> None:
        """Removes what is left of the files; after `finish` that is nothing."""
        with suppress(OSError):
            self._remove_rows()
        self._close_plan()
        if self._temporary is not None:
            self._temporary.close()

    def _databases(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        self._check()
        assert self._rows is not None
        assert self._plan is not None
        return self._rows, self._plan

    def _check(self) -> None:
        if self._left:
            raise given_up()

    def _remove_rows(self) -> None:
        if self._rows is not None:
            with self._closing:
                self._rows.close()
                self._rows = None
            self._rows_path.unlink(missing_ok=True)

    def _close_plan(self) -> None:
        with self._closing:
            if self._plan is not None:
                self._plan.close()
                self._plan = None


def _undo_row(edit: UndoEdit) -> tuple[int, str, str, str, str, int | None]:
    kind, user = edit.user
    return edit.number, user, kind.value, edit.wanted.text, json.dumps(edit.written), edit.undo_of


def _no_inverse(edit: UndoEdit) -> tuple[int, str, str, str]:
    reason = " ".join(edit.written.left) or _("Nothing was sent for this user.")
    return edit.number, NO_INVERSE, reason, shown_user(*edit.user)


def given_up() -> PlanError:
    """The error of a plan that nobody waits for any more."""
    return PlanError(
        _("No plan was made"), _("The making of it was given up. Nothing was sent."), _("Make it anew.")
    )


@lru_cache(_KNOWN)
def _word(text: str) -> PersonsWord | None:
    return PersonsWord(*json.loads(text)) if text else None


def _written(text: str | None) -> Classified | None:
    return None if text is None else Classified(*map(tuple, json.loads(text)))
