"""Finding entries, newest first, in a time that hardly depends on how many there are.

Entries that agree in connection, operator, host, flags and outcome share an index key, and there are few
keys. A search picks the keys that fit, and takes the newest entries of each from an index on the key. So a
combination that matches nothing is as quick as any other: no index is walked past entries that do not match.
Where a user, a write or an incident is asked for, the entries of that one alone are walked. Times are turned
into ranges of numbers first.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dfn_tui.outcomes import Outcome
from dfn_tui.store.body import (
    Body,
    Sealed,
    Unreadable,
    entry_of,
    note_of,
    outcome_of,
    read_body,
    stamp,
    words_for,
)
from dfn_tui.store.chain import OPEN, read_head
from dfn_tui.store.records import DutyNote, Entry, Filter, OutcomeRecord

Span = tuple[int, int]
Values = dict[str, str | int | None]

_KEYS = """SELECT id FROM index_key
    WHERE (:connection IS NULL OR connection = :connection)
    AND (:operator IS NULL OR operator = :operator OR sudo_user = :operator)
    AND (:flag IS NULL OR instr(flags, ' ' || :flag || ' '))
    AND (:host IS NULL OR host = :host)
    AND (:outcomes IS NULL OR instr(:outcomes, ' ' || outcome || ' '))"""


_FITS = f"""index_key IN ({_KEYS}) AND (:write IS NULL OR "write" = :write)
    AND (:incident IS NULL OR incident = :incident) AND intent.seq BETWEEN :low AND :high"""


def find(
    connection: sqlite3.Connection, wanted: Filter, handles: Sequence[str], limit: int, before_seq: int | None
) -> list[int]:
    """The numbers of the intents that `wanted` fits, newest first. `handles` are what the user asked for
    may be kept as; without a user there are none."""
    index, narrow, values = _place(wanted, handles)
    keys = [row[0] for row in connection.execute(_KEYS, values)]
    if not keys:
        return []
    source = f"FROM intent INDEXED BY {index} WHERE {narrow} AND {_FITS}"
    found: list[int] = []
    for low, high in _spans(connection, wanted.since, wanted.until, before_seq):
        span: Values = {**values, "low": low, "high": high}
        if index:
            found += _seqs(connection, source, span, limit - len(found))
        else:
            found += _newest(connection, keys, span, limit - len(found))
        if len(found) >= limit:
            break
    return found


def walk(
    connection: sqlite3.Connection, wanted: Filter, handles: Sequence[str]
) -> Iterator[tuple[str, Entry]]:
    """What `find` finds, but all of it, one at a time, each with what its user is found by. Quicker for many
    entries, slower for few among many: without a user, a write or an incident every entry is looked at."""
    index, narrow, values = _place(wanted, handles)
    question = f"""SELECT user, intent.seq, CAST(said.body AS BLOB), intent.outcome, CAST(ended.body AS BLOB)
        FROM intent {f"INDEXED BY {index}" if index else "NOT INDEXED"}
        CROSS JOIN entry AS said ON said.seq = intent.seq
        LEFT JOIN entry AS ended ON ended.seq = intent.outcome
        WHERE {narrow} AND {_FITS} ORDER BY intent.seq DESC"""  # noqa: S608  no values
    for low, high in _spans(connection, wanted.since, wanted.until, None):
        found = connection.execute(question, {**values, "low": low, "high": high})
        for user, seq, said, outcome, ended in found:
            yield user, entry_of(seq, read_body(said), None if outcome is None else read_body(ended))


def unresolved(connection: sqlite3.Connection) -> list[int]:
    """The numbers of the intents without an outcome, oldest first."""
    rows = connection.execute(
        "SELECT seq FROM intent WHERE index_key IN (SELECT id FROM index_key WHERE outcome = ?) ORDER BY seq",
        (OPEN,),
    )
    return [row[0] for row in rows]


def load(connection: sqlite3.Connection, seq: int) -> Entry | None:
    """The intent of that number with its latest outcome; None if it is no intent."""
    row = connection.execute("SELECT outcome FROM intent WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        return None
    outcome = None if row[0] is None else body_at(connection, row[0])
    return entry_of(seq, body_at(connection, seq), outcome)


def load_all(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[Entry]:
    return [entry for seq in numbers if (entry := load(connection, seq)) is not None]


def load_outcomes(connection: sqlite3.Connection, seq: int) -> list[OutcomeRecord]:
    """All outcomes of an intent, the latest first. Raises Unreadable."""
    row = connection.execute("SELECT outcome FROM intent WHERE seq = ?", (seq,)).fetchone()
    found = []
    at = row[0] if row else None
    while at is not None:
        body = body_at(connection, at)
        found.append(outcome_of(body))
        if body["previous"] is not None and body["previous"] >= at:
            raise Unreadable
        at = body["previous"]
    return found


def load_notes(connection: sqlite3.Connection, intent: int | None) -> list[DutyNote]:
    """The notes of duties about that intent, or all of them, the oldest first. Raises Unreadable."""
    which, values = ("", ()) if intent is None else ("WHERE intent = ?", (intent,))
    rows = connection.execute(f"SELECT DISTINCT note FROM duty {which} ORDER BY note", values)  # noqa: S608
    return [note_of(row[0], body_at(connection, row[0])) for row in rows.fetchall()]


def load_sealed(connection: sqlite3.Connection, seq: int) -> list[Sealed]:
    rows = connection.execute(
        "SELECT slot, CAST(nonce AS BLOB), CAST(ciphertext AS BLOB) FROM sealed WHERE seq = ?", (seq,)
    )
    return [Sealed(*row) for row in rows]


def body_at(connection: sqlite3.Connection, seq: int) -> Body:
    """The body of the entry of that number. Raises Unreadable where there is none."""
    row = connection.execute("SELECT CAST(body AS BLOB) FROM entry WHERE seq = ?", (seq,)).fetchone()
    return read_body(row[0] if row else None)


def _values(wanted: Filter) -> Values:
    """What the statements here are given. Outcomes are spaced on both sides of each; OPEN has no letter."""
    outcomes = [OPEN] if wanted.unresolved else words_for(wanted.outcome) if wanted.outcome else None
    names = ("connection", "operator", "flag", "host", "write", "incident")
    return {name: getattr(wanted, name) for name in names} | {
        "outcomes": None if outcomes is None else f" {' '.join(outcomes)} "
    }


def _place(wanted: Filter, handles: Sequence[str]) -> tuple[str, str, Values]:
    """Which index to walk, if not that on the keys, where in it, and what the statements here are given."""
    users = {f"user{place}": handle for place, handle in enumerate(handles)}
    values = _values(wanted) | users
    if users:
        return "intent_user", f"user IN (:{', :'.join(users)})", values
    if wanted.write is not None:
        return "intent_write", '"write" = :write', values
    if wanted.incident is not None:
        return "intent_incident", "incident = :incident", values
    return "", "1", values


_OF_KEY = "FROM intent INDEXED BY intent_key WHERE index_key = :index_key AND seq BETWEEN :low AND :high"


def _newest(connection: sqlite3.Connection, keys: Sequence[int], span: Values, limit: int) -> list[int]:
    """The newest entries of these keys in the span."""
    tops = []
    for key in keys:
        top = connection.execute(f"SELECT max(seq) {_OF_KEY}", {**span, "index_key": key}).fetchone()[0]
        if top is not None:
            tops.append((top, key))
    tops.sort(reverse=True)
    found: list[int] = []
    for top, key in tops:
        if len(found) >= limit and top < found[limit - 1]:
            break  # no entry of this key, nor of those after it, is among the newest
        some = _seqs(connection, _OF_KEY, {**span, "index_key": key}, limit)
        found = sorted((*found, *some), reverse=True)[:limit]
    return found


def _seqs(connection: sqlite3.Connection, source: str, values: Values, limit: int) -> list[int]:
    """The numbers of the newest entries there."""
    question = f"SELECT seq {source} ORDER BY seq DESC LIMIT :limit"
    return [row[0] for row in connection.execute(question, {**values, "limit": limit})]


def _spans(
    connection: sqlite3.Connection, since: datetime | None, until: datetime | None, before_seq: int | None
) -> list[Span]:
    """The ranges of numbers whose entries are of that time, the newest first.

    Between two settings back of the clock times only grow, so each such run is searched by halving.
    """
    last = read_head(connection).count
    if before_seq is not None:
        last = min(last, before_seq - 1)
    if since is None and until is None:
        return [(1, last)] if last else []
    starts = [1, *(row[0] for row in connection.execute("SELECT seq FROM step ORDER BY seq") if row[0] > 1)]
    spans = []
    for start, following in zip(starts, [*starts[1:], last + 1], strict=True):
        run = range(start, min(following, last + 1))
        low, high = run.start, run.stop
        if since is not None:
            low = run.start + bisect_left(run, stamp(since), key=lambda seq: _time(connection, seq))
        if until is not None:
            high = run.start + bisect_left(run, stamp(until), key=lambda seq: _time(connection, seq))
        if low < high:
            spans.append((low, high - 1))
    return spans[::-1]


_UNAPPROVED = """SELECT 1 FROM intent JOIN entry USING (seq)
    WHERE intent.seq BETWEEN :low AND :high AND "write" <> :but
    AND index_key NOT IN (SELECT id FROM index_key WHERE instr(:undone, ' ' || outcome || ' '))
    AND json_valid(body) AND json_extract(body, '$.approver') IS NULL
    AND json_extract(body, '$.environment') = :environment AND json_extract(body, '$.generation') = :api
    AND EXISTS (SELECT 1 FROM json_each(body, '$.changes') AS change
        WHERE json_extract(change.value, '$.kind') <> 'consent'
        OR json_extract(change.value, '$.after') IS NOT 'Unsubscribed')"""


def count_unapproved(
    connection: sqlite3.Connection, environment: str, api: str, since: datetime, but: str, most: int
) -> int:
    """How many entries since then, of that environment and API version, do more than take consents back and
    were approved by nobody, up to `most`; without those of the write `but`, and what failed."""
    undone = f" {' '.join(words_for(Outcome.FAILED))} "
    asked: Values = {"environment": environment, "api": api, "but": but, "undone": undone}
    count = 0
    for low, high in _spans(connection, since, None, None):
        question = f"SELECT count(*) FROM ({_UNAPPROVED} LIMIT :most)"  # noqa: S608  no values
        values = {**asked, "low": low, "high": high, "most": most - count}
        count += connection.execute(question, values).fetchone()[0]
    return count


def drop_sealed(connection: sqlite3.Connection, before: datetime) -> int:
    """Deletes the sealed values of the entries older than `before`; how many there were."""
    deleted = 0
    for span in _spans(connection, None, before, None):
        deleted += connection.execute("DELETE FROM sealed WHERE seq BETWEEN ? AND ?", span).rowcount
    return deleted


def _time(connection: sqlite3.Connection, seq: int) -> str:
    return str(body_at(connection, seq).get("at"))
