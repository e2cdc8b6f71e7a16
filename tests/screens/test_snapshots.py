"""What the main screens look like, cell by cell."""

from collections.abc import Callable
from typing import Any

import pytest

from dfn_tui.config import Environment
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import DAY, NIGHT, console, look_up, see

Compare = Callable[..., bool]


async def rows(pilot: Any) -> None:
    await look_up(pilot, "user-0001 user-0002 user-0003 user-0004 user-0005 user-0006 nobody-here")
    await see(pilot, "nobody-here", "user-0006", "findings", "! unknown")


async def consents(pilot: Any) -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "● subscribed")
    await pilot.press("down", "down", "u")
    await see(pilot, "1 edit staged")


async def properties(pilot: Any) -> None:
    await consents(pilot)
    await pilot.press("2")
    await see(pilot, "favourite_store")


async def identifiers(pilot: Any) -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "● subscribed")
    await pilot.press("3")
    await see(pilot, "phone_number")
    await pilot.press("d")
    await see(pilot, "Delete an identifier")


async def review_at_night(pilot: Any) -> None:
    await look_up(pilot, "user-0007")
    await see(pilot, "○ unsubscribed")
    await pilot.press("down", "right", "s")
    await see(pilot, "article 50(3)")
    await pilot.press("escape", "r")
    await see(pilot, "Evidence", "Send")


async def result(pilot: Any) -> None:
    await consents(pilot)
    await pilot.press("r")
    await see(pilot, "Send")
    await pilot.press("tab", "enter")
    await see(pilot, "✓ confirmed")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("reach", [rows, consents, properties, identifiers, review_at_night, result])
def test_the_screen_looks_as_it_did(
    snap_compare: Compare, sandbox: SandboxThread, reach: Callable[[Any], Any], size: tuple[int, int]
) -> None:
    at_night = reach is review_at_night
    app = console(
        sandbox,
        environment=Environment.PRODUCTION if at_night else Environment.SANDBOX,
        now=NIGHT if at_night else DAY,
    )
    assert snap_compare(app, terminal_size=size, run_before=reach)
