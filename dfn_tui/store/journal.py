"""The journal of every change: intents that are durable before anything is sent, and how they ended."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dfn_tui.files import Closing
from dfn_tui.outcomes import Outcome
from dfn_tui.store import search
from dfn_tui.store.body import Unreadable, canonical, drop_body, revealed, stamp
from dfn_tui.store.chain import Appender, hash_of, read_head
from dfn_tui.store.errors import damaged, journal_errors, newer, replaced
from dfn_tui.store.known_head import KnownHead
from dfn_tui.store.records import (
    DutyNote,
    Entry,
    FieldKind,
    Filter,
    Intent,
    IntentGroup,
    OutcomeGroup,
    OutcomeRecord,
    Verification,
)
from dfn_tui.store.schema import empty_journal, is_current, on_read_only_media, open_journal, transaction
from dfn_tui.store.sealing import Sealer
from dfn_tui.store.verify import Progress, verify
from dfn_tui.text.korea import Clock, utc_now

LOCK_TIMEOUT = 60.0
"""Seconds to wait for other processes that are writing: on a slow disk each of many has its turn."""


class Journal(Closing):
    """One console's access to the journal.

    The file is made by the first write; until then the journal is empty. Every method may raise
    JournalError. Use it from one thread at a time, and give what takes long (`verify`, an export) a
    Journal of its own: readers and the writer do not hinder each other.

    With a `key` of 32 bytes personal values are kept sealed and the chain's head is signed. Without one
    only masks of personal values are kept.
    """

    def __init__(
        self, path: Path, key: bytes | None = None, *, clock: Clock = utc_now, timeout: float = LOCK_TIMEOUT
    ) -> None:
        self.path = path
        self._sealer = Sealer(key) if key is not None else None
        self._clock = clock
        self._timeout = timeout
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int, bool] | None = None
        self._begun: set[int] = set()
        """The entries begun here in the file that is open, without an outcome yet."""
        self._lost: set[int] = set()
        """Those of a file that another one took the place of, or nothing."""

    @property
    def keeps_personal(self) -> bool:
        """Whether personal values are kept, so that their changes can be undone."""
        return self._sealer is not None

    def begin(self, groups: Sequence[IntentGroup]) -> list[int]:
        """Writes what is about to be sent; it is on the disk when this returns the entries' numbers."""
        return self.write((), groups)

    def conclude(self, groups: Sequence[OutcomeGroup]) -> None:
        """Writes how intents ended. Raises ValueError for an intent that was never written."""
        self.write(groups, ())

    def write(self, outcomes: Sequence[OutcomeGroup], intents: Sequence[IntentGroup]) -> list[int]:
        """Writes how some intents ended and what is about to be sent next, all of it or nothing. Both are on
        the disk when this returns the numbers of all users of all groups, in their order. Raises ValueError
        for an outcome of an intent that was never written."""
        if not any(group.intents for group in outcomes) and not any(group.users for group in intents):
            return []
        ended = {seq for group in outcomes for seq in group.intents}
        with self._writing() as connection:
            if self._lost:
                # The new file numbers its entries anew: an outcome would be told of somebody else.
                self._lost -= ended
                raise replaced(self.path)
            chain = Appender(connection, self._sealer, stamp(self._clock()))
            chain.add_outcomes(outcomes)
            numbers = [seq for group in intents for seq in chain.add_intents(group)]
            chain.finish()
        self._begun.update(numbers)
        self._begun -= ended
        return numbers

    def note(self, notes: Sequence[DutyNote]) -> list[int]:
        """Writes that duties were done, all of it or nothing; the numbers of these entries. Raises ValueError
        for a note of no intent."""
        if not self.count():
            raise ValueError("there is no intent yet")
        with self._writing() as connection:
            chain = Appender(connection, self._sealer, stamp(self._clock()))
            numbers = [chain.add_note(note) for note in notes]
            chain.finish()
        return numbers

    def notes(self, intent: int | None = None) -> list[DutyNote]:
        """What was noted of that intent, or of any, the oldest first."""
        with self._reading() as connection:
            return search.load_notes(connection, intent)

    def count_unapproved(
        self, environment: str, api: str, since: datetime, but: str = "", most: int = 1_000_000
    ) -> int:
        """How many entries since then, over connections of that environment and API version, do more than
        take consents back and were approved by no second person, up to `most`; without those of the write
        `but`, and what failed."""
        with self._reading() as connection:
            return search.count_unapproved(connection, environment, api, since, but, most)

    def drop_sealed(self, before: datetime) -> int:
        """Drops the sealed values of entries older than `before`, and says how many. The masks stay."""
        if not self.count():
            return 0
        with self._writing() as connection:
            # What is deleted must be gone from the file too, not only from its tables.
            connection.execute("PRAGMA secure_delete = ON")
            count = search.drop_sealed(connection, before)
            if count:
                at, until = stamp(self._clock()), stamp(before)
                chain = Appender(connection, self._sealer, at)
                chain.add(canonical(drop_body(until, count, at)))
                chain.finish(dropped=max(until, read_head(connection).dropped))
        with self._using(create=True) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def find(self, wanted: Filter, *, limit: int = 200, before_seq: int | None = None) -> list[Entry]:
        """The intents that fit, newest first, each with its latest outcome; the next page starts before
        the last number of this one. A user whose id is personal is found only with the key. Raises
        JournalError also for numbers that are out of order."""
        with self._reading() as connection:
            found = search.find(connection, wanted, self._handles(wanted), limit, before_seq)
            if found != sorted(found, reverse=True) or (found and before_seq and found[0] >= before_seq):
                raise Unreadable  # who asks for the next page would never come to an end
            return search.load_all(connection, found)

    def walk(self, wanted: Filter) -> Generator[Entry, None, None]:
        """Every intent that fits, as `find` would list them, in little memory. It reads one state of the
        journal: until it is through, or closed, nothing else can be asked of this Journal."""
        with self._reading() as connection:
            for _user, entry in search.walk(connection, wanted, self._handles(wanted)):
                yield entry

    def walk_users(self, wanted: Filter) -> Generator[tuple[str, Entry], None, None]:
        """The same, each with what its user is found by: that is the same for one user however their id is
        masked, where there was a key."""
        with self._reading() as connection:
            yield from search.walk(connection, wanted, self._handles(wanted))

    def _handles(self, wanted: Filter) -> list[str]:
        """What the user asked for may be kept as."""
        if wanted.user is None:
            return []
        return [wanted.user, *([self._sealer.handle(wanted.user)] if self._sealer else [])]

    def entry(self, seq: int) -> Entry | None:
        """The intent of that number with its latest outcome; None if that is no intent."""
        with self._reading() as connection:
            return search.load(connection, seq)

    def outcomes(self, seq: int) -> list[OutcomeRecord]:
        """All outcomes of an intent, the latest first."""
        with self._reading() as connection:
            return search.load_outcomes(connection, seq)

    def digest(self, seq: int) -> str:
        """The hash that entry has in the chain, in hexadecimal digits; empty where there is no such entry."""
        with self._reading() as connection:
            return (hash_of(connection, seq) or b"").hex()

    def count(self) -> int:
        """How many entries the chain has: intents, outcomes and notes."""
        with self._reading() as connection:
            return read_head(connection).count

    def unresolved(self) -> list[Entry]:
        """The intents without any outcome, oldest first: under way in some console, or cut short."""
        with self._reading() as connection:
            return search.load_all(connection, search.unresolved(connection))

    def last_changes(
        self, connection: str, user: str, outcomes: frozenset[Outcome] = frozenset({Outcome.CONFIRMED})
    ) -> dict[str, Entry]:
        """By flag, the latest change of it that ended in one of `outcomes`."""
        found: dict[str, Entry] = {}
        before = None
        while page := self.find(Filter(connection=connection, user=user), before_seq=before):
            for entry in page:
                for change in entry.intent.changes:
                    if change.kind == FieldKind.CONSENT and entry.outcome_of(change) in outcomes:
                        found.setdefault(change.name, entry)
            before = page[-1].seq
        return found

    def reveal(self, entry: Entry) -> Intent:
        """The intent with its personal values in clear where they are kept and the key opens them; where
        not, `redaction` says why."""
        with self._reading() as connection:
            body, sealed = search.body_at(connection, entry.seq), search.load_sealed(connection, entry.seq)
            return revealed(body, entry, sealed, self._sealer)

    def verify(self, progress: Progress | None = None, known: Sequence[KnownHead] = ()) -> Verification:
        """Reads everything and names the first fault; `dfn_tui.store.verify` says what can be found."""
        with self._reading() as connection:
            return verify(connection, self._sealer, progress, known)

    def head(self) -> KnownHead:
        """How far it goes now; entry 0 where nothing was written yet."""
        with self._reading() as connection:
            head = read_head(connection)
            vouched = self._sealer is not None and head.key_id == self._sealer.key_id
            return KnownHead(head.count, head.hash, (head.since or 0) if vouched else 0)

    def holds(self, known: KnownHead) -> bool:
        """Whether it still holds what it is known to have held."""
        with self._reading() as connection:
            return known.seq <= read_head(connection).count and (
                not known.seq or hash_of(connection, known.seq) == known.hash
            )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._using(create=True) as connection, transaction(connection):
            if not is_current(connection):
                raise newer(self.path)  # a later version of this program is in use beside this one
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the journal, whatever other consoles write meanwhile."""
        with self._using(create=False) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _using(self, *, create: bool) -> Iterator[sqlite3.Connection]:
        with journal_errors(self.path):
            try:
                yield self._open(create=create)
            except Unreadable as error:
                raise damaged(self.path) from error

    def _open(self, *, create: bool) -> sqlite3.Connection:
        """The connection, opened anew if the file is no longer the one that was opened: what is written to
        a file that was moved away or removed would be lost. Where there is no file, an empty journal."""
        found = _identity(self.path)
        if self._connection is not None and (found != self._opened or (create and found is None)):
            if found is None or self._opened is None or found[:2] != self._opened[:2]:
                self._lost |= self._begun
                self._begun.clear()
            self.close()
        if self._connection is None:
            if found is None and not create:
                self._connection = empty_journal()
            else:
                self._connection = open_journal(self.path, self._timeout, create=create)
                found = _identity(self.path)
            self._opened = found
        return self._connection


def _identity(path: Path) -> tuple[int, int, bool] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, on_read_only_media(path)
