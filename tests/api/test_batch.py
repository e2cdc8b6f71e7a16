"""One retry for single changes and bulk runs: what is asked again, split, waited for, and given up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from dfn_tui.api.calls import ProfileWrite, Reply
from dfn_tui.api.deadline import deadline
from dfn_tui.api.errors import RateLimited, Rejected, ServerFailed, TokenRejected, Unreachable
from dfn_tui.api.limiter import LimiterClosed
from dfn_tui.api.retry import BULK, SINGLE, RetryPolicy
from dfn_tui.api.types import Identity, IdentityKind
from tests.api.served import (
    RawServer,
    Received,
    Served,
    Waits,
    cut,
    external,
    failure,
    found,
    how,
    http,
    silent,
    users,
    v1,
    v2,
    written,
)


@dataclass
class Counter:
    """A limiter that lets everything start, and keeps what it was told."""

    starts: int = 0
    told: list[object] = field(default_factory=list)
    closed: bool = False
    most: int | None = None

    @asynccontextmanager
    async def request(self) -> AsyncIterator["Counter"]:
        if self.closed or self.starts == self.most:
            raise LimiterClosed
        self.starts += 1
        yield self

    def busy(self) -> None:
        self.told.append("busy")

    def limited(self, wait: float | None) -> None:
        self.told.append(wait)

    def close(self) -> None:
        self.closed = True


def in_no_time(policy: RetryPolicy, waits: Waits) -> RetryPolicy:
    return policy._replace(clock=lambda: sum(waits.slept), sleep=waits.sleep, random=lambda: 1.0)


def edit(*ids: str) -> list[ProfileWrite]:
    return [ProfileWrite(tuple(users(*ids)), {}, {"x": "1"})]


def refusal(code: int = 4007, status: int = 400) -> bytes:
    return http({"result_code": code, "result_msg": "no", "result_data": None}, status)


def asked(request: Received) -> list[str]:
    content = request.json
    return content.get("user_ids") or [entry["user_id"] for entry in content["user_properties"]]


def answering(judge: Callable[[list[str]], bytes], server: list[RawServer]) -> Served:
    """Answers by whom the request is about, for as many requests as come on one connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(judge(asked(server[0].requests[-1])))
            await writer.drain()
            await server[0].receive(reader)

    return answer


async def write_twenty(*bad: str, policy: RetryPolicy = SINGLE) -> tuple[list[Reply], list[list[str]]]:
    """Writes for twenty users to a server that refuses every request with a bad one among them."""
    ids = [f"u{number}" for number in range(20)]
    here: list[RawServer] = []

    def judge(named: list[str]) -> bytes:
        return refusal() if set(named) & set(bad) else written(*named)

    async with RawServer(answering(judge, here)) as server:
        here.append(server)
        api = v1(server.url, policy=in_no_time(policy, Waits()))
        replies = await api.write_profiles(edit(*ids))
        await api.aclose()
        return replies, [asked(request) for request in server.requests]


@pytest.mark.parametrize("policy", [SINGLE, BULK])
@pytest.mark.parametrize("bad", [("u0",), ("u13",), ("u19",), ("u3", "u4"), ("u0", "u10", "u19")])
async def test_a_refused_batch_is_split_until_the_bad_user_stands_alone(
    bad: tuple[str, ...], policy: RetryPolicy
) -> None:
    replies, requests = await write_twenty(*bad, policy=policy)
    assert [reply.identity.value for reply in replies] == [f"u{number}" for number in range(20)]
    assert [reply.identity.value for reply in replies if not reply.ok] == list(bad)
    for reply in replies:
        assert reply.ok or (how(reply), reply.code, type(reply.error)) == ("refused", "4007", Rejected)
    assert len(requests) <= 1 + 10 * len(bad)
    assert all([user] in requests for user in bad)


async def test_what_no_envelope_refuses_is_not_split() -> None:
    async with RawServer(http("<html>", 404)) as server:
        replies = await v1(server.url).write_profiles(edit("a", "b"))
        assert len(server.requests) == 1
    assert [how(reply) for reply in replies] == ["pending"] * 2


async def test_a_refused_read_is_split_too() -> None:
    async with RawServer(refusal(4002), refusal(4002), found({"b": {}})) as server:
        replies = await v1(server.url).read_profiles(users("a", "b"))
        assert [asked(request) for request in server.requests] == [["a", "b"], ["a"], ["b"]]
    assert [reply.ok for reply in replies] == [False, True]


