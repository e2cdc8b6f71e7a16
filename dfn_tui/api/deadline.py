"""A time by which everything that is asked of the server has to be over.

`with deadline(60.0):` holds for every request inside, in tasks started there too. A wait that the server
announces does not count, since nothing hangs then.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Deadline:
    """Ends `seconds` from now, and no later than the one around it."""

    def __init__(self, seconds: float, clock: Callable[[], float], outer: "Deadline | None") -> None:
        self._clock = clock
        self._outer = outer
        self._ends = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds; 0 or less when it is over."""
        left = self._ends - self._clock()
        return left if self._outer is None else min(left, self._outer.left)

    def extend(self, seconds: float) -> None:
        """Puts the end off, and that of those around it."""
        self._ends += seconds
        if self._outer is not None:
            self._outer.extend(seconds)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Deadline]:
    """Everything inside has `seconds` together."""
    current = Deadline(seconds, clock, _current.get())
    token = _current.set(current)
    try:
        yield current
    finally:
        _current.reset(token)


def current_deadline() -> Deadline | None:
    """The one that holds here."""
    return _current.get()
