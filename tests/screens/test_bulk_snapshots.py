"""What the screens for many users look like, cell by cell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.config import Environment
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, open_own_plan, session
from tests.screens.driving import DAY, NIGHT, console, see, until

Compare = Callable[..., bool]
Reach = Callable[[Any], Any]


async def plan(pilot: Any) -> None:
    await open_own_plan(pilot)


async def narrowed(pilot: Any) -> None:
    await open_own_plan(pilot)
    await pilot.press("down", "x")
    await see(pilot, "user-0002: left out")


async def asked(pilot: Any) -> None:
    await open_own_plan(pilot, "night_kakao_flag=Subscribed")
    await pilot.press("a")
    await see(pilot, "Apply: ", "Send")


async def run(pilot: Any) -> None:
    await open_own_plan(pilot)
    await apply(pilot, limit="1")
    # The limit lets nothing through for a minute after the first request.
    bulk = session(pilot.app)
    await until(pilot, lambda: bulk.run is not None and bulk.run.rate_limiter.requests == 1)
    await until(pilot, lambda: bulk.run is not None and not bulk.run.rate_limiter.under_way)
    await see(pilot, "sending", "JOB 0 %", "0 of at most")


async def ended(pilot: Any) -> None:
    await open_own_plan(pilot)
    await apply(pilot)
    await see(pilot, "finished", "✓ confirmed")


def start(sandbox: SandboxThread, journal: Path, reach: Reach) -> ConsoleApp:
    if reach is asked:
        return console(sandbox, environment=Environment.PRODUCTION, now=NIGHT, journal=journal)
    return console(sandbox, now=DAY, journal=journal)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("reach", [plan, narrowed, asked, run, ended])
def test_the_screen_looks_as_it_did(
    snap_compare: Compare,
    sandbox: SandboxThread,
    journal: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reach: Reach,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert snap_compare(start(sandbox, journal, reach), terminal_size=size, run_before=reach)