async def test_a_refused_delete_is_split_though_its_key_is_not_known_yet() -> None:
    """Both spellings are refused for the two together, and for the first alone."""
    async with RawServer(*[refusal(4002)] * 4, written("b")) as server:
        replies = await v1(server.url).delete_ci(users("a", "b"), ["kakao_id"])
        sent = [(request.json.get("user_ids"), request.json.get("user_id")) for request in server.requests]
    both, first, second = ["a", "b"], ["a"], ["b"]
    assert sent == [(both, None), (None, both), (first, None), (None, first), (second, None)]
    assert [how(reply) for reply in replies] == ["refused", "ok"]


@pytest.mark.parametrize(("busy", "told"), [(2, []), (3, ["busy"]), (4, ["busy"])])
async def test_only_a_majority_of_busy_users_is_a_busy_server(busy: int, told: list[str]) -> None:
    ids = list("abcd")
    limiter = Counter(most=1)
    reply = written(*ids[busy:], failures=[failure(5003, *ids[:busy])])
    async with RawServer(reply) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()), limiter=limiter)
        replies = await api.write_profiles(edit(*ids))
    assert limiter.told == told
    assert [reply.code for reply in replies] == ["5003"] * busy + [None] * (4 - busy)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (http("<html>", 503), ["busy"]),
        (cut, ["busy"]),
        (refusal(4006, 429), [None]),
        (http("<html>", 429, {"Retry-After": "30"}), [30.0]),
        (refusal(), []),
        (written("a"), []),
    ],
)
async def test_what_the_limiter_is_told(reply: Served, told: list[object]) -> None:
    limiter = Counter(most=1)
    async with RawServer(reply) as server:
        await v1(server.url, policy=in_no_time(BULK, Waits()), limiter=limiter).write_profiles(edit("a"))
    assert limiter.told == told


async def test_each_request_starts_by_the_limiter_and_none_after_it_is_closed() -> None:
    ids = [f"u{number}" for number in range(60)]
    limiter = Counter(most=2)
    async with RawServer(written(*ids)) as server:
        api = v1(server.url, policy=BULK, limiter=limiter)
        replies = await api.write_profiles(edit(*ids))
        assert len(server.requests) == limiter.starts == 2
        assert api.stopped is None
    assert [how(reply) for reply in replies] == ["ok"] * 40 + ["refused"] * 20
    assert {reply.code for reply in replies[40:]} == {"not-sent"}


async def test_the_limiter_waits_for_a_rate_limit_and_no_attempt_is_used_up() -> None:
    waits, limiter = Waits(), Counter()
    limited = http("", 429, {"Retry-After": "600"})
    async with RawServer(*[limited] * 30, written("a")) as server:
        api = v1(server.url, policy=in_no_time(BULK, waits), limiter=limiter)
        (reply,) = await api.write_profiles(edit("a"))
    assert reply.ok and waits.slept == [] and limiter.told == [600.0] * 30


@pytest.mark.parametrize("wait", [601, 31_536_000])
async def test_a_run_ends_where_the_server_asks_for_more_than_ten_minutes(wait: int) -> None:
    limiter = Counter()
    async with RawServer(http("", 429, {"Retry-After": str(wait)})) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()), limiter=limiter)
        (reply,) = await api.write_profiles(edit("a"))
        assert isinstance(api.stopped, RateLimited) and limiter.closed
        (later,) = await api.write_profiles(edit("b"))
        assert len(server.requests) == 1
    assert (how(reply), how(later), later.code) == ("pending", "refused", "not-sent")


async def test_a_run_ends_after_ten_minutes_of_nothing_but_rate_limits() -> None:
    clock = Clock()

    class Slow(Counter):
        def limited(self, wait: float | None) -> None:
            super().limited(wait)
            clock.now += 250

    limiter = Slow()
    answers = [refusal(4006, 429), refusal(4006, 429), written("a"), *[refusal(4006, 429)] * 9]
    async with RawServer(*answers) as server:
        policy = in_no_time(BULK, Waits())._replace(clock=clock)
        api = v1(server.url, policy=policy, limiter=limiter)
        (first,) = await api.write_profiles(edit("a"))
        assert first.ok and api.stopped is None
        (reply,) = await api.write_profiles(edit("b"))
        assert isinstance(api.stopped, RateLimited) and limiter.closed
        assert len(server.requests) == 7  # four since the last one that got through
    assert how(reply) == "refused"


