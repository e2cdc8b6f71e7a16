"""Adding to the chain, and to the tables that lists are made from, in one transaction."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from dfn_tui.store.body import Body, Sealed, Unreadable, canonical, chained
from dfn_tui.store.sealing import Sealer

OPEN = ""
"""The outcome of an intent that has none yet, where a shape names it."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain goes, and up to where and since when the key named by `key_id` vouches for it."""

    count: int
    hash: bytes
    at: str
    dropped: str
    key_id: bytes | None
    since: int | None
    signed: int | None
    signature: bytes | None


def read_head(connection: sqlite3.Connection) -> Head:
    """The head. Raises Unreadable when there is none."""
    row = connection.execute(
        "SELECT CAST(count AS INTEGER), CAST(hash AS BLOB), CAST(at AS TEXT), CAST(dropped AS TEXT),"
        " CAST(key_id AS BLOB), CAST(since AS INTEGER), CAST(signed AS INTEGER), CAST(signature AS BLOB)"
        " FROM head"
    ).fetchone()
    if row is None:
        raise Unreadable
    return Head(*row)


@dataclass(frozen=True, slots=True)
class Shape:
    """What lists are found by, besides user, write and time. `flags` is spaced on both sides of each."""

    connection: str
    operator: str
    sudo_user: str
    flags: str
    outcome: str

    @classmethod
    def of(cls, body: Body, outcome: str) -> "Shape":
        """The shape of an intent with this body."""
        flags = sorted(change["name"] for change in body["changes"] if change["kind"] == "consent")
        operator = body["operator"]
        return cls(
            body["connection"],
            operator["user"],
            operator["sudo_user"] or "",
            f" {' '.join(flags)} " if flags else "",
            outcome,
        )

    @property
    def row(self) -> tuple[str, ...]:
        return (self.connection, self.operator, self.sudo_user, self.flags, self.outcome)


class Appender:
    """Adds entries while a write transaction is open; `finish` must be called before it is committed.

    It goes on from the head, not from the last row there is: what was cut off leaves a gap for good.
    """

    def __init__(self, connection: sqlite3.Connection, sealer: Sealer | None, at: str) -> None:
        self._connection = connection
        self._sealer = sealer
        self._head = read_head(connection)
        self._at = at
        self._count, self._hash = self._head.count, self._head.hash
        if at < self._head.at:
            connection.execute("INSERT INTO step VALUES (?)", (self._count + 1,))

    def add(self, body: Body) -> int:
        """Adds an entry and returns its number."""
        text = canonical(body)
        self._count += 1
        self._hash = chained(self._hash, text.encode())
        self._connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (self._count, text, self._hash))
        return self._count

    def add_intent(self, body: Body, sealed: Iterable[Sealed]) -> int:
        """Adds an intent, with its sealed values and its place in the lists."""
        seq = self.add(body)
        shape = _shape_id(self._connection, Shape.of(body, OPEN).row)
        state = (seq, body["subject"]["handle"], body["write"], shape)
        self._connection.execute("INSERT INTO state VALUES (?, ?, ?, ?, NULL)", state)
        for value in sealed:
            row = (seq, value.slot, value.nonce, value.ciphertext)
            self._connection.execute("INSERT INTO sealed VALUES (?, ?, ?, ?)", row)
        return seq

    def add_outcome(self, body: Body) -> int:
        """Adds an outcome, which becomes the one lists show for its intent."""
        seq = self.add(body)
        *facets, _before = self._connection.execute(
            "SELECT connection, operator, sudo_user, flags, shape.outcome FROM state"
            " JOIN shape ON shape.id = state.shape WHERE state.seq = ?",
            (body["intent"],),
        ).fetchone()
        shape = _shape_id(self._connection, (*facets, body["ending"]))
        self._connection.execute(
            "UPDATE state SET shape = ?, outcome = ? WHERE seq = ?", (shape, seq, body["intent"])
        )
        return seq

    def previous_outcome(self, intent: int) -> int | None:
        """The latest outcome of an intent. Raises ValueError where there is no such intent."""
        row = self._connection.execute("SELECT outcome FROM state WHERE seq = ?", (intent,)).fetchone()
        if row is None:
            raise ValueError(f"entry {intent} is no intent")
        return None if row[0] is None else int(row[0])

    def finish(self, dropped: str | None = None) -> None:
        """Moves the head to the last entry, and signs it where there is a key."""
        since, signed, signature, key_id = self._signature()
        self._connection.execute(
            "UPDATE head SET count = ?, hash = ?, at = ?, dropped = ?, since = ?, signed = ?,"
            " signature = ?, key_id = ?",
            (
                self._count,
                self._hash,
                self._at,
                self._head.dropped if dropped is None else dropped,
                since,
                signed,
                signature,
                key_id,
            ),
        )

    def _signature(self) -> tuple[int | None, int | None, bytes | None, bytes | None]:
        head, sealer = self._head, self._sealer
        if sealer is None:
            return head.since, head.signed, head.signature, head.key_id
        since = head.count + 1
        if head.signature is not None and head.key_id == sealer.key_id:
            if not vouched(head, sealer, hash_of(self._connection, head.signed)):
                # Signing anew would hide for good that the signed entries were changed.
                return head.since, head.signed, head.signature, head.key_id
            since = head.since or since
        return since, self._count, sealer.sign(since, self._count, self._hash), sealer.key_id


def vouched(head: Head, sealer: Sealer, digest: bytes | None) -> bool:
    """Whether the signature fits a chain that has the hash `digest` at the entry signed last."""
    if head.signature is None or head.since is None or head.signed is None or digest is None:
        return False
    return sealer.signed(head.signature, head.since, head.signed, digest)


def hash_of(connection: sqlite3.Connection, seq: int | None) -> bytes | None:
    row = connection.execute("SELECT CAST(hash AS BLOB) FROM entry WHERE seq = ?", (seq,)).fetchone()
    return row[0] if row else None


def _shape_id(connection: sqlite3.Connection, row: tuple[str, ...]) -> int:
    find = (
        "SELECT id FROM shape WHERE connection = ? AND operator = ? AND sudo_user = ? AND flags = ?"
        " AND outcome = ?"
    )
    found = connection.execute(find, row).fetchone()
    if found is None:
        connection.execute(
            "INSERT INTO shape (connection, operator, sudo_user, flags, outcome) VALUES (?, ?, ?, ?, ?)", row
        )
        found = connection.execute(find, row).fetchone()
    return int(found[0])
