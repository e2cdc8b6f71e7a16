"""The rows of an input in SQLite, each user once: what a million rows ask of memory stays flat.

Which users come twice is only known at the end, and whether they ask for the same as well. So the rows go
into the file that the plan is kept in anyway, and the index that finds users there finds the repeated ones.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dfn_tui.api.types import IdentityKind
from dfn_tui.consent.duties import Ground
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import Bad, Good, PersonsWord, RowFault, StoppedAtBadRow, shown_user
from dfn_tui.service.changes.fields import EditSet
from dfn_tui.service.changes.values import same_value
from dfn_tui.text import _

_TABLES = """
CREATE TABLE input_row (
    line INTEGER PRIMARY KEY, user TEXT NOT NULL, wanted TEXT NOT NULL, word TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE input_bad (
    line INTEGER PRIMARY KEY, fault TEXT NOT NULL, reason TEXT NOT NULL, shown TEXT NOT NULL
);
"""
_TOLD_EVERY = 10_000  # rows
_REPEATED = """
CREATE TEMP TABLE input_repeated AS
SELECT user, min(line) AS line, min(kind || wanted) <> max(kind || wanted) AS conflict
FROM input_row WHERE user IN (SELECT user FROM input_row GROUP BY user HAVING count(*) > 1) GROUP BY user
"""
_SEVERAL = """
CREATE TEMP TABLE input_several AS SELECT user FROM input_row
GROUP BY user HAVING count(*) > 1 AND min(kind) = max(kind)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the records of an input: each is in exactly one of these. `users` are distinct; rows
    that add up are one. `several` is what they are named by where rows say that, each for itself."""

    users: int
    duplicates: int
    bad: int
    blank: int
    several: tuple[IdentityKind, ...] = ()


def take_in(
    source: BulkInput,
    db: sqlite3.Connection,
    *,
    stop_at_first_bad: bool = False,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> Taken:
    """Reads all of `source` into two new tables of `db`, inside the transaction that is open there.

    `input_row(line, user, wanted, word, kind)` has every user that is to be changed once, by the first line
    that asks for it; `wanted` is the `text` of an EditSet, `word` the JSON of a PersonsWord, or "", and
    `kind` what this row alone says that the user is named by, or "". Several rows of a user add up where the
    input is `long`. `input_bad(line, fault, reason, shown)` has all other
    rows, the repetitions too. A user for whom different things are wanted is in no `input_row`: which was
    meant is not for us to guess. `on_progress` is given now and then how many rows were read. Raises
    StoppedAtBadRow where asked to, and what reading the input raises.
    """
    for statement in _TABLES.split(";"):
        db.execute(statement)  # not `executescript`, which would commit
    db.executemany(
        "INSERT INTO input_row VALUES (?, ?, ?, ?, ?)", _good(source, db, stop_at_first_bad, on_progress)
    )
    db.execute("CREATE INDEX input_user ON input_row (user)")
    merged = _merge(db) if source.long else 0
    db.execute(_REPEATED)
    db.executemany("INSERT INTO input_bad VALUES (?, ?, ?, ?)", _repetitions(source, db))
    db.execute("DELETE FROM input_row WHERE line IN (SELECT line FROM input_bad)")
    if stop_at_first_bad:
        _stop_at_conflict(db)
    db.execute("DROP TABLE input_repeated")
    [users] = db.execute("SELECT count(*) FROM input_row").fetchone()
    [duplicates] = db.execute(
        "SELECT count(*) FROM input_bad WHERE fault = ?", (RowFault.DUPLICATE,)
    ).fetchone()
    read = source.counts
    bad = read.good + read.bad - merged - users - duplicates
    several = _kinds(source, db) if source.several else ()
    return Taken(users, duplicates, bad, read.blank, several)


def _kinds(source: BulkInput, db: sqlite3.Connection) -> tuple[IdentityKind, ...]:
    found = {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM input_row")}
    if found <= {""}:
        return ()
    kinds = {IdentityKind(kind) if kind else source.kind for kind in found}
    return tuple(sorted(kinds, key=lambda kind: (kind is not source.kind, kind)))


def _good(
    source: BulkInput, db: sqlite3.Connection, stop_at_first_bad: bool, on_progress: Callable[[int], None]
) -> Iterator[tuple[int, str, str, str, str]]:
    for at, row in enumerate(source.rows(stop_at_first_bad=stop_at_first_bad)):
        if not at % _TOLD_EVERY:
            on_progress(at)
        if type(row) is Good:
            yield row.line, row.user, row.wanted.text, _json(row.word) if row.word else "", row.kind or ""
        else:
            db.execute("INSERT INTO input_bad VALUES (?, ?, ?, ?)", row)


@lru_cache(4096)
def _json(word: PersonsWord) -> str:
    return json.dumps(word)


def _merge(db: sqlite3.Connection) -> int:
    """Adds up the rows of each user, in the first of them, where they do not contradict each other; returns
    how many rows went into others."""
    db.execute(_SEVERAL)
    merged = 0
    for (user,) in db.execute("SELECT user FROM input_several"):
        found = "SELECT line, wanted, word FROM input_row WHERE user = ? ORDER BY line"
        rows = db.execute(found, (user,)).fetchall()
        edits = [edit for _line, text, _word in rows for edit in EditSet.read(text).edits]
        wanted = {(edit.kind, edit.name): edit for edit in edits}
        if any(not same_value(wanted[edit.kind, edit.name].value, edit.value) for edit in edits):
            continue  # which was meant is not for us to guess
        first, *others = [(line,) for line, _wanted, _word in rows]
        word = _joined([PersonsWord(*json.loads(word)) for _line, _text, word in rows if word])
        db.executemany("DELETE FROM input_row WHERE line = ?", others)
        changed = (EditSet.of(list(wanted.values())).text, word, *first)
        db.execute("UPDATE input_row SET wanted = ?, word = ? WHERE line = ?", changed)
        merged += len(others)
    db.execute("DROP TABLE input_several")
    return merged


def _joined(words: Sequence[PersonsWord]) -> str:
    """What a person said in several rows: each evidence and source once, and the last date."""
    if not words:
        return ""
    evidence, dates, sources, grounds = zip(*words, strict=True)
    joined = [" · ".join(dict.fromkeys(filter(None, texts))) for texts in (evidence, sources)]
    # Where one of the rows is what the person said, duties follow.
    ground = Ground.EXPRESSED if Ground.EXPRESSED in grounds else min(grounds)
    return _json(PersonsWord(joined[0], max(dates), joined[1], ground))


def _repetitions(source: BulkInput, db: sqlite3.Connection) -> Iterator[Bad]:
    found = db.execute(
        "SELECT input_row.line, user, kind, input_repeated.line, conflict"
        " FROM input_repeated JOIN input_row USING (user)"
    )
    same, other = _("The same as in line {line}."), _("Line {line} wants something else for the same user.")
    unlike = _("Another line wants something else for the same user.")
    for line, user, kind, first, conflict in found:
        shown = shown_user(IdentityKind(kind) if kind else source.kind, user)
        if conflict:
            reason = unlike if line == first else other.format(line=first)
            yield Bad(line, RowFault.CONFLICT, reason, shown)
        elif line != first:
            yield Bad(line, RowFault.DUPLICATE, same.format(line=first), shown)


def _stop_at_conflict(db: sqlite3.Connection) -> None:
    found = db.execute(
        "SELECT line, fault, reason, shown FROM input_bad WHERE fault = ? ORDER BY line LIMIT 1",
        (RowFault.CONFLICT,),
    ).fetchone()
    if found:
        line, fault, reason, shown = found
        raise StoppedAtBadRow(Bad(line, RowFault(fault), reason, shown))
