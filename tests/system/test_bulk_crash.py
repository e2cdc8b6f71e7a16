"""kill -9 in the middle of bulk jobs under every fault, and what a resumed job comes to."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, RateLimit
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from tests.system.bulk_crashing import BulkCrashes

pytestmark = pytest.mark.slow

NO_LIMIT = Faults(rate_limit=None)
BAD = frozenset({"user-0007", "user-0123"})
FAULTS = {
    "none": NO_LIMIT,
    "busy": replace(NO_LIMIT, busy_rate=0.05),
    "429, reset in seconds": Faults(rate_limit=RateLimit(8, "1s")),
    "429, reset in milliseconds": Faults(
        rate_limit=RateLimit(8, "1s"), rate_limit_reset="milliseconds", rate_limit_spelling="x-ratelimit"
    ),
    "429 without a word": Faults(rate_limit=RateLimit(8, "1s"), rate_limit_spelling="none"),
    "500": replace(NO_LIMIT, error_rate=0.1),
    "cut after applying": replace(NO_LIMIT, drop_rate=0.1),
    "slow": replace(NO_LIMIT, latency_ms=150),
    "bad users": replace(NO_LIMIT, bad_users=BAD),
}


@pytest.mark.parametrize("on_conflict", [OnConflict.SKIP, OnConflict.OVERWRITE])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_killed_job_comes_to_what_was_planned(
    tmp_path: Path, fault: str, on_conflict: OnConflict
) -> None:
    with BulkCrashes(tmp_path, seed=len(fault)) as crashes:
        plan = await crashes.plan()
        for name in FAULTS[fault].__slots__:
            setattr(crashes.sandbox.faults, name, getattr(FAULTS[fault], name))
        crashes.to_the_end(plan, kills=3, on_conflict=on_conflict)
        assert crashes.kills
        assert crashes.state() is JobState.FINISHED
        unsent = BAD if fault == "bad users" else frozenset()
        assert await crashes.wrong(plan, unsent) == []
        assert crashes.failed() == crashes.planned(plan) & unsent


async def test_a_killed_job_tells_of_every_field_that_was_left_out(tmp_path: Path) -> None:
    odd = frozenset(f"user-{number:04}" for number in range(1, 200, 3))
    with BulkCrashes(tmp_path, seed=5) as crashes:
        plan = await crashes.plan("points:number=7")
        crashes.sandbox.faults.odd_values, crashes.sandbox.faults.only_users = {"points": "[1]"}, odd
        crashes.to_the_end(plan, kills=3, on_conflict=OnConflict.SKIP)
        assert crashes.kills
        assert crashes.state() is JobState.FINISHED
        assert await crashes.wrong(plan) == []  # each has said no
        assert crashes.failed() == odd
        points = dict(crashes.sandbox.state.query("SELECT user_id, properties ->> '$.points' FROM users"))
        assert {user for user, now in points.items() if now != 7} == odd


async def test_what_cannot_be_read_is_never_sent_twice(tmp_path: Path) -> None:
    with BulkCrashes(tmp_path, users=400, api=ApiVersion.V2) as crashes:
        plan = await crashes.plan()
        crashes.to_the_end(plan, kills=2, on_conflict=OnConflict.SKIP)
        assert crashes.kills
        assert await crashes.wrong(plan) == []
        sent = [
            json.loads(r.body)["identity"]["external_id"] for r in crashes.sandbox.requests if r.body != b"{}"
        ]
        assert len(sent) == len(set(sent))
        ends = crashes.ends()
        assert ends[Outcome.ACCEPTED] <= len(sent)
        assert set(ends) == {Outcome.UNKNOWN, Outcome.ACCEPTED}