async def test_a_single_change_waits_no_longer_than_is_bearable() -> None:
    waits = Waits()
    async with RawServer(refusal(4006, 429), http("", 429, {"Retry-After": "121"})) as server:
        policy = in_no_time(SINGLE, waits)._replace(total=None)
        (reply,) = await v1(server.url, policy=policy).write_profiles(edit("a"))
        assert len(server.requests) == 2
    assert isinstance(reply.error, RateLimited) and waits.slept == [0.5]


@pytest.mark.parametrize("seconds", [60, 100, 120])
async def test_the_servers_word_is_waited_for(seconds: int) -> None:
    waits = Waits()
    async with RawServer(http("", 429, {"Retry-After": str(seconds)}), written("a")) as server:
        policy = in_no_time(SINGLE, waits)
        (reply,) = await v1(server.url, policy=policy).write_profiles(edit("a"))
    assert reply.ok and waits.slept == [seconds + 0.5]


async def test_what_reached_nobody_is_sent_again_in_bulk_alone() -> None:
    async with RawServer(b"") as server:
        url = server.url
    for policy, attempts in ((SINGLE, 0), (BULK, 5)):
        waits = Waits()
        (reply,) = await v1(url, policy=in_no_time(policy, waits)).write_profiles(edit("a"))
        assert (how(reply), reply.code, len(waits.slept)) == ("refused", "not-sent", attempts)


@pytest.mark.parametrize("policy", [SINGLE, BULK])
@pytest.mark.parametrize("reply", [cut, http("<html>", 500), http("<html>", 504)])
async def test_a_write_whose_fate_is_not_known_is_never_sent_again(
    reply: Served, policy: RetryPolicy
) -> None:
    async with RawServer(reply) as server:
        (one,) = await v1(server.url, policy=in_no_time(policy, Waits())).write_profiles(edit("a"))
        assert len(server.requests) == 1
    assert how(one) == "pending"


async def test_a_run_stops_for_good_when_the_token_is_not_taken() -> None:
    limiter = Counter()
    async with RawServer(refusal(4001)) as server:
        api = v1(server.url, policy=BULK, limiter=limiter)
        await api.write_profiles(edit("a"))
        assert isinstance(api.stopped, TokenRejected) and limiter.closed
        (reply,) = await api.read_profiles(users("b"))
        assert len(server.requests) == 1
    assert (how(reply), reply.code, type(reply.error)) == ("refused", "not-sent", TokenRejected)


async def test_each_single_call_is_judged_by_itself() -> None:
    async with RawServer(refusal(4001), found({"a": {}})) as server:
        api = v1(server.url, policy=SINGLE)
        await api.write_profiles(edit("a"))
        assert api.stopped is None
        assert (await api.read_profiles(users("a")))[0].ok


async def test_a_run_stops_after_twelve_requests_in_vain() -> None:
    async with RawServer(cut) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()), limiter=Counter())
        for number in range(1, 13):
            assert api.stopped is None
            await api.write_profiles(edit("a"))
            assert len(server.requests) == number
        assert api.stopped is not None


async def test_an_answer_in_between_begins_the_count_anew() -> None:
    async with RawServer(*[cut] * 11, written("a"), cut) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()), limiter=Counter())
        for _number in range(23):
            await api.write_profiles(edit("a"))
        assert api.stopped is None and len(server.requests) == 23


async def test_a_batch_asked_for_to_the_last_while_nobody_is_answered_stops_the_run() -> None:
    async with RawServer(http("", 500)) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()), limiter=Counter())
        await api.read_profiles(users("a"))
        assert len(server.requests) == 6
        assert isinstance(api.stopped, ServerFailed)


