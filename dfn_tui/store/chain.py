"""Adding to the chain, and to the tables that lists are made from, in one transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dfn_tui.store.body import Body, Sealed, Unreadable, chained
from dfn_tui.store.sealing import Sealer

OPEN = ""
"""The outcome of an intent that has none yet, where a shape names it."""
_ASKED_AT_ONCE = 500
"""Older builds of SQLite take 999 values in one statement."""


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


class Shape(NamedTuple):
    """What lists are found by, besides user, write and time. `flags` is spaced on both sides of each."""

    connection: str
    operator: str
    sudo_user: str
    flags: str
    outcome: str = OPEN

    @classmethod
    def of(cls, body: Body, outcome: str = OPEN) -> "Shape":
        """The shape of an intent with this body."""
        operator = body["operator"]
        consents = consents_of(body["changes"])
        return cls(body["connection"], operator["user"], operator["sudo_user"] or "", consents, outcome)


def consents_of(changes: Sequence[Body]) -> str:
    """The flags of a shape: those that an intent with these changes has."""
    flags = sorted(change["name"] for change in changes if change["kind"] == "consent")
    return f" {' '.join(flags)} " if flags else ""


class Listed(NamedTuple):
    """An intent as it is added: its text, what it is listed by, and its sealed values."""

    text: str
    user: str
    write: str
    shape: Shape
    sealed: Sequence[Sealed]


class Appender:
    """Adds entries while a write transaction is open; `finish` writes them, before it is committed.

    It goes on from the head, not from the last row there is: what was cut off leaves a gap for good.
    """

    def __init__(self, connection: sqlite3.Connection, sealer: Sealer | None, at: str) -> None:
        self._connection = connection
        self._sealer = sealer
        self._head = read_head(connection)
        self._at = at
        self._count, self._hash = self._head.count, self._head.hash
        self._entries: list[tuple[int, str, bytes]] = []
        self._begun: list[tuple[int, str, str, int]] = []
        self._sealed: list[tuple[int, int, bytes, bytes]] = []
        self._ended: dict[int, tuple[int, int | None]] = {}
        """Shape and latest outcome of the intents that were asked for."""
        self._shapes: dict[Shape, int] = {}
        self._ends: dict[tuple[int, str], int] = {}
        """The shape that one becomes by an outcome."""
        if at < self._head.at:
            connection.execute("INSERT INTO step VALUES (?)", (self._count + 1,))

    def add(self, text: str) -> int:
        """Adds an entry and returns its number."""
        self._count += 1
        self._hash = chained(self._hash, text.encode())
        self._entries.append((self._count, text, self._hash))
        return self._count

    def add_intent(self, intent: Listed) -> int:
        """Adds an intent, with its sealed values and its place in the lists."""
        seq = self.add(intent.text)
        shape = self._shapes.get(intent.shape) or self._shape(intent.shape)
        self._begun.append((seq, intent.user, intent.write, shape))
        self._sealed += [(seq, value.slot, value.nonce, value.ciphertext) for value in intent.sealed]
        return seq

    def ask(self, intents: Sequence[int]) -> None:
        """Reads how these intents ended so far. Raises ValueError for one that was not written before this
        transaction."""
        for start in range(0, len(intents), _ASKED_AT_ONCE):
            some = intents[start : start + _ASKED_AT_ONCE]
            rows = self._connection.execute(
                f"SELECT seq, shape, outcome FROM state WHERE seq IN ({', '.join('?' * len(some))})",  # noqa: S608
                some,
            )
            self._ended.update((seq, (shape, outcome)) for seq, shape, outcome in rows)
        for intent in intents:
            if intent not in self._ended:
                raise ValueError(f"entry {intent} is no intent")

    def previous_outcome(self, intent: int) -> int | None:
        """The latest outcome of an intent that was asked for."""
        return self._ended[intent][1]

    def add_outcome(self, intent: int, ending: str, text: str) -> int:
        """Adds an outcome of an intent that was asked for; lists then show this one."""
        seq = self.add(text)
        before, _previous = self._ended[intent]
        shape = self._ends.get((before, ending)) or self._shape_after(before, ending)
        self._ended[intent] = shape, seq
        return seq

    def finish(self, dropped: str | None = None) -> None:
        """Writes what was added, and moves the head to the last entry, signed where there is a key."""
        self._connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", self._entries)
        if self._ended:
            self._list_outcomes()
        if self._begun:
            self._list_intents()
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

    def _list_intents(self) -> None:
        self._connection.executemany("INSERT INTO state VALUES (?, ?, ?, ?, NULL)", self._begun)
        self._connection.executemany("INSERT INTO sealed VALUES (?, ?, ?, ?)", self._sealed)

    def _list_outcomes(self) -> None:
        rows = ((shape, outcome, intent) for intent, (shape, outcome) in self._ended.items())
        self._connection.executemany("UPDATE state SET shape = ?, outcome = ? WHERE seq = ?", rows)

    def _shape(self, shape: Shape) -> int:
        find = (
            "SELECT id FROM shape WHERE connection = ? AND operator = ? AND sudo_user = ? AND flags = ?"
            " AND outcome = ?"
        )
        found = self._connection.execute(find, shape).fetchone()
        if found is None:
            self._connection.execute(
                "INSERT INTO shape (connection, operator, sudo_user, flags, outcome) VALUES (?, ?, ?, ?, ?)",
                shape,
            )
            found = self._connection.execute(find, shape).fetchone()
        self._shapes[shape] = int(found[0])
        return self._shapes[shape]

    def _shape_after(self, shape: int, ending: str) -> int:
        facets = self._connection.execute(
            "SELECT connection, operator, sudo_user, flags FROM shape WHERE id = ?", (shape,)
        ).fetchone()
        if facets is None:
            raise Unreadable
        ended = Shape._make((*facets, ending))
        self._ends[shape, ending] = self._shapes.get(ended) or self._shape(ended)
        return self._ends[shape, ending]

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
