"""Adding to the chain, and to the tables that lists are made from, in one transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dfn_tui.store.body import Body, Unreadable, canonical, chained, note_body
from dfn_tui.store.records import DutyNote, FieldKind, IntentGroup, OutcomeGroup
from dfn_tui.store.schema import insert
from dfn_tui.store.sealing import Sealer
from dfn_tui.store.texts import around_outcome, intent_texts

OPEN = ""
"""The outcome of an intent that has none yet, where an index key names it."""
_ASKED_AT_ONCE = 500
"""Older builds of SQLite take 999 values in one statement."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How far the chain goes, and up to where and since when the key named by `key_id` vouches for it."""

    count: int
    hash: bytes
    at: str
    dropped: str
    key_id: bytes | None
    since: int | None
    signed: int | None
    signature: bytes | None


def read_head(connection: sqlite3.Connection) -> ChainHead:
    """The head. Raises Unreadable when there is none."""
    row = connection.execute(
        "SELECT CAST(count AS INTEGER), CAST(hash AS BLOB), CAST(at AS TEXT), CAST(dropped AS TEXT),"
        " CAST(key_id AS BLOB), CAST(since AS INTEGER), CAST(signed AS INTEGER), CAST(signature AS BLOB)"
        " FROM head"
    ).fetchone()
    if row is None:
        raise Unreadable
    return ChainHead(*row)


class IndexKey(NamedTuple):
    """What lists are found by, besides user, write, incident and time: few intents differ in it.
    `flags` is spaced on both sides of each."""

    connection: str
    operator: str
    sudo_user: str
    host: str
    flags: str
    outcome: str = OPEN

    @classmethod
    def of(cls, body: Body, outcome: str) -> "IndexKey":
        """The key of an intent with this body."""
        user, sudo_user, host = (body["operator"][name] for name in ("user", "sudo_user", "host"))
        flags = [change["name"] for change in body["changes"] if change["kind"] == FieldKind.CONSENT]
        return cls(body["connection"], user, sudo_user or "", host, _spaced(flags), outcome)

    @classmethod
    def before(cls, group: IntentGroup) -> "IndexKey":
        """The key of the intents of a group that has no outcome yet."""
        by = group.operator
        flags = [change.name for change in group.changes if change.kind == FieldKind.CONSENT]
        return cls(group.connection, by.user, by.sudo_user or "", by.host, _spaced(flags))


def _spaced(flags: list[str]) -> str:
    return f" {' '.join(sorted(flags))} " if flags else ""


