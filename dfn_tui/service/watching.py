"""Watching users: reading them again and again, and what changed from one reading to the next.

A reading that failed, and a field that cannot be read, say nothing: what was known before stays known, and is
compared with what can be read next.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.reading import Field, seen
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.records import FieldChange, FieldKind, UserRecord
from dfn_tui.text.korea import Clock

LEAST_EVERY = 0.1
"""Seconds between two readings at the least, however few users they are of."""


class WatchEvent(StrEnum):
    """CHANGED: it was something else before. DRIFTED: it is not what a plan wants. BACK: it is again."""

    CHANGED = "changed"
    DRIFTED = "drifted"
    BACK = "as-planned"


class WatchedChange(NamedTuple):
    """One field of a user: `change` is from what it was, or what is wanted of it, to what it is now."""

    user: Identity
    event: WatchEvent
    change: FieldChange
    at: datetime
    name: str = ""
    """What the user is called, where that was read; not inert yet."""


class UnreadUser(NamedTuple):
    """A user, or fields of theirs, that cannot be read; `why` is a sentence that is not inert yet."""

    user: Identity
    why: str


@dataclass(frozen=True, slots=True)
class WatchRound:
    """What one reading of everybody found. `unread` are those of whom that is news, and `read_again` those
    who can be read again. `error` is that of a request, or ended the reading: nothing is known of whom it was
    about."""

    at: datetime
    users: int = 0
    """How many could be read; 0 for the users of a plan."""
    changes: tuple[WatchedChange, ...] = ()
    unread: tuple[UnreadUser, ...] = ()
    read_again: tuple[Identity, ...] = ()
    records: tuple[UserRecord, ...] = ()
    """The users who changed, as they were read."""
    lost: int = 0
    """How many users cannot be read, news or not."""
    unknown: tuple[Identity, ...] = ()
    """Of whom nothing is set: they may be mistyped."""
    error: ConsoleError | None = None


class StrayUser(Protocol):
    """A user who is not as wanted: the fields with what they are now, and why others could not be read."""

    @property
    def user(self) -> Identity: ...
    @property
    def fields(self) -> tuple[tuple[FieldChange, Value | None], ...]: ...
    @property
    def failure(self) -> str: ...


@dataclass(slots=True)
class _Known:
    """What was read of a user until now. `unread` are fields that were there and could not be read yet."""

    fields: dict[Field, Value | None] = field(default_factory=dict)
    unread: set[Field] = field(default_factory=set)
    profile: bool = False
    ci: bool = False


class LastReading:
    """What was read last of each user. A first reading is compared with nothing."""

    def __init__(self) -> None:
        self._users: dict[Identity, _Known] = {}

    def compare(self, record: UserRecord) -> Iterator[WatchedChange]:
        """What changed of that user since they were read last; this reading is the last one from now on."""
        known = self._users.setdefault(record.identity, _Known())
        for one in _fields(record, known):
            kind, name = one
            found = seen(record, kind, name)
            if not found.read:
                if one not in known.fields:
                    known.unread.add(one)
                continue
            part_read = known.ci if kind is FieldKind.CI else known.profile
            is_first = not part_read or one in known.unread
            before = known.fields.get(one)
            known.fields[one] = found.now
            known.unread.discard(one)
            if not is_first and not same_value(before, found.now):
                change = FieldChange(kind, name, before, found.now)
                yield WatchedChange(record.identity, WatchEvent.CHANGED, change, record.read_at, record.name)
        known.profile |= record.profile is not None
        known.ci |= record.ci is not None

    def forget(self, user: Identity) -> None:
        """The next reading of that user is the first."""
        self._users.pop(user, None)


def _fields(record: UserRecord, known: _Known) -> dict[Field, None]:
    """The fields that are there now, or were; in the order of a user's page."""
    here: list[Field] = [(FieldKind.CONSENT, flag.value) for flag in record.consents]
    here += [(FieldKind.PROPERTY, name) for name in record.properties]
    if record.profile is not None:
        names = record.profile.unreadable
        here += [(FieldKind.CONSENT if name in [*Flag] else FieldKind.PROPERTY, name) for name in names]
    here += [(FieldKind.CI, name) for name in (*(record.ci or {}), *record.ci_unreadable)]
    return dict.fromkeys([*here, *known.fields])


class UserWatch:
    """Users as they were read last. `read` reads all of them once more."""

    def __init__(self, read: Callable[[], AsyncIterator[UserRecord]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._last = LastReading()
        self._lost: dict[Identity, str] = {}

    def know(self, record: UserRecord) -> None:
        """Takes that for what was read last of the user, whatever was known of them before."""
        self._last.forget(record.identity)
        self._lost.pop(record.identity, None)
        for _change in self._last.compare(record):
            pass

    async def look(self) -> WatchRound:
        """Reads them, and says what changed. An error that ends the reading is in what it gives."""
        changes: list[WatchedChange] = []
        changed: list[UserRecord] = []
        unread: list[UnreadUser] = []
        again: list[Identity] = []
        unknown: list[Identity] = []
        users = 0
        error: ConsoleError | None = None
        try:
            async for record in self._read():
                failure = record.failure
                if failure is not None and failure.error is not None:
                    error = error or failure.error  # that of a whole request: told once, not user by user
                    continue
                users += failure is None
                if record.unknown_to_server:
                    unknown.append(record.identity)
                why = _why_unread(record)
                if why and why != self._lost.get(record.identity):
                    unread.append(UnreadUser(record.identity, why))
                if not why and self._lost.pop(record.identity, ""):
                    again.append(record.identity)
                if why:
                    self._lost[record.identity] = why
                if found := [*self._last.compare(record)]:
                    changes += found
                    changed.append(record)
        except ConsoleError as stopped:
            error = stopped
        return WatchRound(
            self._clock(),
            users,
            tuple(changes),
            tuple(unread),
            tuple(again),
            tuple(changed),
            len(self._lost),
            tuple(unknown),
            error,
        )


def _why_unread(record: UserRecord) -> str:
    if record.failure is not None:
        return record.failure.message or record.failure.code or "-"
    return ", ".join(f"{name}: {why}" for name, why in record.unreadable.items())


class PlanWatch:
    """Users who are not as a plan wants them. `verify` gives all of these."""

    def __init__(self, verify: Callable[[], AsyncIterator[StrayUser]], clock: Clock) -> None:
        self._verify = verify
        self._clock = clock
        self._strays: dict[tuple[Identity, Field], tuple[FieldChange, Value | None]] = {}
        self._lost: dict[Identity, str] = {}

    async def look(self) -> WatchRound:
        """Reads them, and says who strays from the plan since the last reading, or no longer does."""
        at = self._clock()
        found: dict[tuple[Identity, Field], tuple[FieldChange, Value | None]] = {}
        lost: dict[Identity, str] = {}
        error = None
        try:
            async for stray in self._verify():
                for item, now in stray.fields:
                    found[stray.user, (item.kind, item.name)] = item, now
                if stray.failure:
                    lost[stray.user] = stray.failure
        except ConsoleError as stopped:
            error = stopped
        changes = [
            WatchedChange(key[0], WatchEvent.DRIFTED, _to(item, now), at)
            for key, (item, now) in found.items()
            if key not in self._strays or not same_value(self._strays[key][1], now)
        ]
        unread = [UnreadUser(user, why) for user, why in lost.items() if self._lost.get(user) != why]
        # Of whom nothing was read nothing is known: they stray as before.
        gone = [key for key in self._strays if key not in found and key[0] not in lost and error is None]
        for key in gone:
            item, _now = self._strays.pop(key)
            changes.append(WatchedChange(key[0], WatchEvent.BACK, _to(item, item.after), at))
        again = [user for user in self._lost if user not in lost] if error is None else []
        self._strays |= found
        self._lost = lost if error is None else self._lost | lost
        return WatchRound(
            at, 0, tuple(changes), tuple(unread), tuple(again), lost=len(self._lost), error=error
        )


def _to(item: FieldChange, now: Value | None) -> FieldChange:
    """From what is wanted of a field to what it is."""
    return item._replace(before=item.after, after=now, readable=True)


def least_every(users: int, batch: int, limit: int) -> float:
    """Seconds that lie between two readings at the least, so that reading alone keeps to `limit` requests a
    minute. Users with nothing set take a second request."""
    requests = 2 * math.ceil(max(users, 1) / batch)
    return max(LEAST_EVERY, requests * 60 / limit)


async def rounds(
    look: Callable[[], Awaitable[WatchRound]],
    every: float,
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[WatchRound, None]:
    """A reading every so many seconds, without end; one that takes longer is followed at once by the next."""
    while True:
        began = monotonic()
        yield await look()
        await sleep(max(0.0, every - (monotonic() - began)))


def users_changed(changes: Sequence[WatchedChange]) -> int:
    """Of how many users these changes are, where something is to be looked at."""
    return len({one.user for one in changes if one.event is not WatchEvent.BACK})
