"""How many requests a minute are made where nobody says, and when they end."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.format import end_words
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.rate_limiter import RateLimiter
from dfn_tui.service.bulk.rates import only_withdraws, rates
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.session import BulkSession
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, GIVE, STOP, bulk_session, plan, users
from tests.unit.plans import about, edits

WITHDRAWS = Totals(about(), to_send=5, withdrawn=5, flags={(Flag.MKT, Direction.WITHDRAW): 5})


@pytest.mark.parametrize(
    ("found", "usual", "asked", "expected"),
    [
        (WITHDRAWS, None, None, (10_000, 5_000)),
        (WITHDRAWS, 700, None, (10_000, 700)),
        (WITHDRAWS, 700, 60, (60, 10_000)),
        (replace(WITHDRAWS, granted=1), None, None, (5_000, 10_000)),
        (replace(WITHDRAWS, to_send=6), None, None, (5_000, 10_000)),  # one of them only has a property set
        (Totals(about(), to_send=5), 700, None, (700, 10_000)),
        (Totals(about()), None, None, (5_000, 10_000)),
        (Totals(about(), to_send=5), 10_000, None, (10_000,)),
        (Totals(about(), to_send=5), None, 10_000, (10_000, 5_000)),
    ],
)
def test_the_whole_limit_is_for_what_only_withdraws(
    found: Totals, usual: int | None, asked: int | None, expected: tuple[int, ...]
) -> None:
    assert rates(found, usual, asked) == expected


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("anna\nbert", [STOP], True),
        ("anna\nbert", [STOP, "night_sms_flag=Unsubscribed"], True),
        ("anna\nbert", [GIVE], False),
        ("anna\nbert", [STOP, "points=7"], False),
        ("user_id,mkt_flag\nanna,Subscribed", [STOP], False),
        (json.dumps({"user_id": "anna", "mkt_flag": "Subscribed"}), [STOP], False),
    ],
)
def test_what_an_input_is_known_to_want(text: str, words: list[str], expected: bool) -> None:
    with open_input(text, VERSION_1, edits(*words)) as source:
        assert only_withdraws(source) is expected


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        (1, "Begun now: until 23:50 KST at 10,000 a minute, 23:50 at 5,000."),
        (70_000, "Begun now: until 23:57 KST at 10,000 a minute, 2026-03-03 00:04 at 5,000."),
    ],
)
def test_the_clock_time_at_which_it_ends(requests: int, words: str) -> None:
    assert end_words(requests, (10_000, 5_000), datetime(2026, 3, 2, 14, 50, tzinfo=UTC)) == words


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=60, faults=replace(Faults(rate_limit=None)))) as running:
        yield running


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The limits of the clients that were opened."""
    limits: list[int] = []

    def make(*, limit: int, most: int) -> RateLimiter:
        limits.append(limit)
        return RateLimiter(limit=limit, most=most)

    monkeypatch.setattr("dfn_tui.service.bulk.planning.RateLimiter", make)
    return limits


def at(bulk: BulkSession, rate: int | None) -> None:
    """Has the connection make so many requests a minute."""
    session = bulk.session
    session.connection = session.connection._replace(requests_per_minute=rate)


@pytest.mark.slow
@pytest.mark.parametrize(("change", "rate"), [(STOP, 10_000), (GIVE, 300), ("points=7", 300)])
async def test_a_job_keeps_to_its_rate_and_so_does_its_resumption(
    sandbox: SandboxThread, tmp_path: Path, opened: list[int], change: str, rate: int
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await plan(bulk, tmp_path / "plan", users(60), change)
        at(bulk, 300)
        opened.clear()
        run = await bulk.apply(path, APPROVAL, Options())
        run.stop()
        record = await bulk.wait()
        assert record.limit == rate
        at(bulk, 40)  # what the configuration says later is for later jobs
        await bulk.resume(record.id)
        await bulk.wait()
        assert [drift async for drift in bulk.verify(str(path), lambda _users: None)] == []
        assert opened == [rate, rate, 10_000 if change == STOP else 40]


async def test_to_take_a_grant_back_is_to_withdraw(
    sandbox: SandboxThread, tmp_path: Path, opened: list[int]
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        for change, rate in ((GIVE, 10_000), (STOP, 300)):
            path = await plan(bulk, tmp_path / f"{change}.plan", users(60), change)
            await bulk.apply(path, APPROVAL, Options(limit=9_000))
            record = await bulk.wait()
            at(bulk, 300)
            opened.clear()
            await bulk.plan_undo(record.id, tmp_path / f"{change}.undo", lambda _reading: None)
            assert opened == [rate]