_FIND_KEY = f"SELECT id FROM index_key WHERE {' AND '.join(f'{name} = ?' for name in IndexKey._fields)}"  # noqa: S608
_ADD_KEY = (
    f"INSERT INTO index_key ({', '.join(IndexKey._fields)}) VALUES ({', '.join('?' * len(IndexKey._fields))})"  # noqa: S608
)


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
        self._intents: list[tuple[int, str, str, int, None, str | None]] = []
        self._sealed: list[tuple[int, int, bytes, bytes]] = []
        self._listed: dict[int, tuple[int, int | None]] = {}
        """Index key and latest outcome of the intents that were asked for."""
        self._keys: dict[IndexKey, int] = {}
        if at < self._head.at:
            connection.execute("INSERT INTO step VALUES (?)", (self._count + 1,))

    def add(self, text: str) -> int:
        """Adds an entry and returns its number."""
        self._count += 1
        self._hash = chained(self._hash, text.encode())
        self._entries.append((self._count, text, self._hash))
        return self._count

    def add_intents(self, group: IntentGroup) -> list[int]:
        """Adds the intents of a group, with their sealed values and their place in the lists."""
        key = self._key_id(IndexKey.before(group))
        write, incident = group.write, group.incident or None
        numbers = []
        for text, user, sealed in intent_texts(group, self._at, self._sealer):
            seq = self.add(text)
            numbers.append(seq)
            self._intents.append((seq, user, write, key, None, incident))
            self._sealed += [(seq, value.slot, value.nonce, value.ciphertext) for value in sealed]
        return numbers

    def add_note(self, note: DutyNote) -> int:
        """Adds a note of a duty that was done, and returns its number. Raises ValueError for what was said of
        no intent, and for one named twice."""
        if list(note.intents) != sorted({*note.intents}):
            raise ValueError("the intents of a note stand there once, in their order")
        for start in range(0, len(note.intents), _ASKED_AT_ONCE):
            some = note.intents[start : start + _ASKED_AT_ONCE]
            asked = f"SELECT count(*) FROM intent WHERE seq IN ({', '.join('?' * len(some))})"  # noqa: S608
            if self._connection.execute(asked, some).fetchone()[0] < len(some):
                raise ValueError("a note is about intents that were written before it")
        seq = self.add(canonical(note_body(note, self._at)))
        insert(self._connection, "INSERT INTO duty", [(seq, intent) for intent in note.intents])
        return seq

    def add_outcomes(self, groups: Sequence[OutcomeGroup]) -> None:
        """Adds outcomes of intents; lists then show these. Raises ValueError for an intent that was not
        written before this transaction."""
        self._ask([intent for group in groups for intent in group.intents])
        ended: dict[tuple[int, str], int] = {}
        for group in groups:
            before, between, after = around_outcome(group, self._at)
            for intent in group.intents:
                key, previous = self._listed[intent]
                change = key, group.outcome
                if change not in ended:
                    ended[change] = self._key_after(*change)
                superseded = "null" if previous is None else previous
                seq = self.add(f"{before}{intent:d}{between}{superseded}{after}")
                self._listed[intent] = ended[change], seq

    def _ask(self, intents: Sequence[int]) -> None:
        """Reads how these intents ended so far."""
        for start in range(0, len(intents), _ASKED_AT_ONCE):
            some = intents[start : start + _ASKED_AT_ONCE]
            for key, distance, found in self._connection.execute(
                "SELECT index_key, outcome - seq, group_concat(seq) FROM intent"  # noqa: S608
                f" WHERE seq IN ({', '.join('?' * len(some))}) GROUP BY 1, 2",
                some,
            ):
                for seq in map(int, found.split(",")):
                    self._listed[seq] = key, None if distance is None else seq + distance
        for intent in intents:
            if intent not in self._listed:
                raise ValueError(f"entry {intent} is no intent")

    def finish(self, dropped: str | None = None) -> None:
        """Writes what was added, and moves the head to the last entry, signed where there is a key."""
        insert(self._connection, "INSERT INTO entry", self._entries)
        if self._listed:
            self._list_outcomes()
        insert(self._connection, "INSERT INTO intent", self._intents)
        insert(self._connection, "INSERT INTO sealed", self._sealed)
        dropped = self._head.dropped if dropped is None else dropped
        self._connection.execute(
            "UPDATE head SET count = ?, hash = ?, at = ?, dropped = ?, since = ?, signed = ?,"
            " signature = ?, key_id = ?",
            (self._count, self._hash, self._at, dropped, *self._signature()),
        )

    def _list_outcomes(self) -> None:
        # What was sent together mostly ends together, each outcome as many entries after its intent.
        moved: dict[tuple[int, int], list[int]] = {}
        for intent, (key, outcome) in self._listed.items():
            moved.setdefault((key, (outcome or intent) - intent), []).append(intent)
        for (key, distance), intents in moved.items():
            for start in range(0, len(intents), _ASKED_AT_ONCE):
                some = intents[start : start + _ASKED_AT_ONCE]
                self._connection.execute(
                    "UPDATE intent SET index_key = ?, outcome = seq + ?"  # noqa: S608
                    f" WHERE seq IN ({', '.join('?' * len(some))})",
                    (key, distance, *some),
                )

    def _key_id(self, key: IndexKey) -> int:
        if key not in self._keys:
            found = self._connection.execute(_FIND_KEY, key).fetchone()
            if found is None:
                self._connection.execute(_ADD_KEY, key)
                found = self._connection.execute(_FIND_KEY, key).fetchone()
            self._keys[key] = int(found[0])
        return self._keys[key]

    def _key_after(self, key: int, outcome: str) -> int:
        """The key that an intent has after this outcome."""
        found = self._connection.execute(
            f"SELECT {', '.join(IndexKey._fields)} FROM index_key WHERE id = ?",  # noqa: S608
            (key,),
        ).fetchone()
        if found is None:
            raise Unreadable
        return self._key_id(IndexKey._make(found)._replace(outcome=outcome))

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


def vouched(head: ChainHead, sealer: Sealer, digest: bytes | None) -> bool:
    """Whether the signature fits a chain that has the hash `digest` at the entry signed last."""
    if head.signature is None or head.since is None or head.signed is None or digest is None:
        return False
    return sealer.signed(head.signature, head.since, head.signed, digest)


def hash_of(connection: sqlite3.Connection, seq: int | None) -> bytes | None:
    row = connection.execute("SELECT CAST(hash AS BLOB) FROM entry WHERE seq = ?", (seq,)).fetchone()
    return row[0] if row else None
