"""How long, how often, and when not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api import words
from dfn_tui.api.errors import ApiError
from dfn_tui.api.retry import Patience, RetryPolicy, worth_retrying
from tests.api.served import Waits


async def _exhaust(policy: RetryPolicy, wait: float | None = None) -> list[tuple[int, float, str]]:
    told: list[tuple[int, float, str]] = []
    patience = Patience(policy, lambda *args: told.append(args))
    while await patience.again("busy", wait):
        pass
    return told


async def test_the_backoff_doubles_up_to_the_longest() -> None:
    waits = Waits()
    told = await _exhaust(waits.policy(attempts=8, total=1000))
    assert waits.slept == [0.5, 1, 2, 4, 8, 16, 20]
    assert told == [(number + 2, pause, "busy") for number, pause in enumerate(waits.slept)]


async def test_full_jitter_reaches_down_to_nothing() -> None:
    waits = Waits()
    await _exhaust(waits.policy(attempts=4, chance=0.0))
    assert waits.slept == [0, 0, 0]


async def test_the_servers_own_word_is_honoured() -> None:
    waits = Waits()
    await _exhaust(waits.policy(attempts=2), wait=42.0)
    assert waits.slept == [42.5]


async def test_a_wait_beyond_the_total_is_not_begun() -> None:
    waits = Waits()
    assert await _exhaust(waits.policy(total=30.0), wait=42.0) == []
    assert waits.slept == []


@given(
    st.integers(1, 12),
    st.floats(0, 100),
    st.floats(0, 1),
    st.none() | st.floats(0, 200),
)
async def test_attempts_and_total_time_are_caps(
    attempts: int, total: float, chance: float, wait: float | None
) -> None:
    waits = Waits()
    await _exhaust(waits.policy(attempts=attempts, total=total, chance=chance), wait)
    assert len(waits.slept) < attempts
    assert sum(waits.slept) <= total


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (words.unreachable("refused", "h"), True, False),
        (words.unreachable("unknown-host", "h"), True, False),
        (words.unreachable("tls", "h"), False, False),
        (words.unreachable("proxy", "h"), False, False),
        (words.answer_lost(timeout=True, write=False), True, False),
        (words.server_failed("500", write=False), True, False),
        (words.rate_limited("4006", None), True, True),
        (words.answer_unreadable("malformed", write=False), False, False),
        (words.token_rejected("4001"), False, False),
        (words.not_permitted("4004", ""), False, False),
        (words.rejected("4002", ""), False, False),
        (words.read_only(), False, False),
    ],
)
def test_what_is_worth_another_try(error: ApiError, read: bool, write: bool) -> None:
    assert worth_retrying(error, write=False) is read
    assert worth_retrying(error, write=True) is write
