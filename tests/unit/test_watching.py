"""What counts as a change between two readings, and what does not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.calls import Profile, Reply
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.records import FieldChange, FieldKind, UserRecord
from dfn_tui.service.types import Identity, IdentityKind, Value
from dfn_tui.service.watching import (
    LastReading,
    PlanWatch,
    UserWatch,
    WatchEvent,
    WatchRound,
    least_every,
    rounds,
)

USER = Identity(IdentityKind.USER_ID, "user-1")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
GIVEN: dict[Flag, State] = dict.fromkeys(Flag, State.SUBSCRIBED)


def record(
    consents: dict[Flag, State] = GIVEN,
    unreadable: dict[str, str] | None = None,
    ci: dict[str, Value] | None = None,
    **properties: Value,
) -> UserRecord:
    return UserRecord(USER, NOW, Profile(consents, properties, unreadable or {}), ci)


FAILED = UserRecord(USER, NOW, failure=Reply(USER, False, code="5003", message="The server was too busy."))


def changes(*records: UserRecord) -> list[list[tuple[str, object, object]]]:
    """What each reading changed, as name, before and now."""
    last = LastReading()
    return [[(c.change.name, c.change.before, c.change.after) for c in last.compare(one)] for one in records]


def test_a_first_reading_changes_nothing_and_a_second_what_differs() -> None:
    stopped: dict[Flag, State] = {**GIVEN, Flag.MKT_SMS: State.UNSUBSCRIBED}
    assert changes(record(points=1), record(stopped, points=2), record(stopped, points=2)) == [
        [],
        [("mkt_sms_flag", "Subscribed", "Unsubscribed"), ("points", 1, 2)],
        [],
    ]


def test_what_comes_and_goes() -> None:
    assert changes(record(), record(vip=True), record(), record(ci={"phone_number": "1"})) == [
        [],
        [("vip", None, True)],
        [("vip", True, None)],
        [],
    ]
    assert changes(record(ci={"kakao_id": "1"}), record(ci={})) == [[], [("kakao_id", "1", None)]]


def test_another_type_is_a_change() -> None:
    assert changes(record(points=1), record(points="1")) == [[], [("points", 1, "1")]]


def test_a_reading_that_failed_is_no_change_and_is_compared_across() -> None:
    assert changes(record(points=1), FAILED, record(points=1), FAILED, record(points=2)) == [
        [],
        [],
        [],
        [],
        [("points", 1, 2)],
    ]
    assert changes(FAILED, record(points=1)) == [[], []]


def test_a_field_that_cannot_be_read_is_no_change() -> None:
    rest: dict[Flag, State] = {flag: state for flag, state in GIVEN.items() if flag is not Flag.MKT_SMS}
    lost = record(rest, {"mkt_sms_flag": "a list"})
    assert changes(record(), lost, record()) == [[], [], []]
    assert changes(lost, record()) == [[], []]  # nobody knows what it was
    assert changes(record(points=1), record(unreadable={"points": "an object"}), record(points=1)) == [
        [],
        [],
        [],
    ]


def test_ci_fields_that_were_not_asked_for_are_no_change() -> None:
    assert changes(record(ci={"kakao_id": "1"}), record(ci=None), record(ci={"kakao_id": "2"})) == [
        [],
        [],
        [("kakao_id", "1", "2")],
    ]


@given(st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=12))
def test_whatever_fails_between_each_change_is_told_once(readings: list[int | None]) -> None:
    """None is a reading that failed. What is told leads from the first value that was read to the last."""
    found = changes(*(FAILED if one is None else record(points=one) for one in readings))
    read = [one for one in readings if one is not None]
    steps = [(was, now) for was, now in pairwise(read) if was != now]
    assert [(was, now) for told in found for _name, was, now in told] == steps


class Dead(ConsoleError):
    def __init__(self) -> None:
        super().__init__("The server is not reached", "Nobody answers.", "Try again.")


def told(
    make: Callable[[Callable[[], AsyncIterator[Any]]], Any], readings: Sequence[Any]
) -> list[WatchRound]:
    """What a watch says of these readings, each in turn; a `Dead` one is raised."""
    rest = iter(readings)

    async def read() -> AsyncIterator[Any]:
        found = next(rest)
        if isinstance(found, Dead):
            raise found
        for one in found:
            yield one

    async def all_of_them() -> list[WatchRound]:
        watch = make(read)
        return [await watch.look() for _reading in readings]

    return asyncio.run(all_of_them())


def looks(*readings: Sequence[UserRecord] | Dead) -> list[WatchRound]:
    return told(lambda read: UserWatch(read, lambda: NOW), readings)


def test_failures_are_news_once_and_so_is_their_end() -> None:
    first, failed, still, again, dead = looks([record()], [FAILED], [FAILED], [record()], Dead())
    assert [len(one.unread) for one in (first, failed, still, again)] == [0, 1, 0, 0]
    assert (still.lost, again.lost) == (1, 0)
    assert again.read_again == (USER,)
    assert isinstance(dead.error, Dead)
    assert [one.changes for one in (first, failed, still, again, dead)] == [(), (), (), (), ()]


@dataclass(frozen=True)
class Stray:
    user: Identity
    fields: tuple[tuple[FieldChange, Value | None], ...] = ()
    failure: str = ""


STOP = FieldChange(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed", "Unsubscribed")


def strayed(*readings: Sequence[Stray] | Dead) -> list[list[tuple[WatchEvent, object]]]:
    found = told(lambda read: PlanWatch(read, lambda: NOW), readings)
    return [[(c.event, c.change.after) for c in one.changes] for one in found]


def test_who_strays_from_a_plan_is_told_at_once_and_who_comes_back() -> None:
    stray = [Stray(USER, ((STOP, "Subscribed"),))]
    assert strayed(stray, stray, [], stray) == [
        [(WatchEvent.DRIFTED, "Subscribed")],
        [],
        [(WatchEvent.BACK, "Unsubscribed")],
        [(WatchEvent.DRIFTED, "Subscribed")],
    ]


def test_who_cannot_be_read_strays_as_before() -> None:
    stray = [Stray(USER, ((STOP, "Subscribed"),))]
    assert strayed(stray, [Stray(USER, failure="busy")], Dead(), stray, []) == [
        [(WatchEvent.DRIFTED, "Subscribed")],
        [],
        [],
        [],
        [(WatchEvent.BACK, "Unsubscribed")],
    ]


def test_a_reading_every_so_many_seconds_and_at_once_after_a_long_one() -> None:
    now, slept, takes = 0.0, list[float](), iter([10.0, 80.0, 0.0])

    async def look() -> WatchRound:
        nonlocal now
        now += next(takes)
        return WatchRound(NOW)

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    async def three() -> None:
        found = rounds(look, 60.0, sleep=sleep, monotonic=lambda: now)
        for _round in range(3):
            await anext(found)
        await found.aclose()

    asyncio.run(three())
    assert slept == [50.0, 0.0]


def test_readings_keep_to_the_rate_of_the_connection() -> None:
    assert least_every(1, 20, 6000) == 0.1
    assert least_every(2000, 20, 100) == 120.0  # 200 requests at the most
