"""Journals to test with."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    FieldChange,
    FieldKind,
    Intent,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    Subject,
)

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
START = datetime(2025, 3, 1, 9, tzinfo=UTC)
ALICE = Operator("root", "bastion-1", "alice", "203.0.113.7", 4711)
BOB = Operator("bob", "bastion-1")
PHONE = FieldChange(FieldKind.CI, "phone_number", "821012345678", "821087654321", personal=True)


def consent(flag: str = "mkt_flag", before: str = "Subscribed", after: str = "Unsubscribed") -> FieldChange:
    return FieldChange(FieldKind.CONSENT, flag, before, after)


def intent(
    user: str = "u-1",
    *changes: FieldChange,
    connection: str = "shop",
    operator: Operator = ALICE,
    write: str = "w1",
    subject: Subject | None = None,
) -> IntentGroup:
    """The same change for a single user."""
    return IntentGroup(
        connection=connection,
        environment="production",
        api="v1",
        changes=changes or (consent(),),
        operator=operator,
        program="0.1.0",
        write=write,
        users=(IntentUser(subject or Subject("user_id", user)),),
        warnings=("production",),
        reason="CS-1: 고객 요청",
        evidence="call record 7",
    )


def as_read(group: IntentGroup) -> list[Intent]:
    """What is read of each user of a group."""
    shared = {field.name: getattr(group, field.name) for field in fields(group) if field.name != "users"}
    return [Intent(**shared, **user._asdict()) for user in group.users]


def again(found: Intent) -> IntentGroup:
    """What was read of one user, to be written once more."""
    shared = {field.name: getattr(found, field.name) for field in fields(found)}
    user = IntentUser(*(shared.pop(name) for name in IntentUser._fields))
    return IntentGroup(**shared, users=(user,))


def ticking(start: datetime = START, step: timedelta = timedelta(minutes=1)) -> Callable[[], datetime]:
    """A clock that goes on by `step` each time it is asked."""
    times: Iterator[datetime] = (start + step * number for number in range(1_000_000))
    return lambda: next(times)


def settable(*times: datetime) -> Callable[[], datetime]:
    """A clock that says these times, one after the other."""
    said = iter(times)
    return lambda: next(said)


def filled(path: Path, key: bytes | None = KEY, changes: int = 4) -> None:
    """That many intents with a sealed phone number, each concluded: entry 2n is the outcome of entry 2n-1."""
    with Journal(path, key, clock=ticking()) as journal:
        for number in range(1, changes + 1):
            (seq,) = journal.begin([intent(f"u-{number}", consent(), PHONE, write=f"w{number}")])
            journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """The file in the hands of someone else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection
