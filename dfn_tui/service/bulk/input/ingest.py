"""The rows of an input in SQLite, each user once: what a million rows ask of memory stays flat.

Which users come twice is only known at the end, and whether they ask for the same as well. So the rows go
into the file that the plan is kept in anyway, and the index that finds users there finds the repeated ones.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import Bad, Good, RowFault, StoppedAtBadRow, shown_user
from dfn_tui.text import _

_TABLES = """
CREATE TABLE input_row (line INTEGER PRIMARY KEY, user TEXT NOT NULL, wanted TEXT NOT NULL);
CREATE TABLE input_bad (
    line INTEGER PRIMARY KEY, fault TEXT NOT NULL, reason TEXT NOT NULL, shown TEXT NOT NULL
);
"""
_TOLD_EVERY = 10_000  # rows
_REPEATED = """
CREATE TEMP TABLE input_repeated AS
SELECT user, min(line) AS line, min(wanted) <> max(wanted) AS conflict
FROM input_row WHERE user IN (SELECT user FROM input_row GROUP BY user HAVING count(*) > 1) GROUP BY user
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the records of an input: each is in exactly one of these. `users` are distinct."""

    users: int
    duplicates: int
    bad: int
    blank: int


def take_in(
    source: BulkInput,
    db: sqlite3.Connection,
    *,
    stop_at_first_bad: bool = False,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> Taken:
    """Reads all of `source` into two new tables of `db`, inside the transaction that is open there.

    `input_row(line, user, wanted)` has every user that is to be changed once, by the first line that asks for
    it; `wanted` is the `text` of an EditSet. `input_bad(line, fault, reason, shown)` has all other rows, the
    repetitions too. A user for whom different things are wanted is in no `input_row`: which was meant is not
    for us to guess. `on_progress` is given now and then how many rows were read. Raises StoppedAtBadRow
    where asked to, and what reading the input raises.
    """
    for statement in _TABLES.split(";"):
        db.execute(statement)  # not `executescript`, which would commit
    db.executemany(
        "INSERT INTO input_row VALUES (?, ?, ?)", _good(source, db, stop_at_first_bad, on_progress)
    )
    db.execute("CREATE INDEX input_user ON input_row (user)")
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
    return Taken(users, duplicates, read.good + read.bad - users - duplicates, read.blank)


def _good(
    source: BulkInput, db: sqlite3.Connection, stop_at_first_bad: bool, on_progress: Callable[[int], None]
) -> Iterator[tuple[int, str, str]]:
    for at, row in enumerate(source.rows(stop_at_first_bad=stop_at_first_bad)):
        if not at % _TOLD_EVERY:
            on_progress(at)
        if type(row) is Good:
            yield row.line, row.user, row.wanted.text
        else:
            db.execute("INSERT INTO input_bad VALUES (?, ?, ?, ?)", row)


def _repetitions(source: BulkInput, db: sqlite3.Connection) -> Iterator[Bad]:
    found = db.execute(
        "SELECT input_row.line, user, input_repeated.line, conflict"
        " FROM input_repeated JOIN input_row USING (user)"
    )
    same, other = _("The same as in line {line}."), _("Line {line} wants something else for the same user.")
    unlike = _("Another line wants something else for the same user.")
    for line, user, first, conflict in found:
        shown = shown_user(source.kind, user)
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
