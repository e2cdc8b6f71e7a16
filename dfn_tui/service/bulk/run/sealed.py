"""A job's file where a key is at hand: what it says of people is sealed, in pages of many users.

What lists and counts are made of stays plain: numbers, states, outcomes, times, the connection. All texts
lie in the table `sealed`: ids, values, evidence, reasons, what the server said. To who has the key temporary
views show the plan's tables with them, so that a plan and a sealed job are read by the same questions.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dfn_tui.service.bulk.plan.errors import damaged, passes_on
from dfn_tui.service.bulk.plan.file import PlanFile, digest_of
from dfn_tui.service.bulk.plan.records import PlanMetadata, as_json
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.store.schema import transaction
from dfn_tui.store.sealing import Sealer

VERSION = 2
TABLES = (
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, digest TEXT NOT NULL)",
    "CREATE TABLE shape (id INTEGER PRIMARY KEY, standing TEXT NOT NULL, lost INTEGER NOT NULL)",
    # Without an index on the shapes: users are read in order, and are counted once a start.
    """CREATE TABLE user (
        number INTEGER PRIMARY KEY, shape INTEGER NOT NULL, left_out INTEGER NOT NULL, undo_of INTEGER)""",
    "CREATE TABLE bad (line INTEGER PRIMARY KEY, fault TEXT NOT NULL)",
    "CREATE TABLE key (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL)",
    # A page of texts by the number of the first, as each part of the file has them.
    """CREATE TABLE sealed (
        part TEXT NOT NULL, first INTEGER NOT NULL, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL,
        PRIMARY KEY (part, first))""",
)
_VIEWS = (
    "CREATE TEMP VIEW head AS SELECT one, opened('head', one, 0) AS text, digest FROM main.head",
    """CREATE TEMP VIEW shape AS SELECT id, standing, opened('shape', id, 0) AS wanted,
        opened('shape', id, 1) AS rest FROM main.shape""",
    """CREATE TEMP VIEW user AS SELECT number, opened('user', number, 0) AS user, shape, left_out, undo_of
        FROM main.user""",
    """CREATE TEMP VIEW bad AS SELECT line, fault, opened('bad', line, 0) AS reason,
        opened('bad', line, 1) AS shown FROM main.bad""",
)
LOST = "json_extract(rest, '$[2]') <> ''"
"""Whether a field of a group's users could not be read, of a plain `rest`."""
_PARTS = (
    ("shape", 2, f"SELECT id, wanted, rest, standing, {LOST} FROM shape ORDER BY id"),  # noqa: S608  own words
    ("user", 1, "SELECT number, user, shape, left_out, undo_of FROM user ORDER BY number"),
    ("bad", 2, "SELECT line, reason, shown, fault FROM bad ORDER BY line"),
)
"""Of each table how many columns are sealed: those after the number."""
_PAGE = 500
"""Texts that are sealed together: one by one that would take as long as half of a run's own work."""
_KEPT = 8
"""Pages that are held opened."""
_NONCE = 12


