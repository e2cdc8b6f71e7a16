"""The journal of this host, and read with it those of other hosts in the same folder."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from heapq import merge
from pathlib import Path
from typing import NamedTuple, TypeVar

from dfn_tui.files import Closing
from dfn_tui.outcomes import Outcome
from dfn_tui.store.errors import JournalError
from dfn_tui.store.hosts import copied, other_journals
from dfn_tui.store.journal import Journal
from dfn_tui.store.records import DutyNote, Entry, Filter, Intent, OutcomeRecord, Ref, host_name
from dfn_tui.text import _, sanitize

Answer = TypeVar("Answer")
_LONGEST_NUMBER = 18  # digits


class ReadJournal(NamedTuple):
    """A journal that is read: `host` is "" for this host's own."""

    host: str
    journal: Journal


class AllJournals(Closing):
    """Reads as a `Journal` does; entries of other hosts bear the host's name. The others are copied once,
    when they are first asked. `troubles` says in sentences which cannot be read: that hides none of the rest.

    Every method may raise JournalError, of this host's own journal.
    """

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.own = Journal(path, key)
        self.troubles: list[str] = []
        self._key = key
        self._open = ExitStack()

    @cached_property
    def others(self) -> list[ReadJournal]:
        """Those of other hosts that can be read."""
        found = []
        for other in other_journals(self.own.path):
            try:
                copy = self._open.enter_context(copied(other.path))
                journal = self._open.enter_context(Journal(copy, self._key))
                journal.count()
            except JournalError as error:
                self._trouble(other.host, error)
            else:
                found.append(ReadJournal(other.host, journal))
        return found

    def _trouble(self, host: str, error: JournalError) -> None:
        words = _("The journal of {host} cannot be read, and its entries are missing: {why}")
        said = words.format(host=sanitize(host, 60), why=error.title)
        if said not in self.troubles:
            self.troubles.append(said)

    @property
    def _each(self) -> list[ReadJournal]:
        return [ReadJournal("", self.own), *self.others]

    def _asked(self, one: ReadJournal, question: Callable[[Journal], Answer], without: Answer) -> Answer:
        """What a journal answers; `without`, where it is another host's and cannot."""
        try:
            return question(one.journal)
        except JournalError as error:
            if not one.host:
                raise
            self._trouble(one.host, error)
            return without

    def find(self, wanted: Filter, *, limit: int = 200) -> list[Entry]:
        """The newest that fit, by the clock of each host."""
        found = []
        for one in self._each:
            entries: list[Entry] = self._asked(one, lambda journal: journal.find(wanted, limit=limit), [])
            found.append([_named(entry, one.host) for entry in entries])
        return [*merge(*found, key=_at, reverse=True)][:limit]

    def walk(self, wanted: Filter) -> Generator[Entry, None, None]:
        """All that fit, as `find` would list them, in little memory. Nothing else can be asked meanwhile."""
        for _user, entry in self.walk_users(wanted):
            yield entry

    def walk_users(self, wanted: Filter) -> Generator[tuple[str, Entry], None, None]:
        """The same, each with what its user is found by."""
        with ExitStack() as stack:
            each = [stack.enter_context(closing(self._walked(one, wanted))) for one in self._each]
            yield from merge(*each, key=lambda found: _at(found[1]), reverse=True)

    def _walked(self, one: ReadJournal, wanted: Filter) -> Generator[tuple[str, Entry], None, None]:
        try:
            with closing(one.journal.walk_users(wanted)) as found:
                for user, entry in found:
                    yield user, _named(entry, one.host)
        except JournalError as error:
            if not one.host:
                raise
            self._trouble(one.host, error)

    def entry(self, ref: Ref) -> Entry | None:
        """The entry that is called so here; None for what is none."""
        with self._of(ref) as (one, seq):
            entry = None if one is None else self._asked(one, lambda journal: journal.entry(seq), None)
            return None if entry is None or one is None else _named(entry, one.host)

    def outcomes(self, ref: Ref) -> list[OutcomeRecord]:
        """All outcomes of an entry, the latest first."""
        with self._of(ref) as (one, seq):
            return [] if one is None else self._asked(one, lambda journal: journal.outcomes(seq), [])

    def notes(self, ref: Ref | None = None) -> list[DutyNote]:
        """What was noted of that entry, or of any, the oldest first of each host."""
        if ref is not None:
            with self._of(ref) as (one, seq):
                return [] if one is None else self._asked(one, lambda journal: journal.notes(seq), [])
        found: list[DutyNote] = []
        for one in self._each:
            notes: list[DutyNote] = self._asked(one, lambda journal: journal.notes(), [])
            found += [
                note._replace(intents=tuple(_called(seq, one.host) for seq in note.intents)) for note in notes
            ]
        return found

    def reveal(self, entry: Entry) -> Intent:
        """The intent with its personal values, as far as this host's key opens them."""
        with self._of(entry.ref) as (one, seq):
            if one is None:
                return entry.intent
            here = entry._replace(seq=seq, journal="")
            revealed = self._asked(one, lambda journal: journal.reveal(here), entry.intent)
            return replace(revealed, undo_of=entry.intent.undo_of)

    def last_changes(self, connection: str, user: str, outcomes: frozenset[Outcome]) -> dict[str, Entry]:
        """By flag, the latest change of it that ended in one of `outcomes`."""
        latest: dict[str, Entry] = {}
        for one in self._each:
            changes: dict[str, Entry] = self._asked(
                one, lambda journal: journal.last_changes(connection, user, outcomes), {}
            )
            for flag, entry in changes.items():
                if flag not in latest or entry.at > latest[flag].at:
                    latest[flag] = _named(entry, one.host)
        return latest

    def __contains__(self, ref: Ref) -> bool:
        """Whether there is an entry of that number, of whichever kind."""
        with self._of(ref) as (one, seq):
            return one is not None and 0 < seq <= self._asked(one, lambda journal: journal.count(), 0)

    @contextmanager
    def _of(self, ref: Ref) -> Iterator[tuple[ReadJournal | None, int]]:
        """The journal and the number that are meant; no journal where there is none of that host."""
        seq, host = split(ref)
        if seq is None:
            yield None, 0
        elif not host:
            yield ReadJournal("", self.own), seq
        else:
            yield next((one for one in self.others if one.host == host), None), seq

    def close(self) -> None:
        self.own.close()
        self._open.close()


def split(ref: Ref) -> tuple[int | None, str]:
    """The number and the host of an entry as it was called; None for what is no number."""
    number, at_sign, host = str(ref).partition("@")
    known = number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER
    known = known and bool(host or not at_sign)  # `12@` is half of what was meant
    return int(number) if known else None, host


def order_of(ref: Ref) -> tuple[str, int]:
    """By which entries of all hosts are ordered: this host's own first."""
    seq, host = split(ref)
    return host, seq or 0


def _called(ref: Ref, host: str) -> Ref:
    """What that host calls an entry, as it is called here."""
    if isinstance(ref, int):
        return f"{ref}@{host}" if host else ref
    seq, its_host = split(ref)
    return seq if seq is not None and its_host == host_name() else ref


def _named(entry: Entry, host: str) -> Entry:
    if not host:
        return entry
    intent = entry.intent
    if intent.undo_of is not None:
        intent = replace(intent, undo_of=_called(intent.undo_of, host))
    return entry._replace(intent=intent, journal=host)


def _at(entry: Entry) -> datetime:
    return entry.at
