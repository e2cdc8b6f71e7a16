"""How fast a run sends: never above the rate it was given, and no more at a time than the server bears.

Requests wait in one line, in the order they came. Only the first of the line looks at what holds requests
back and sleeps until that has passed, so there is no task of our own to start, to stop or to lose. A start
is counted in the same step in which the request goes on: nothing that is cancelled takes one with it.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from typing import Self

from dfn_tui.api.limiter import LimiterClosed
from dfn_tui.service.bulk.meter import Meter

DOCUMENTED_LIMIT = 10_000
"""Requests a minute that the platform documents as its limit."""

_STEPS = (100, 50, 25, 10, 5)  # percent of the first limit, for `slower` and `faster`
_SHORTEST_SLEEP = 0.001  # seconds: timers are no finer, and a sleep that rounds to nothing would spin
_MOST_DOUBLINGS = 6  # 64 seconds: the limit counts by the minute, so longer is of no use


class RateLimiter:
    """Says when the next request of a run may start. For one event loop, and not thread-safe.

    `limit` is in requests a minute, `most` and `start` are requests at the same time. In no span of 60
    seconds do more than `limit` requests start, wherever the span begins; after `slow_to` that holds for the
    lower limit in every span from then on. `clock` is in seconds and never goes back.
    """

    def __init__(
        self,
        *,
        limit: int = DOCUMENTED_LIMIT,
        most: int = 32,
        start: int = 4,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random.random,  # spreads clients out; nothing secret hangs on it
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._highest = max(1, limit)
        self._bucket = _Bucket(self._highest, clock())
        self._window = _Window(start, most)
        self._line = asyncio.Lock()  # serves in the order of arrival
        self._changed: asyncio.Future[None] | None = None
        self.paused = False
        self.closed = False
        """Whether the run was given up."""
        self._until = -math.inf
        self._refusals = 0
        self._halved_after = 0  # the last request that had started when the window was halved
        self._limited_after = 0  # the same for the last 429 that told something new
        self.under_way = 0
        self.requests = 0
        """Requests started so far."""
        self.meter = Meter()

    def request(self) -> "RatePermit":
        """`async with rate_limiter.request() as permit:` around one request. Entering waits, and raises
        `LimiterClosed` once the run is given up."""
        return RatePermit(self)

    def pause(self) -> None:
        """Lets no request start until `resume`; those under way go on."""
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        self._wake()

    def close(self) -> None:
        """Gives the run up: requests that wait or come later raise `LimiterClosed`, those under way go on."""
        self.closed = True
        self._wake()

    def reopen(self) -> None:
        """Lets requests start again after `close`."""
        self.closed = False

    def slow_to(self, limit: int) -> None:
        """Holds to `limit` requests a minute from now on: at least 1, at most the limit given at first."""
        self._bucket.set_limit(min(max(1, limit), self._highest), self._clock())
        self._wake()

    def slower(self) -> None:
        """Goes to the next lower of 100, 50, 25, 10 and 5 % of the limit given at first."""
        self.slow_to(next((step for step in self._steps() if step < self.limit), self.limit))

    def faster(self) -> None:
        """Goes to the next higher of these steps."""
        self.slow_to(next((step for step in reversed(self._steps()) if step > self.limit), self.limit))

    @property
    def limit(self) -> int:
        """Requests a minute that are kept to now."""
        return self._bucket.limit

    @property
    def window(self) -> int:
        """Requests that may be under way at the same time now."""
        return self._window.size

    @property
    def most(self) -> int:
        """The most that `window` may grow to."""
        return self._window.most

    @property
    def now(self) -> float:
        """The seconds of its clock."""
        return self._clock()

    @property
    def waiting_until(self) -> float | None:
        """When the wait after a 429 ends, on the clock; None when there is none."""
        return self._until if self._until > self._clock() else None

    async def _enter(self) -> tuple[int, float]:
        """The number of the request that may start now, and the time it is. Raises `LimiterClosed`."""
        async with self._line:
            while (wait := self._wait()) > 0:
                await self._change(wait)
            # From here to the request itself nothing is awaited, so a cancellation cannot come between.
            now = self._clock()
            self._bucket.take()
            self.under_way += 1
            self.requests += 1
            self.meter.started(now)
            return self.requests, now

    def _wait(self) -> float:
        """Seconds until a request may start: 0 for now, infinite where something else has to happen."""
        if self.closed:
            raise LimiterClosed
        if self.paused:
            return math.inf
        now = self._clock()
        wait = max(self._until - now, self._bucket.wait(now))
        if wait > 0:
            return max(wait, _SHORTEST_SLEEP)
        if self.under_way >= self._window.size:
            self._window.held_back = True
            return math.inf
        return 0.0

    async def _change(self, wait: float) -> None:
        """Returns after `wait` seconds, or earlier when something changed."""
        self._changed = asyncio.get_running_loop().create_future()
        if wait == math.inf:
            await self._changed
            return
        sleeping = asyncio.ensure_future(self._sleep(wait))
        try:
            await asyncio.wait((self._changed, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def _leave(self, number: int, latency: float | None) -> None:
        """`latency` is None where it says nothing of how the server bears the load."""
        full = self.under_way >= self._window.size
        self.under_way -= 1
        if latency is not None:
            now = self._clock()
            self._window.answered(latency, now)
            self.meter.answered(latency, now)
            if number > self._limited_after:
                self._refusals = 0
        if full:
            self._wake()

    def _halve(self, number: int) -> None:
        """Only what started after the last halving shows whether that was enough."""
        if number > self._halved_after:
            self._halved_after = self.requests
            self._window.halve()

    def _limited(self, number: int, wait: float | None) -> None:
        self._halve(number)
        news = number > self._limited_after
        if news:
            self._limited_after = self.requests
            self._refusals += 1
            self.meter.put_off += 1
        if wait is None:
            doublings = min(self._refusals - 1, _MOST_DOUBLINGS)
            wait = 2**doublings * (0.5 + self._random() / 2) if news else 0.0
        self._until = max(self._until, self._clock() + max(0.0, wait))

    def _steps(self) -> tuple[int, ...]:
        return tuple(max(1, self._highest * percent // 100) for percent in _STEPS)


class RatePermit:
    """One request. What the server said of its load is told inside the block."""

    __slots__ = ("_number", "_rate_limiter", "_refused", "_started")

    def __init__(self, rate_limiter: RateLimiter) -> None:
        self._rate_limiter = rate_limiter
        self._refused = False

    async def __aenter__(self) -> Self:
        self._number, self._started = await self._rate_limiter._enter()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        # A refusal comes quickly and a fault whenever it likes: neither is a measure.
        measured = kind is None and not self._refused
        latency = self._rate_limiter._clock() - self._started if measured else None
        self._rate_limiter._leave(self._number, latency)

    def busy(self) -> None:
        """The server was too busy, for some of the users or for all: half as many at the same time."""
        self._refused = True
        self._rate_limiter._halve(self._number)

    def limited(self, wait: float | None) -> None:
        """A 429: nothing starts within `wait` seconds, and then half as many at the same time.

        None is for an answer that does not say how long: a second or less, and about twice as long each
        time this happens again without a good answer in between.
        """
        self._refused = True
        self._rate_limiter._limited(self._number, wait)


class _Bucket:
    """The starts that may be made by rate: it fills steadily and holds little.

    It fills at 98 % of the limit and holds 1 % of a minute's starts, or a single one: a span of 60 seconds
    sees 99 % of the limit at most, or for limits below 100 less than the limit and one. What is left pays
    for requests that travel faster than the ones before them.
    """

    def __init__(self, limit: int, now: float) -> None:
        self._at = now
        self._a_second = 0.0
        self._holds = self._credit = math.inf  # full at first
        self.set_limit(limit, now)

    def set_limit(self, limit: int, now: float) -> None:
        """Time until now counts by the limit so far; what that saved up beyond the new one is forfeit."""
        self._fill(now)
        self.limit = limit
        self._a_second = limit * 0.98 / 60
        self._holds = float(max(1, limit // 100))

    def wait(self, now: float) -> float:
        """Seconds until the next start; 0 or less for at once."""
        self._fill(now)
        return (1 - self._credit) / self._a_second

    def take(self) -> None:
        self._credit -= 1

    def _fill(self, now: float) -> None:
        self._credit = min(self._holds, self._credit + (now - self._at) * self._a_second)
        self._at = now


class _Window:
    """How many requests may be under way at once, found out by how long answers take.

    An answer counts as slow while the smoothed latency is over twice the best of the last minute or two. A
    window's worth of answers in a row, all quick or all slow, makes it larger by one or smaller by a tenth.
    """

    _LEAST = 2  # what slowness alone brings it down to
    _SLACK = 0.005  # seconds: below that it is this host's own scheduling that is measured
    _SMOOTHED_OVER = 16  # answers
    _PERIOD = 60.0  # seconds

    def __init__(self, start: int, most: int) -> None:
        self.most = max(1, most)
        self.size = min(max(1, start), self.most)
        self.held_back = False
        """Whether a request had to wait for a place alone; set by whoever lets requests in."""
        self._answers = 0
        self._smoothed = 0.0
        self._best = self._best_before = math.inf
        self._period_ends = -math.inf
        self._quick = self._slow = 0

    def answered(self, latency: float, now: float) -> None:
        """A good answer took `latency` seconds."""
        self._measure(latency, now)
        if self._smoothed > 2 * min(self._best, self._best_before) + self._SLACK:
            self._quick, self._slow = 0, self._slow + 1
        else:
            self._quick, self._slow = self._quick + 1, 0
        if self._slow >= self.size:
            self._shrink()
        elif self._quick >= self.size:
            # A larger window helps nobody while it is the rate that holds requests back.
            self._resize(self.size + self.held_back)

    def halve(self) -> None:
        self._resize(self.size // 2)

    def _measure(self, latency: float, now: float) -> None:
        self._answers = min(self._answers + 1, self._SMOOTHED_OVER)
        self._smoothed += (latency - self._smoothed) / self._answers
        if now >= self._period_ends:
            self._best_before, self._best = self._best, math.inf
            self._period_ends = now + self._PERIOD
        self._best = min(self._best, self._smoothed)

    def _shrink(self) -> None:
        if self.size <= self._LEAST:
            # So few requests are not what slows the server down: this is how fast it is now.
            self._best = self._best_before = self._smoothed
            self._resize(self.size)
        else:
            self._resize(int(self.size * 0.9))

    def _resize(self, size: int) -> None:
        self.size = min(max(1, size), self.most)
        self._quick = self._slow = 0
        self.held_back = False