async def test_version_2_goes_by_the_limiter_too() -> None:
    limiter = Counter(most=1)
    ok = http({"status": True, "code": "20000", "message": "OK", "data": True})
    async with RawServer(ok) as server:
        api = v2(server.url, limiter=limiter)
        people = tuple(external(f"p{number}") for number in range(8))
        replies = await api.write_profiles([ProfileWrite(people, {}, {"x": 1})])
        assert len(server.requests) == 1
    assert sorted(how(reply) for reply in replies) == ["ok"] + ["refused"] * 7


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_nothing_is_sent_after_a_deadline() -> None:
    clock = Clock()
    async with RawServer(written("a")) as server:
        with deadline(60.0, clock=clock):
            api = v1(server.url)
            assert (await api.write_profiles(edit("a")))[0].ok
            clock.now += 60
            (reply,) = await api.write_profiles(edit("a"))
        assert len(server.requests) == 1
        assert (how(reply), reply.code, type(reply.error)) == ("refused", "deadline", Unreachable)
        assert (await api.write_profiles(edit("a")))[0].ok  # none holds any more
        await api.aclose()


async def test_a_deadline_cuts_a_silent_answer_short() -> None:
    async with RawServer(silent) as server:
        with deadline(0.05):
            (reply,) = await v1(server.url).write_profiles(edit("a"))
        assert len(server.requests) == 1
    assert (how(reply), reply.code) == ("pending", "timeout")


async def test_no_attempt_begins_that_the_deadline_leaves_no_time_for() -> None:
    clock, waits = Clock(), Waits()

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await waits.sleep(seconds)

    async with RawServer(http("", 500)) as server:
        policy = SINGLE._replace(sleep=sleep, clock=clock, random=lambda: 1.0)
        with deadline(3.0, clock=clock):
            await v1(server.url, policy=policy).read_profiles(users("a"))
        assert waits.slept == [0.5, 1.0]  # 2 more seconds would be too long
        assert len(server.requests) == 3


async def test_a_wait_that_the_server_announces_puts_the_deadline_off() -> None:
    clock, waits = Clock(), Waits()

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await waits.sleep(seconds)

    async with RawServer(http("", 429, {"Retry-After": "80"}), written("a")) as server:
        policy = SINGLE._replace(sleep=sleep, clock=clock, random=lambda: 0.0)
        with deadline(60.0, clock=clock) as outer, deadline(90.0, clock=clock) as inner:
            (reply,) = await v1(server.url, policy=policy).write_profiles(edit("a"))
            assert outer.left == inner.left == 60.0
    assert reply.ok and waits.slept == [80.0]


async def test_time_spent_at_the_limiter_puts_the_deadline_off() -> None:
    clock = Clock()

    class Slow(Counter):
        @asynccontextmanager
        async def request(self) -> AsyncIterator[Counter]:
            clock.now += 500
            yield self

    async with RawServer(written("a")) as server:
        policy = BULK._replace(clock=clock)
        with deadline(60.0, clock=clock) as current:
            (reply,) = await v1(server.url, policy=policy, limiter=Slow()).write_profiles(edit("a"))
            assert reply.ok and current.left == 60.0


async def test_after_a_stop_nothing_is_written_and_reading_goes_on() -> None:
    async with RawServer(found({"a": {}})) as server:
        api = v1(server.url)
        api.stop()
        [written_not] = await api.write_profiles(edit("a"))
        [deleted_not] = await api.delete_ci(users("a"), ["kakao_id"])
        [read] = await api.read_profiles(users("a"))
        assert [request.line.split()[1] for request in server.requests] == ["/api/v1/users/profile"]
    assert read.ok
    assert [(how(one), one.code) for one in (written_not, deleted_not)] == [("refused", "not-sent")] * 2


async def test_a_token_that_is_not_taken_stops_all_calls_of_a_run() -> None:
    async with RawServer(refusal(4001, 401), written("a")) as server:
        api = v1(server.url, policy=in_no_time(BULK, Waits()))
        first = await api.write_profiles(edit("a"))
        second = await api.write_profiles(edit("a"))
        assert len(server.requests) == 1
        assert isinstance(api.stopped, TokenRejected)
    assert [(how(one), type(one.error)) for one in (*first, *second)] == [("refused", TokenRejected)] * 2


async def test_of_a_read_that_is_not_made_any_more_nothing_is_said_about_changes() -> None:
    async with RawServer(refusal(4001, 401)) as server:
        api = v1(server.url)
        named = [Identity(IdentityKind.USER_ID, f"u{number}") for number in range(500)]
        replies = await api.read_profiles(named)
    assert replies[-1].code == "not-sent"
    assert replies[-1].message == "Not read: an earlier request failed for good."
