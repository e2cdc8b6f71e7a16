"""How long, how often, and when not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api import messages
from dfn_tui.api.errors import ApiError
from dfn_tui.api.retry import BULK, SINGLE, RetryPolicy, RetryState, worth_retrying
from tests.api.served import Waits


async def _exhaust(policy: RetryPolicy, wait: float | None = None) -> list[tuple[int, float, str]]:
    told: list[tuple[int, float, str]] = []
    state = RetryState(policy, lambda *args: told.append(args))
    while await (
        state.again("busy") if wait is None else state.after_limit("busy", wait, limiter_waits=False)
    ):
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
        (messages.unreachable("refused", "h"), True, False),
        (messages.unreachable("unknown-host", "h"), True, False),
        (messages.unreachable("tls", "h"), False, False),
        (messages.unreachable("proxy", "h"), False, False),
        (messages.answer_lost(timeout=True, write=False), True, False),
        (messages.server_failed("500", write=False), True, False),
        (messages.rate_limited("4006", 3.0, applied=True), True, True),
        (messages.rate_limited("429", None, applied=True), True, False),
        (messages.answer_unreadable("malformed", write=False), False, False),
        (messages.token_rejected("4001", applied=False), False, False),
        (messages.not_permitted("4004", "", applied=False), False, False),
        (messages.rejected("4002", "", applied=False), False, False),
        (messages.read_only(), False, False),
    ],
)
def test_what_is_worth_another_try(error: ApiError, read: bool, write: bool) -> None:
    assert worth_retrying(error, SINGLE, write=False) is read
    assert worth_retrying(error, SINGLE, write=True) is write


def test_a_bulk_run_sends_a_write_again_that_reached_nobody() -> None:
    assert worth_retrying(messages.unreachable("refused", "h"), BULK, write=True)
    assert not worth_retrying(messages.unreachable("tls", "h"), BULK, write=True)
    assert not worth_retrying(messages.answer_lost(timeout=True, write=True), BULK, write=True)


async def test_for_somebody_who_waits() -> None:
    waits = Waits()
    policy = SINGLE._replace(clock=lambda: sum(waits.slept), sleep=waits.sleep, random=lambda: 1.0)
    assert len(await _exhaust(policy)) == 4
    assert waits.slept == [0.5, 1, 2, 4]
    assert await _exhaust(policy, wait=121.0) == await _exhaust(policy._replace(total=None), wait=121.0) == []
    assert await _exhaust(policy._replace(total=None, attempts=2), wait=119.0) != []


async def test_for_a_run_that_gets_through_in_the_end() -> None:
    waits = Waits()
    policy = BULK._replace(clock=lambda: sum(waits.slept), sleep=waits.sleep, random=lambda: 0.0)
    assert len(await _exhaust(policy)) == 5
    assert waits.slept == [0.25, 0.5, 1, 2, 4]
    state = RetryState(policy, lambda *_args: None)
    for _number in range(50):
        assert await state.after_limit("slow", 600.0, limiter_waits=False)
        assert await state.after_limit("slow", None, limiter_waits=False)
    slept = len(waits.slept)
    assert await state.after_limit("slow", 600.0, limiter_waits=True)
    assert len(waits.slept) == slept  # the limiter waits
    assert not await state.after_limit("slow", 601.0, limiter_waits=True)
