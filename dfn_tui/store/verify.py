"""Does the journal still hold what was written to it?

Found without a key: every entry that was edited, removed, reordered or put in by someone who did not also
rebuild all hashes after it; an end that was cut off without also rewriting the head; sealed values that
were altered, or removed before their time; lists that do not show what the chain says.

Not found without a key: a chain rebuilt from some entry on, head and all, by someone who can write the
file and knows how the chain is made. With the key the head is signed, and that is found too.

The whole file replaced by an older copy of itself, forked or removed is found by a head that it is known to
have had: remembered in the state folder, where nobody thought of that as well; kept beside the key; or noted
elsewhere. Whatever is done by someone who holds the key, as the operator's own account does, is found by a
head kept elsewhere alone.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from dfn_tui.store.body import GENESIS, Body, chained, seals_of
from dfn_tui.store.chain import OPEN, ChainHead, IndexKey, hash_of, read_head, vouched
from dfn_tui.store.known_head import KnownHead
from dfn_tui.store.records import ChainFault, Verification
from dfn_tui.store.sealing import Sealer, commitment

_ROWS = """SELECT entry.seq, CAST(body AS BLOB), CAST(hash AS BLOB), user, "write", index_key,
    outcome, incident FROM entry LEFT JOIN intent ON intent.seq = entry.seq ORDER BY entry.seq"""

Progress = Callable[[int, int], None]
"""Told now and then how many entries were read, and of how many."""
_STRIDE = 5000


class _Found(Exception):
    def __init__(self, fault: ChainFault, seq: int) -> None:
        self.fault, self.seq = fault, seq


class _Row(NamedTuple):
    seq: int
    body: bytes
    hash: bytes
    user: str | None
    write: str | None
    index_key: int | None
    outcome: int | None
    incident: str | None


def verify(
    connection: sqlite3.Connection,
    sealer: Sealer | None,
    progress: Progress | None = None,
    known: Sequence[KnownHead] = (),
) -> Verification:
    """Reads the whole journal once, from the first entry to the first fault, in the open transaction, and
    looks whether it still holds what it is `known` to have held."""
    head = read_head(connection)
    try:
        _check_chain(connection, head, progress)
        signed = _signed(connection, head, sealer)
        for one in known:
            _check_known(connection, head, one)
            _check_vouched(one, signed, sealer)
        return Verification(head.count, signed=signed)
    except _Found as found:
        return Verification(head.count, found.fault, found.seq)


def _check_chain(connection: sqlite3.Connection, head: ChainHead, progress: Progress | None) -> None:
    listed = _Listed(connection, head)
    expected, previous = 1, GENESIS
    for row in connection.execute(_ROWS):
        seq, body, digest = row[:3]
        if seq != expected or seq > head.count:
            raise _gap(seq, expected, head.count)
        if chained(previous, body) != digest:
            raise _broken(connection, seq, previous)
        listed.check(_Row._make(row))
        expected, previous = seq + 1, digest
        if progress is not None and seq % _STRIDE == 0:
            progress(seq, head.count)
    if expected <= head.count:
        raise _Found(ChainFault.TRUNCATED, expected)
    if previous != head.hash:
        raise _Found(ChainFault.ALTERED, head.count)
    listed.end()


def _check_known(connection: sqlite3.Connection, head: ChainHead, known: KnownHead) -> None:
    if known.seq > head.count:
        raise _Found(ChainFault.ROLLED_BACK, known.seq)
    if known.seq and hash_of(connection, known.seq) != known.hash:
        raise _Found(ChainFault.FORKED, known.seq)


def _check_vouched(known: KnownHead, signed: tuple[int, int] | None, sealer: Sealer | None) -> None:
    if known.since and sealer is not None and (signed is None or signed[1] < known.seq):
        raise _Found(ChainFault.UNVOUCHED, known.seq)


def _gap(seq: int, expected: int, count: int) -> _Found:
    if expected < seq and expected <= count:
        return _Found(ChainFault.MISSING, expected)
    return _Found(ChainFault.ADDED, seq)


def _broken(connection: sqlite3.Connection, seq: int, previous: bytes) -> _Found:
    """Whether some later entry would fit in place of this one."""
    later = connection.execute(
        "SELECT CAST(body AS BLOB), CAST(hash AS BLOB) FROM entry WHERE seq > ? ORDER BY seq", (seq,)
    )
    fits = any(chained(previous, body) == digest for body, digest in later)
    return _Found(ChainFault.MISPLACED if fits else ChainFault.ALTERED, seq)


def _signed(connection: sqlite3.Connection, head: ChainHead, sealer: Sealer | None) -> tuple[int, int] | None:
    if sealer is None or head.signature is None or head.key_id != sealer.key_id:
        return None
    if not vouched(head, sealer, hash_of(connection, head.signed)):
        raise _Found(ChainFault.UNSIGNED, head.signed or head.count)
    return head.since or 1, head.signed or head.count


class _Listed:
    """Checks, entry by entry, that what lies beside the chain says the same as the chain.

    Only intents whose outcome is still to come are kept in memory.
    """

    def __init__(self, connection: sqlite3.Connection, head: ChainHead) -> None:
        self._connection = connection
        self._head = head
        self._keys = {
            row[0]: IndexKey(*row[1:])
            for row in connection.execute(f"SELECT id, {', '.join(IndexKey._fields)} FROM index_key")  # noqa: S608
        }
        self._steps = {row[0] for row in connection.execute("SELECT seq FROM step")}
        self._awaited: dict[int, tuple[int, str]] = {}
        self._at = ""
        self._dropped = ""
        self._intents = 0
        self._sealed: Iterator[tuple[int, int, bytes, bytes]] = connection.execute(
            "SELECT seq, slot, CAST(nonce AS BLOB), CAST(ciphertext AS BLOB) FROM sealed ORDER BY seq, slot"
        )
        self._next_sealed = next(self._sealed, None)
        self._noted: Iterator[tuple[int, int]] = connection.execute(
            "SELECT note, intent FROM duty ORDER BY note, intent"
        )
        self._next_noted = next(self._noted, None)

    def check(self, row: _Row) -> None:
        try:
            body = json.loads(row.body.decode())
            self._check_time(row.seq, body["at"])
            kind = body["kind"]
            if kind == "intent":
                right = self._intent(row, body)
            elif kind == "outcome":
                right = row.index_key is None and self._outcome(row.seq, body)
            elif kind == "duty":
                right = row.index_key is None and self._note(row.seq, body)
            else:
                right = row.index_key is None
                self._dropped = max(self._dropped, body["before"])
        except (ValueError, KeyError, TypeError) as error:
            # Chained, but no entry this program writes: someone rebuilt the chain.
            raise _Found(ChainFault.ALTERED, row.seq) from error
        if not right:
            raise _Found(ChainFault.LISTED_WRONG, row.seq)

    def _check_time(self, seq: int, at: str) -> None:
        if (at < self._at) is not (seq in self._steps):
            raise _Found(ChainFault.LISTED_WRONG, seq)
        self._at = at

    def _intent(self, row: _Row, body: Body) -> bool:
        self._intents += 1
        key = self._keys.get(row.index_key or 0)
        listed = (row.user, row.write, row.incident)
        if key is None or listed != (body["subject"]["handle"], body["write"], body.get("incident")):
            return False
        if row.outcome is not None:
            self._awaited[row.seq] = (row.outcome, key.outcome)
        elif key.outcome != OPEN:
            return False
        self._check_sealed(row.seq, body)
        return key == IndexKey.of(body, key.outcome)

    def _outcome(self, seq: int, body: Body) -> bool:
        awaited = self._awaited.get(body["intent"])
        if awaited is None or seq > awaited[0]:
            return False
        if seq == awaited[0]:
            del self._awaited[body["intent"]]
            return bool(awaited[1] == body["ending"])
        return True

    def _note(self, seq: int, body: Body) -> bool:
        """Each intent of a note is listed with it, and was there before it."""
        for intent in body["intents"]:
            if self._next_noted != (seq, intent) or not 0 < intent < seq:
                return False
            self._next_noted = next(self._noted, None)
        return True

    def _check_sealed(self, seq: int, body: Body) -> None:
        for slot, promised in seals_of(body):
            kept = self._take_sealed(seq, slot)
            if kept is not None and commitment(*kept) != promised:
                raise _Found(ChainFault.FORGED, seq)
            if kept is None and body["at"] >= self._head.dropped:
                raise _Found(ChainFault.LOST, seq)

    def _take_sealed(self, seq: int, slot: int) -> tuple[bytes, bytes] | None:
        row = self._next_sealed
        if row is None or row[:2] > (seq, slot):
            return None
        if row[:2] < (seq, slot):
            raise _Found(ChainFault.FORGED, row[0])  # nothing in the chain speaks of it
        self._next_sealed = next(self._sealed, None)
        return row[2], row[3]

    def end(self) -> None:
        """Checks what can be told only when every entry was seen."""
        if self._next_noted is not None:
            raise _Found(ChainFault.LISTED_WRONG, self._next_noted[0])
        if self._awaited:
            raise _Found(ChainFault.LISTED_WRONG, min(self._awaited))
        if self._next_sealed is not None:
            raise _Found(ChainFault.FORGED, self._next_sealed[0])
        states: tuple[Any, ...] = self._connection.execute("SELECT count(*), max(seq) FROM intent").fetchone()
        if states[0] != self._intents:
            raise _Found(ChainFault.LISTED_WRONG, states[1] or 1)
        if self._dropped != self._head.dropped:
            raise _Found(ChainFault.LISTED_WRONG, self._head.count)
