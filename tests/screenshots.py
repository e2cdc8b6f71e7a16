"""Writes the pictures of `screenshots/` from the running console: the same bytes at every run.

python -m tests.screenshots
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.events import Paste
from textual.pilot import Pilot

from dfn_tui.config import Environment
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import open_own_plan
from tests.screens.driving import console, driven, look_up, see

FOLDER = Path(__file__).parent.parent / "screenshots"
SIZE = (100, 30)
AFTERNOON = datetime(2026, 3, 2, 5, 20, tzinfo=UTC)  # 14:20 in Korea
EVENING = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # 21:30 in Korea: night

Reach = Callable[["Pilot[None]"], Awaitable[None]]


async def rows(pilot: "Pilot[None]") -> None:
    ids = [f"user-{number:04d}" for number in range(1, 22)]
    pilot.app.post_message(Paste("\n".join([*ids, "nobody-here"])))
    await see(pilot, "22 ids pasted")
    await pilot.press("enter")
    await see(pilot, "nobody-here")


async def consents(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "● subscribed")
    await pilot.press("down", "down", "u")
    await see(pilot, "1 edit staged")


async def review(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "● subscribed")
    await pilot.press("down", "down", "u", "down", "right", "s")
    await see(pilot, "article 50(3)")
    await pilot.press("escape", "r")
    await see(pilot, "Evidence", "Send")


async def ci_delete(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0001")
    await see(pilot, "● subscribed")
    await pilot.press("3")
    await see(pilot, "phone_number")
    await pilot.press("d")
    await see(pilot, "Delete an identifier")


async def bulk_plan(pilot: "Pilot[None]") -> None:
    with TemporaryDirectory() as folder, chdir(folder):
        await open_own_plan(pilot)
        await pilot.press("down", "x")
        await see(pilot, "user-0002: left out")


async def picture(
    file: str, reach: Reach, *, name: str, environment: Environment, now: datetime = AFTERNOON
) -> None:
    with SandboxThread() as sandbox, TemporaryDirectory() as folder:
        journal = Path(folder, "journal.db")
        app = console(sandbox, name=name, environment=environment, now=now, journal=journal)
        async with driven(app, SIZE) as pilot:
            await reach(pilot)
            await pilot.pause()
            (FOLDER / file).write_text(app.export_screenshot(title="dfn-tui"), encoding="utf-8")


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    await picture("look-up.svg", rows, name="seoul-test", environment=Environment.STAGING)
    await picture("consents.svg", consents, name="shop", environment=Environment.PRODUCTION)
    await picture("review-at-night.svg", review, name="shop", environment=Environment.PRODUCTION, now=EVENING)
    await picture("bulk-plan.svg", bulk_plan, name="shop", environment=Environment.PRODUCTION)
    await picture("ci-delete.svg", ci_delete, name="shop", environment=Environment.PRODUCTION)


if __name__ == "__main__":
    asyncio.run(main())
