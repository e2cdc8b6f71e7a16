"""Trying again: how often, how long to wait in between, and when to give up."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dfn_tui.api.errors import AnswerLost, ApiError, RateLimited, ServerFailed, Unreachable

Tell = Callable[[int, float, str], None]
"""Told before each wait: the number of the coming attempt, the seconds until it, and why."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, capped in attempts and in time. All times in seconds."""

    attempts: int = 5
    total: float = 90.0
    """No attempt starts later than this after the first one."""
    base: float = 0.5
    longest: float = 20.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random  # spreads clients out; nothing secret hangs on it


class Patience:
    """What is left of a policy for one request: every answer worth trying again uses some of it up."""

    def __init__(self, policy: RetryPolicy, tell: Tell) -> None:
        self._policy = policy
        self._tell = tell
        self._attempt = 1
        self._started = policy.clock()

    async def again(self, reason: str, wait: float | None = None) -> bool:
        """Waits and returns True, or returns False at once when there is no patience left.

        `wait` is the server's own word on when it will listen again. It is honoured to the last second
        (a little jitter comes on top, since every other client was told the same), or not at all when
        that would take longer than the policy allows.
        """
        policy = self._policy
        if self._attempt >= policy.attempts:
            return False
        if wait is None:
            pause = policy.random() * min(policy.longest, policy.base * 2 ** (self._attempt - 1))
        else:
            pause = wait + policy.random() * policy.base
        if policy.clock() - self._started + pause > policy.total:
            return False
        self._attempt += 1
        self._tell(self._attempt, pause, reason)
        await policy.sleep(pause)
        return True


def worth_retrying(error: ApiError, *, write: bool) -> bool:
    """Whether the same request may go out again.

    A write goes out again only when the server said that it did not look at it. After a failure or a
    lost answer nobody knows what it did; where nothing was sent, the operator decides anew.
    """
    if write:
        return isinstance(error, RateLimited)
    if isinstance(error, Unreachable):
        return error.code not in ("tls", "proxy")  # these stay wrong until somebody repairs them
    return isinstance(error, RateLimited | AnswerLost | ServerFailed)
