"""What the screens for many users look like, cell by cell."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.config import Environment
from dfn_tui.service.bulk.meter import Meter
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, fill, open_own_plan, session, write_list
from tests.screens.driving import DAY, NIGHT, console, focused, see, until

pytestmark = pytest.mark.slow  # .ci/run goes through them

Compare = Callable[..., bool]
Reach = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is in the digest of a plan, which is shown, and the port is another one each time."""
    for module in ("service.bulk.planning", "service.changes.plan_rules"):
        monkeypatch.setattr(f"dfn_tui.{module}.address_of", lambda _connection: ("http://127.0.0.1:1", ""))


async def plan(pilot: Any) -> None:
    await open_own_plan(pilot)


async def begun(pilot: Any) -> None:
    await pilot.press("f8")
    await see(pilot, "Many users at once", "new plan…")
    await pilot.press("n")
    await see(pilot, "New plan: nothing")
    await fill(pilot, "save", "my.plan")
    await fill(pilot, "file", "stop.txt")


async def asked_of_a_list(pilot: Any) -> None:
    write_list(Path(), "고객번호,문자수신,비고", "user-0001,N,", "user-0002,거부,전화")
    await begun(pilot)
    await pilot.press("enter")
    await focused(pilot, "#changes")
    await pilot.press("enter")
    await see(pilot, "What each column is", "questions open")


async def grouped(pilot: Any) -> None:
    await open_own_plan(pilot)
    await pilot.press("escape")
    await see(pilot, "Group ")


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
    assert bulk.run is not None
    bulk.run.rate_limiter.meter = StillMeter()
    pilot.app.screen.paint()
    await see(pilot, "sending", "JOB 0 %", "0 of at most", "0.2 s at 12:00")


class StillMeter(Meter):
    """Tells the same at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.put_off = 2

    @property
    def slowest(self) -> tuple[float, float]:
        return 0.2, time.monotonic()

    @slowest.setter
    def slowest(self, _found: object) -> None: ...

    def last_minute(self, now: float) -> int:
        return 4_700

    def a_minute(self, now: float) -> list[int]:
        return [0, 0, 1, 1, 1, 0, 1, 1]


async def ended(pilot: Any) -> None:
    await open_own_plan(pilot)
    await apply(pilot)
    await see(pilot, "finished", "✓ confirmed")


async def troubled(pilot: Any) -> None:
    await open_own_plan(pilot)
    await apply(pilot)
    await see(pilot, "finished", "1 ✗ failed", "✗  user-0002")


async def listed(pilot: Any) -> None:
    await troubled(pilot)
    await pilot.press("escape")
    await see(pilot, "Many users at once", "finished", "100 %")


def start(sandbox: SandboxThread, journal: Path, reach: Reach) -> ConsoleApp:
    sandbox.faults.bad_users = frozenset(["user-0002"] if reach in (troubled, listed) else [])
    if reach is asked:
        return console(sandbox, environment=Environment.PRODUCTION, now=NIGHT, journal=journal, theme="dark")
    return console(sandbox, now=DAY, journal=journal, theme="dark")


@pytest.mark.parametrize("size", [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "reach", [begun, asked_of_a_list, plan, grouped, narrowed, asked, run, ended, troubled, listed]
)
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
