"""What the requests of a run tell of themselves: how many start, how often the limit puts them off, and how
long answers take. Counted whether anybody looks or not, at a few additions a request."""

from collections import deque

SPAN = 300.0
"""Seconds that are remembered."""

STEP = 5.0
"""Seconds that are counted together."""

_MINUTE = 60.0


class Meter:
    """Counts by the seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self.put_off = 0
        """How often the server said that the limit is reached; what was under way by then counts once."""
        self.slowest: tuple[float, float] | None = None
        """The seconds that the slowest good answer took, and when it came."""
        self._starts: deque[tuple[int, int]] = deque()
        self._first: int | None = None

    def started(self, now: float) -> None:
        """A request starts."""
        step = int(now // STEP)
        if self._starts and self._starts[-1][0] == step:
            self._starts[-1] = (step, self._starts[-1][1] + 1)
            return
        if self._first is None:
            self._first = step
        self._starts.append((step, 1))
        while self._starts[0][0] < step - SPAN // STEP:
            self._starts.popleft()

    def answered(self, latency: float, now: float) -> None:
        """A good answer came after so many seconds."""
        if self.slowest is None or latency > self.slowest[0]:
            self.slowest = (latency, now)

    def last_minute(self, now: float) -> int:
        """The requests that started in the last minute."""
        since = int((now - _MINUTE) // STEP)
        return sum(count for step, count in self._starts if step > since)

    def a_minute(self, now: float) -> list[int]:
        """The requests of each step that is over, as so many a minute: oldest first, and none from before
        the first request."""
        if self._first is None:
            return []
        over = int(now // STEP)
        counts = dict(self._starts)
        first = max(self._first, over - int(SPAN // STEP))
        return [round(counts.get(step, 0) * _MINUTE / STEP) for step in range(first, over)]
