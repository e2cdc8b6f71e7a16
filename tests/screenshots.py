"""Writes the pictures of `screenshots/` from the running console: the same at every run but for digests.

python -m tests.screenshots
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import chdir
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.events import Paste
from textual.pilot import Pilot

from dfn_tui.config import Environment
from dfn_tui.text import speak, width
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import open_own_plan
from tests.screens.driving import console, driven, focused, look_up, see

FOLDER = Path(__file__).parent.parent / "screenshots"
SIZES = ((140, 40), (80, 24))
AFTERNOON = datetime(2026, 3, 2, 5, 20, tzinfo=UTC)  # 14:20 in Korea
SOON_NIGHT = datetime(2026, 3, 2, 11, 52, tzinfo=UTC)  # 20:52 in Korea
EVENING = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # 21:30 in Korea: night

Reach = Callable[["Pilot[None]"], Awaitable[None]]


IN_ENGLISH = ("31 ids pasted", "30 found", "Withdraw: 4 users", "SMS →")


async def rows(pilot: "Pilot[None]", seen: Sequence[str] = IN_ENGLISH) -> None:
    pasted, found, asked, staged = seen
    ids = [f"user-{number:04d}" for number in range(1, 31)]
    pilot.app.post_message(Paste("\n".join([*ids[:12], "nobody", *ids[12:]])))
    await see(pilot, pasted)
    await pilot.press("enter")
    await see(pilot, found)
    await focused(pilot, "#users")
    await pilot.press("space", "space", "space", "down", "down", "space", "u")
    await see(pilot, asked)
    await pilot.press("4")
    await see(pilot, staged)
    await pilot.press("home", "down", "down")
    await see(pilot, "user-0003")
    await pilot.pause(0.5)  # the last change is read once somebody stays with a user


async def consents(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "go out?", "● given")
    await pilot.press("down", "down", "u")
    await see(pilot, "1 edit staged")


async def review(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "go out?", "● given")
    await pilot.press("down", "down", "u", "down", "right", "s")
    await see(pilot, "article 50(3)")
    await pilot.press("escape", "r")
    await see(pilot, "Evidence", "Send")


async def ci_delete(pilot: "Pilot[None]") -> None:
    await look_up(pilot, "user-0001")
    await see(pilot, "go out?", "● given")
    await pilot.press("3")
    await see(pilot, "phone_number")
    await pilot.press("d")
    await see(pilot, "Delete an identifier")


async def result(pilot: "Pilot[None]") -> None:
    await rows(pilot)
    await pilot.press("r")
    await see(pilot, "Review:")
    await pilot.press("i", *"INC-7", "ctrl+s")
    await see(pilot, "confirmed", "proof")


async def keys(pilot: "Pilot[None]") -> None:
    await rows(pilot)
    await pilot.press("f1")
    await see(pilot, "mark a range")


async def bulk_plan(pilot: "Pilot[None]") -> None:
    with TemporaryDirectory() as folder, chdir(folder):
        await open_own_plan(pilot)
        await pilot.press("down", "x")
        await see(pilot, "user-0002: left out")


_TEXT = re.compile(r'textLength="([0-9.]+)"([^>]*>)([^<]*)</text>')


def in_cells(svg: str) -> str:
    """Rich gives each letter the room of one cell, also those that take two."""

    def widened(found: re.Match[str]) -> str:
        length, rest, text = found.groups()
        letters = unescape(text)
        room = float(length) * width(letters) / len(letters) if letters else 0
        return f'textLength="{room:g}"{rest}{text}</text>' if width(letters) > len(letters) else found[0]

    return _TEXT.sub(widened, svg)


async def picture(name: str, reach: Reach, now: datetime = AFTERNOON) -> None:
    for size in SIZES:
        with SandboxThread() as sandbox, TemporaryDirectory() as folder:
            journal = Path(folder, "journal.db")
            production = Environment.PRODUCTION
            app = console(
                sandbox, name="shop", environment=production, now=now, journal=journal, theme="dark"
            )
            async with driven(app, size) as pilot:
                await reach(pilot)
                await pilot.pause()
                svg = app.export_screenshot(title="dfn-tui")
                (FOLDER / f"{name}-{size[0]}x{size[1]}.svg").write_text(in_cells(svg), encoding="utf-8")


async def rows_in_korean(pilot: "Pilot[None]") -> None:
    await rows(pilot, ("ID 31개", "조회 30", "수신 거부로 변경: 4명", "문자 →"))


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    await picture("list", rows, SOON_NIGHT)
    await picture("user", consents, SOON_NIGHT)
    await picture("review-at-night", review, EVENING)
    await picture("result", result, SOON_NIGHT)
    await picture("keys", keys)
    await picture("bulk-plan", bulk_plan)
    await picture("ci-delete", ci_delete)
    speak("ko")
    await picture("list-ko", rows_in_korean, SOON_NIGHT)


if __name__ == "__main__":
    asyncio.run(main())
