"""kill -9 at every step of a write, and at hundreds of random points of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.outcomes import Outcome
from tests.starting import until
from tests.system.crashing import STEPS, Crashes

pytestmark = pytest.mark.slow

TIMES = 3  # at each step
RANDOM = 50  # for each seed


@pytest.fixture
def crashes(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Crashes]:
    with Crashes(tmp_path, seed=getattr(request, "param", 1)) as running:
        yield running
        assert running.unannounced == []


@pytest.mark.parametrize("step", STEPS)
async def test_at_a_step(crashes: Crashes, step: str) -> None:
    no_intent = step in ("before the intent", "while the intent is written")
    for _ in range(TIMES):
        settled = await crashes.at_step(step)
        assert len(settled) == (not no_intent and step != "after the outcome")
    assert crashes.counts[step] == TIMES
    await crashes.last_start()
    ending = Outcome.FAILED if step == "after the intent" else Outcome.CONFIRMED
    assert crashes.endings() == ([] if no_intent else [ending] * TIMES)
    assert crashes.contradictions() == []


async def test_while_the_server_is_at_work(crashes: Crashes) -> None:
    for _ in range(TIMES):
        await crashes.sent(applied=True)
        await crashes.sent(applied=False)
        await crashes.unanswered()
    assert crashes.counts["ended before it was killed"] == 0
    await crashes.last_start()
    # Of two fields that are written one after the other the second may not have been sent.
    assert set(crashes.endings()) == {Outcome.CONFIRMED, Outcome.FAILED}
    assert crashes.contradictions() == []


async def test_what_the_server_applies_after_the_next_start_is_not_held_to_be_lost(crashes: Crashes) -> None:
    [settled] = await crashes.sent(applied=True, latency_ms=1500)
    assert Outcome(settled.outcome.value) is Outcome.UNKNOWN
    await until(lambda: crashes.applied() == 1)
    [settled] = await crashes.last_start()
    assert crashes.contradictions() == []


@pytest.mark.parametrize("crashes", [1, 2], indirect=True)
async def test_at_random_calls(crashes: Crashes) -> None:
    calls, _seconds = crashes.whole_writes()
    for _ in range(RANDOM):
        await crashes.at_random_call(calls)
    assert crashes.counts["at a random call"] > RANDOM / 2
    await crashes.last_start()
    assert crashes.contradictions() == []


@pytest.mark.parametrize("crashes", [3, 4], indirect=True)
async def test_at_random_times(crashes: Crashes) -> None:
    _calls, seconds = crashes.whole_writes()
    for _ in range(RANDOM):
        await crashes.at_random_time(seconds)
    assert crashes.counts["at a random time"]
    await crashes.last_start()
    assert crashes.contradictions() == []


async def test_what_cannot_be_read_back_stays_unknown_and_is_listed(tmp_path: Path) -> None:
    with Crashes(tmp_path, ApiVersion.V2) as crashes:
        for step in ("after the intent", "before the outcome", "while the outcome is written"):
            [settled] = await crashes.at_step(step)
            assert Outcome(settled.outcome.value) is Outcome.UNKNOWN
        for step in ("before the intent", "while the intent is written", "after the outcome"):
            assert await crashes.at_step(step) == []
        assert await crashes.last_start() == []
        assert crashes.unannounced == []
        assert crashes.endings() == [Outcome.UNKNOWN] * 3 + [Outcome.ACCEPTED]