class SealedTexts:
    """The texts of the file behind `db`, of the job of that `id`. Reading raises PlanError for what does not
    open: it was altered, or is of another place or job."""

    def __init__(self, path: Path, db: sqlite3.Connection, sealer: Sealer, id: str) -> None:
        self._path = path
        self._db = db
        self._sealer = sealer
        self._id = id
        self._last: dict[str, list[dict[int, str]]] = {}
        self._page = lru_cache(_KEPT)(self._load)

    def put(self, part: str, page: Sequence[Sequence[Any]]) -> None:
        """Writes a page in place of one that begins with the same number: of each row number and texts."""
        first = page[0][0]
        plain = json.dumps([*zip(*page, strict=True)]).encode()  # by columns: that is read quickest
        sealed = self._sealer.seal(plain, self._context(part, first))
        self._db.execute("INSERT OR REPLACE INTO main.sealed VALUES (?, ?, ?, ?)", (part, first, *sealed))
        self._last.pop(part, None)
        self._page.cache_clear()

    def text(self, part: str, number: int, at: int = 0) -> str:
        """The text of that number in the column `at`. Raises what `damaged` makes where there is none."""
        # Numbers come in order: the page before is mostly the right one.
        page = self._last.get(part)
        if page is None or number not in page[at]:
            question = "SELECT max(first) FROM main.sealed WHERE part = ? AND first <= ?"
            [first] = self._db.execute(question, (part, number)).fetchone()
            page = self._last[part] = self._page(part, first)
            if number not in page[at]:
                raise damaged(self._path)
        return page[at][number]

    def newest(self, part: str) -> str:
        """The one text of a part, as another process may have written it meanwhile."""
        return self._load(part, 1)[0][1]

    def _load(self, part: str, first: int | None) -> list[dict[int, str]]:
        """Each column of a page, by the numbers of the rows."""
        found = self._db.execute(
            "SELECT CAST(nonce AS BLOB), CAST(ciphertext AS BLOB) FROM main.sealed"
            " WHERE part = ? AND first = ?",
            (part, first),
        ).fetchone()
        if found is None:
            raise damaged(self._path)
        nonce, ciphertext = found
        numbers, *columns = self._opened(nonce, ciphertext, part, first)
        return [dict(zip(numbers, column, strict=True)) for column in columns]

    def _opened(self, nonce: bytes, ciphertext: bytes, part: str, first: int | None) -> Any:
        plain = self._sealer.open(nonce, ciphertext, self._context(part, first))
        if plain is None:
            raise damaged(self._path)
        return json.loads(plain)

    def note(self, message: str) -> bytes | str:
        """What was said of how a user ended, sealed; nothing is not."""
        if not message:
            return ""
        nonce, ciphertext = self._sealer.seal(json.dumps(message).encode(), self._context("ended", 0))
        return nonce + ciphertext

    def open_note(self, note: bytes) -> str:
        """What was said."""
        return str(self._opened(note[:_NONCE], note[_NONCE:], "ended", 0))

    def _context(self, part: str, first: int | None) -> bytes:
        return json.dumps(["job", self._id, part, first]).encode()


class SealedPlan(PlanFile):
    """The plan in a sealed job's file."""

    def __init__(self, path: Path, db: sqlite3.Connection, texts: SealedTexts) -> None:
        super().__init__(path, db)
        self._texts = texts
        db.create_function("opened", 3, passes_on(texts.text))
        for view in _VIEWS:
            db.execute(view)

    def save_head(self, head: PlanMetadata) -> None:
        self._texts.put("head", [(1, as_json(head))])
        kept = as_json(_outline_of_plan(head))
        self.db.execute("UPDATE main.head SET text = ?, digest = ?", (kept, digest_of(self.db)))


def write_sealed(plan: PlanFile, db: sqlite3.Connection, record: JobRecord, key: bytes) -> None:
    """Writes the plan, and the record of its job, to the empty file behind `db`, whose tables are there.
    Nothing personal of it is written plainly, not for a moment."""
    sealer = Sealer(key)
    texts = SealedTexts(plan.path, db, sealer, record.id)
    head = plan.head
    with transaction(db):
        db.execute("INSERT INTO key VALUES (1, ?)", (sealer.key_id,))
        for part, sealed, question in _PARTS:
            found = plan.db.execute(question)
            while rows := found.fetchmany(_PAGE):
                texts.put(part, [row[: 1 + sealed] for row in rows])
                kept = [(row[0], *row[1 + sealed :]) for row in rows]
                marks = ", ".join("?" * len(kept[0]))
                db.executemany(f"INSERT INTO {part} VALUES ({marks})", kept)  # noqa: S608  own words
        texts.put("head", [(1, as_json(head))])
        db.execute("INSERT INTO head VALUES (1, ?, ?)", (as_json(_outline_of_plan(head)), plan.digest))
        texts.put("job", [(1, as_json(record))])
        db.execute("INSERT INTO job VALUES (1, ?, 0)", (as_json(outline_of_job(record)),))


def _outline_of_plan(head: PlanMetadata) -> PlanMetadata:
    """What is kept of the head for lists: without the list's name, and what users were left out by."""
    return replace(head, source="", narrowed=())


def outline_of_job(record: JobRecord) -> JobRecord:
    """What is kept of the record for lists: without what somebody, or the server, said."""
    return replace(record, reason="", evidence="", warnings=(), why="", incident="")
