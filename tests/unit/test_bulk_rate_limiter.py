"""How fast a bulk run may send, on a clock that stands still while anybody has something to do."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from itertools import chain, cycle, pairwise, repeat
from typing import Any, ParamSpec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfn_tui.api.limiter import LimiterClosed
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT, RateLimiter, RatePermit

P = ParamSpec("P")
Act = Callable[[RateLimiter], None]
Tell = Callable[[RatePermit], None]

ENDLESS = 1_000_000
"""A limit that holds nothing back here."""


class _NoWaiting(selectors.SelectSelector):
    """Nothing comes from outside, so where a loop would wait its clock is put forward instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for somebody else"
        self.now += max(0.0, timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._never = _NoWaiting()
        super().__init__(self._never)

    def time(self) -> float:
        return self._never.now


def virtual(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """The test on a loop where hours take no time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


def new_pace(limit: int = ENDLESS, **options: Any) -> RateLimiter:
    return RateLimiter(limit=limit, clock=now, **options)


class Workers:
    """Send without a break; each request takes the next of `latencies`. `tell` is for the next to end."""

    def __init__(
        self, rate_limiter: RateLimiter, number: int, latencies: Iterator[float] | None = None
    ) -> None:
        self.starts: list[float] = []
        self.tell: list[Tell] = []
        self.rate_limiter = rate_limiter
        self._latencies = latencies or repeat(0.05)
        self.tasks = [asyncio.ensure_future(self._work()) for _ in range(number)]

    async def _work(self) -> None:
        with suppress(LimiterClosed):
            while True:
                async with self.rate_limiter.request() as ticket:
                    self.starts.append(now())
                    await asyncio.sleep(next(self._latencies))
                    if self.tell:
                        self.tell.pop()(ticket)

    def replace_one(self) -> None:
        self.tasks.pop(0).cancel()
        self.tasks.append(asyncio.ensure_future(self._work()))

    async def end(self) -> None:
        self.rate_limiter.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def obeys(starts: Sequence[float], limit: int) -> bool:
    """Whether no 60 seconds, their ends included, see more starts than `limit`."""
    return all(later - earlier > 60 for earlier, later in zip(starts, starts[limit:], strict=False))


async def send(rate_limiter: RateLimiter, seconds: float = 0.05) -> float:
    """One request; when it started."""
    async with rate_limiter.request():
        started = now()
        await asyncio.sleep(seconds)
    return started


async def settle_down() -> None:
    """Until everybody waits for the clock."""
    await asyncio.sleep(1e-6)


ACTS: st.SearchStrategy[Act] = st.one_of(
    st.sampled_from(
        [RateLimiter.pause, RateLimiter.resume, RateLimiter.resume, RateLimiter.slower, RateLimiter.faster]
    ),
    st.integers(1, 300).map(lambda limit: lambda rate_limiter: rate_limiter.slow_to(limit)),
)
TELLS: st.SearchStrategy[Tell] = st.one_of(
    st.just(RatePermit.busy),
    st.sampled_from([None, 0.0, 0.3, 7.0]).map(lambda wait: lambda ticket: ticket.limited(wait)),
)
STEPS = st.tuples(st.floats(0, 90), st.one_of(ACTS, st.none()), st.one_of(st.none(), TELLS))


@pytest.mark.slow
@given(
    limit=st.one_of(st.integers(1, 12), st.integers(1, 250)),
    workers=st.integers(1, 40),
    latencies=st.lists(st.floats(0, 3), min_size=1, max_size=12),
    steps=st.lists(STEPS, min_size=1, max_size=10),
)
@settings(max_examples=60)
@virtual
async def test_no_minute_sees_more_starts_than_the_limit(
    limit: int, workers: int, latencies: list[float], steps: list[tuple[float, Act | None, Tell | None]]
) -> None:
    rate_limiter = new_pace(limit)
    run = Workers(rate_limiter, workers, cycle(latencies))
    stretches: list[tuple[int, int]] = [(limit, 0)]  # a limit, and how many had started when it came
    for seconds, act, tell in steps:
        await asyncio.sleep(seconds)
        if tell is not None:
            run.tell.append(tell)
        if act is None:
            run.replace_one()
            continue
        act(rate_limiter)
        if rate_limiter.limit != stretches[-1][0]:
            stretches.append((rate_limiter.limit, len(run.starts)))
    rate_limiter.resume()
    await asyncio.sleep(70)
    await run.end()
    assert obeys(run.starts, limit)
    ends = [begin for _limit, begin in stretches[1:]] + [len(run.starts)]
    for (held_to, begin), end in zip(stretches, ends, strict=True):
        assert obeys(run.starts[begin:end], held_to)
    assert rate_limiter.requests == len(run.starts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "minutes"), [(1, 600), (7, 120), (60, 30), (150, 20), (999, 5), (DOCUMENTED_LIMIT, 3)]
)
@virtual
async def test_the_limit_is_used_to_the_full(limit: int, minutes: int) -> None:
    run = Workers(new_pace(limit), 32)
    await asyncio.sleep(minutes * 60)
    assert len(run.starts) >= 0.95 * limit * minutes
    assert obeys(run.starts, limit)
    await run.end()


@virtual
async def test_idle_time_saves_up_no_more_than_a_hundredth_of_a_minute() -> None:
    rate_limiter = new_pace(6_000, start=32)
    await asyncio.sleep(3_600)
    run = Workers(rate_limiter, 32, repeat(0.001))
    await asyncio.sleep(0.5)
    assert len(run.starts) <= 60 + 0.5 * 98
    await run.end()


@virtual
async def test_a_lower_limit_holds_at_once() -> None:
    rate_limiter = new_pace(6_000)
    run = Workers(rate_limiter, 8)
    await asyncio.sleep(10)
    rate_limiter.slow_to(60)
    before = len(run.starts)
    await asyncio.sleep(120)
    after = run.starts[before:]
    assert all(later - earlier > 1 for earlier, later in pairwise(after))
    assert len(after) > 0.95 * 120
    await run.end()


@virtual
async def test_a_higher_limit_lets_the_one_that_waits_go_at_once() -> None:
    rate_limiter = new_pace(6_000)
    rate_limiter.slow_to(1)
    await send(rate_limiter)
    waiting = asyncio.ensure_future(send(rate_limiter))
    await asyncio.sleep(5)
    rate_limiter.faster()
    assert rate_limiter.limit == 300
    assert await waiting < 5.3
    await settle_down()
    assert len(asyncio.all_tasks()) == 1  # the sleep that was cut short is gone too


@virtual
async def test_a_higher_limit_does_not_count_for_the_time_before() -> None:
    rate_limiter = new_pace(6_000, start=32)
    rate_limiter.slow_to(1)
    await asyncio.sleep(30)
    rate_limiter.slow_to(6_000)
    run = Workers(rate_limiter, 32, repeat(0.001))
    await asyncio.sleep(0.1)
    assert len(run.starts) <= 1 + 10
    await run.end()


@virtual
async def test_limits_have_steps_and_ends() -> None:
    rate_limiter = new_pace(10_000)
    seen = []
    for _ in range(5):
        rate_limiter.slower()
        seen.append(rate_limiter.limit)
    assert seen == [5_000, 2_500, 1_000, 500, 500]
    rate_limiter.slow_to(600)
    rate_limiter.faster()
    assert rate_limiter.limit == 1_000
    rate_limiter.slow_to(600)
    rate_limiter.slower()
    assert rate_limiter.limit == 500
    rate_limiter.slow_to(10)
    rate_limiter.slower()
    assert rate_limiter.limit == 10
    rate_limiter.slow_to(0)
    assert rate_limiter.limit == 1
    rate_limiter.slow_to(20_000)
    rate_limiter.faster()
    assert rate_limiter.limit == 10_000


@virtual
async def test_the_steps_of_a_small_limit_end_at_one() -> None:
    rate_limiter = new_pace(7)
    seen = []
    for _ in range(4):
        rate_limiter.slower()
        seen.append(rate_limiter.limit)
    assert seen == [3, 1, 1, 1]


@virtual
async def test_a_pause_holds_back_those_that_wait_and_not_those_under_way() -> None:
    rate_limiter = new_pace(60)
    run = Workers(rate_limiter, 3, repeat(4.0))
    await settle_down()
    assert (len(run.starts), rate_limiter.under_way) == (1, 1)
    rate_limiter.pause()
    assert rate_limiter.paused
    await asyncio.sleep(100)
    assert (len(run.starts), rate_limiter.under_way) == (1, 0)
    rate_limiter.resume()
    assert not rate_limiter.paused
    await settle_down()
    assert len(run.starts) == 2
    await run.end()


@virtual
async def test_closing_ends_those_that_wait_even_in_a_pause() -> None:
    rate_limiter = new_pace(start=2)
    under_way = [asyncio.ensure_future(send(rate_limiter, 3.0)) for _ in range(2)]
    waiting = [asyncio.ensure_future(send(rate_limiter)) for _ in range(5)]
    await settle_down()
    rate_limiter.pause()
    rate_limiter.close()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in ended] == [LimiterClosed] * 5
    assert now() < 1
    assert await asyncio.gather(*under_way) == [0.0, 0.0]
    assert now() >= 3
    with pytest.raises(LimiterClosed):
        await send(rate_limiter)
    assert (rate_limiter.under_way, rate_limiter.requests) == (0, 2)


@virtual
async def test_closing_ends_the_one_that_sleeps_until_its_turn() -> None:
    rate_limiter = new_pace(1)
    await send(rate_limiter)
    waiting = asyncio.ensure_future(send(rate_limiter))
    await settle_down()
    rate_limiter.close()
    with pytest.raises(LimiterClosed):
        await waiting
    assert now() < 1


@virtual
async def test_after_a_429_nobody_starts_until_the_reset() -> None:
    rate_limiter = new_pace(6_000, start=8)
    run = Workers(rate_limiter, 20)
    await asyncio.sleep(5.01)
    window = rate_limiter.window
    async with rate_limiter.request() as ticket:
        ticket.limited(30.0)
    reset = now() + 30
    assert rate_limiter.waiting_until == reset
    assert rate_limiter.window == window // 2
    before = len(run.starts)
    await asyncio.sleep(29.999)
    assert len(run.starts) == before
    await asyncio.sleep(0.1)
    assert run.starts[before] >= reset
    assert rate_limiter.waiting_until is None
    await run.end()


@virtual
async def test_a_later_word_does_not_shorten_the_wait() -> None:
    rate_limiter = new_pace()
    async with (
        rate_limiter.request() as first,
        rate_limiter.request() as second,
        rate_limiter.request() as third,
    ):
        first.limited(20.0)
        second.limited(5.0)
        third.limited(None)
    assert rate_limiter.waiting_until == 20.0
    assert await send(rate_limiter) >= 20.0


@virtual
async def test_429s_that_name_no_time_double_the_wait_until_a_good_answer() -> None:
    rate_limiter = new_pace(random=lambda: 1.0)
    waits = []
    for _ in range(9):
        async with rate_limiter.request() as ticket:
            ticket.limited(None)
        assert rate_limiter.waiting_until is not None
        waits.append(round(rate_limiter.waiting_until - now(), 3))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 64, 64]
    await send(rate_limiter)
    async with rate_limiter.request() as ticket:
        ticket.limited(None)
    assert rate_limiter.waiting_until == pytest.approx(now() + 1)


@virtual
async def test_the_429s_of_one_window_double_the_wait_once() -> None:
    rate_limiter = new_pace(start=10, random=lambda: 0.0)

    async def refused(seconds: float) -> None:
        async with rate_limiter.request() as ticket:
            await asyncio.sleep(seconds)
            ticket.limited(None)

    await asyncio.gather(*(refused(0.1 + number / 10) for number in range(10)))
    assert (rate_limiter.waiting_until, rate_limiter.window) == (
        None,
        5,
    )  # half a second from 0.1 on: it has passed
    async with rate_limiter.request() as ticket:
        ticket.limited(None)
    assert rate_limiter.waiting_until == pytest.approx(now() + 1)


@virtual
async def test_what_happened_is_counted_for_whoever_looks() -> None:
    rate_limiter = new_pace(start=4)

    async def refused() -> None:
        async with rate_limiter.request() as permit:
            await asyncio.sleep(1)
            permit.limited(1.0)

    await asyncio.gather(refused(), refused(), refused())
    assert rate_limiter.meter.put_off == 1  # they were under way together
    assert rate_limiter.meter.slowest is None  # a refusal is no measure
    await asyncio.gather(refused())
    async with rate_limiter.request():
        await asyncio.sleep(2)
    assert rate_limiter.meter.put_off == 2
    assert rate_limiter.meter.slowest is not None
    assert rate_limiter.meter.slowest[0] == pytest.approx(2)
    assert rate_limiter.meter.last_minute(rate_limiter.now) == rate_limiter.requests == 5


@virtual
async def test_a_storm_of_busy_answers_halves_the_window_once() -> None:
    rate_limiter = new_pace(start=10)

    async def busy() -> None:
        async with rate_limiter.request() as ticket:
            await asyncio.sleep(0.05)
            ticket.busy()

    storm = [asyncio.ensure_future(busy()) for _ in range(20)]
    await asyncio.gather(*storm[:10])
    assert rate_limiter.window == 5
    await asyncio.gather(*storm)
    assert rate_limiter.window == 1  # what started after the halving: five, two, one, one at a time
    assert rate_limiter.waiting_until is None
    await busy()
    assert rate_limiter.window == 1


@virtual
async def test_the_window_grows_while_it_alone_holds_requests_back() -> None:
    rate_limiter = new_pace(start=4, most=16)
    run = Workers(rate_limiter, 40)
    await asyncio.sleep(0.26)
    assert 4 < rate_limiter.window <= 4 + 5
    await asyncio.sleep(2)
    assert rate_limiter.window == rate_limiter.under_way == 16
    await run.end()


@virtual
async def test_the_window_stays_where_the_workers_are_too_few_or_the_rate_too_low() -> None:
    few = new_pace(start=8)
    few_run = Workers(few, 8)
    slow = new_pace(600, start=8)
    slow_run = Workers(slow, 20)
    await asyncio.sleep(60)
    assert few.window == slow.window == 8
    await few_run.end()
    await slow_run.end()


class _Queue:
    """Latencies of a server that works on `lanes` requests at a time and lets the others wait."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.slower = 1.0
        self.rate_limiter: RateLimiter

    def __next__(self) -> float:
        return self.slower * 0.05 * max(1.0, self.rate_limiter.under_way / self.lanes)

    def __iter__(self) -> Iterator[float]:
        return self


@virtual
async def test_the_window_stops_growing_where_the_server_only_queues() -> None:
    server = _Queue(lanes=6)
    server.rate_limiter = rate_limiter = new_pace(start=4)
    run = Workers(rate_limiter, 40, server)
    sizes = []
    for _ in range(500):
        await asyncio.sleep(0.1)
        sizes.append(rate_limiter.window)
    assert max(sizes) <= 16  # twice the latency is at twelve, and a little for the slack
    assert min(sizes[50:]) >= 8
    await run.end()


@virtual
async def test_a_server_that_slows_down_is_left_more_air_and_then_measured_anew() -> None:
    server = _Queue(lanes=100)
    server.rate_limiter = rate_limiter = new_pace(start=4)
    run = Workers(rate_limiter, 40, server)
    await asyncio.sleep(10)
    assert rate_limiter.window == 32
    server.slower = 4.0
    sizes = []
    while rate_limiter.window > 2:
        await asyncio.sleep(0.01)
        sizes.append(rate_limiter.window)
    assert set(sizes) <= {32, 28, 25, 22, 19, 17, 15, 13, 11, 9, 8, 7, 6, 5, 4, 3, 2}
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 10
    while rate_limiter.window < 32:
        assert rate_limiter.window >= 2
        await asyncio.sleep(0.01)
    await run.end()


@pytest.mark.slow
@virtual
async def test_the_best_latency_is_forgotten_after_two_minutes() -> None:
    hovering = cycle([0.125] * 5 + [0.085] * 5)  # about twice the first ones: neither quick nor slow for long
    rate_limiter = new_pace(start=16)
    run = Workers(rate_limiter, 40, chain(repeat(0.05, 16), hovering))
    await asyncio.sleep(10)
    stuck = rate_limiter.window
    await asyncio.sleep(40)
    assert rate_limiter.window == stuck < 32
    await asyncio.sleep(100)
    assert rate_limiter.window == 32
    await run.end()


@virtual
async def test_who_comes_first_goes_first() -> None:
    rate_limiter = new_pace(60, start=3)
    order: list[int] = []

    async def one(number: int) -> None:
        async with rate_limiter.request():
            order.append(number)
            await asyncio.sleep(7.0 - number % 3)

    await asyncio.gather(*(one(number) for number in range(20)))
    assert order == list(range(20))


@virtual
async def test_who_is_cancelled_while_waiting_takes_nothing_along() -> None:
    rate_limiter = new_pace(60, start=1)
    waiting = [asyncio.ensure_future(send(rate_limiter, 0.0)) for _ in range(6)]
    await asyncio.sleep(0.5)
    for number in (1, 3):  # the first of the line, which sleeps, and one behind it
        waiting[number].cancel()
    started = await asyncio.gather(*waiting, return_exceptions=True)
    times = [time for time in started if isinstance(time, float)]
    assert times == pytest.approx([0.0, 1.02, 2.04, 3.06], abs=0.01)
    assert (rate_limiter.requests, rate_limiter.under_way) == (4, 0)


@virtual
async def test_who_is_cancelled_while_waiting_for_a_place_leaves_it_to_the_next() -> None:
    rate_limiter = new_pace(start=1)
    async with rate_limiter.request():
        waiting = [asyncio.ensure_future(send(rate_limiter)) for _ in range(3)]
        await asyncio.sleep(0.5)
        waiting[0].cancel()
        await asyncio.sleep(0.5)
    waiting[1].cancel()  # the place is free already, and it has been told so, but has not taken it yet
    assert await waiting[2] == pytest.approx(1.0, abs=0.01)
    assert [one.cancelled() for one in waiting] == [True, True, False]
    assert (rate_limiter.requests, rate_limiter.under_way) == (2, 0)


@virtual
async def test_a_request_that_fails_or_is_cancelled_gives_its_place_back() -> None:
    rate_limiter = new_pace(start=1)

    async def fails() -> None:
        async with rate_limiter.request():
            raise OSError

    with pytest.raises(OSError):
        await fails()
    cut = asyncio.ensure_future(send(rate_limiter, 60.0))
    await settle_down()
    assert rate_limiter.under_way == 1
    cut.cancel()
    assert await send(rate_limiter) < 1
    assert rate_limiter.under_way == 0


@virtual
async def test_refusals_and_faults_do_not_count_as_quick_answers() -> None:
    refused, fresh = new_pace(start=4), new_pace(start=1)
    for _ in range(40):
        with suppress(OSError):
            async with refused.request():
                raise OSError
        async with refused.request() as ticket:
            ticket.busy()
    assert refused.window == 1
    runs = [Workers(rate_limiter, 20) for rate_limiter in (refused, fresh)]
    await asyncio.sleep(0.42)
    assert refused.window == fresh.window > 6
    for run in runs:
        await run.end()


async def test_it_works_on_the_clock_of_the_host_too() -> None:
    rate_limiter = RateLimiter(limit=60_000, start=2)
    await asyncio.gather(*(send(rate_limiter, 0.0) for _ in range(700)))  # more than it has saved up
    assert (rate_limiter.requests, rate_limiter.under_way, rate_limiter.limit) == (700, 0, 60_000)
