"""Trying again: how often, how long to wait in between, and when to give up."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from dfn_tui.api.deadline import current_deadline
from dfn_tui.api.errors import AnswerLost, ApiError, RateLimited, ServerFailed, Unreachable

TellWait = Callable[[int, float, str], None]
"""Told before each wait: the number of the coming attempt, the seconds until it, and why."""

TRANSIENT = (Unreachable, ServerFailed, AnswerLost)
"""What may be over in a moment."""

LASTING = ("tls", "proxy", "proxy-login", "proxy-tls", "deadline")
"""Reasons why nothing was sent that stay until somebody repairs them."""


class RetryPolicy(NamedTuple):
    """Exponential backoff with jitter, capped in attempts and in time. All times in seconds."""

    attempts: int = 5
    total: float | None = 122.0
    """No attempt starts later than this after the first one, which leaves room for the longest wait; None for
    no such end."""
    base: float = 0.5
    longest: float = 20.0
    least: float = 0.0
    """The part of a pause that is never left to chance."""
    longest_wait: float | None = 120.0
    """A longer wait that the server announces is not begun; None where any is waited for. With `limited_for`
    nothing more is asked then, either."""
    rate_limits_count: bool = True
    """Whether a refusal for the rate limit uses up an attempt."""
    resend_unreached: bool = False
    """Whether a write goes out again when no connection was made; otherwise the operator decides anew."""
    limited_for: float | None = None
    """After so long a time of nothing but “too many requests” nothing more is asked of the server, by any
    call. None where each call is judged by itself."""
    in_vain: int | None = None
    """After so many requests in a row without an answer nothing more is asked of the server, by any call.
    None where each call is judged by itself."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random  # spreads clients out; nothing secret hangs on it


SINGLE = RetryPolicy()
"""For somebody who waits in front of the screen."""

BULK = RetryPolicy(
    attempts=6,
    total=None,
    longest=8.0,
    least=0.5,
    longest_wait=600.0,
    rate_limits_count=False,
    limited_for=600.0,
    resend_unreached=True,
    in_vain=12,
)
"""For a run that gets through in the end, at a limiter's pace."""


class RetryState:
    """What is left of a policy for one request: every answer worth trying again uses some of it up."""

    def __init__(self, policy: RetryPolicy, tell: TellWait) -> None:
        self._policy = policy
        self._tell = tell
        self._attempt = 1
        self._started = policy.clock()

    @property
    def exhausted(self) -> bool:
        """Whether every attempt was made."""
        return self._attempt >= self._policy.attempts

    async def after(self, error: ApiError, *, limiter_waits: bool = False) -> bool:
        """Waits after that error and returns True, or returns False at once when nothing is left to try."""
        if isinstance(error, RateLimited):
            return await self.after_limit(error.happened, error.wait, limiter_waits=limiter_waits)
        return await self.again(error.happened)

    async def again(self, reason: str) -> bool:
        """Waits and returns True, or returns False at once when no attempt is left."""
        if self.exhausted:
            return False
        pause = self._backoff()
        current = current_deadline()
        if current is not None and pause >= current.left:
            return False
        return await self._pause(pause, reason)

    async def after_limit(self, reason: str, wait: float | None, *, limiter_waits: bool) -> bool:
        """The same after “too many requests”.

        `wait` is the server's own word on when it will listen again. It is honoured to the last second
        (a little jitter comes on top, since every other client was told the same), or not at all when
        that would take longer than the policy allows. Where a limiter does the waiting there is none here.
        """
        policy = self._policy
        if self.exhausted and policy.rate_limits_count:
            return False
        if wait is not None and policy.longest_wait is not None and wait > policy.longest_wait:
            return False
        if limiter_waits:
            self._attempt += policy.rate_limits_count
            return True
        if wait is None:
            return await self._pause(self._backoff(), reason, extend=True)
        return await self._pause(wait + policy.random() * policy.base, reason, extend=True)

    def _backoff(self) -> float:
        policy = self._policy
        highest = min(policy.longest, policy.base * 2.0 ** min(self._attempt - 1, 30))
        return highest * (policy.least + (1 - policy.least) * policy.random())

    async def _pause(self, pause: float, reason: str, *, extend: bool = False) -> bool:
        policy = self._policy
        if policy.total is not None and policy.clock() - self._started + pause > policy.total:
            return False
        current = current_deadline()
        if extend and current is not None:
            current.extend(pause)
        self._attempt += 1 if not extend or policy.rate_limits_count else 0
        self._tell(self._attempt, pause, reason)
        await policy.sleep(pause)
        return True


def worth_retrying(error: ApiError, policy: RetryPolicy, *, write: bool) -> bool:
    """Whether the same request may go out again.

    A write goes out again only when the server did not look at it. After a failure or a lost answer nobody
    knows what it did.
    """
    if isinstance(error, Unreachable):
        return error.code not in LASTING and (policy.resend_unreached or not write)
    if isinstance(error, RateLimited):
        return not write or error.believed or error.wait is not None  # or anything may have said it
    return not write and isinstance(error, TRANSIENT)
