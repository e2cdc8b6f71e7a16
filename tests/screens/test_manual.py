"""The manual on the screen, from the command palette."""

import pytest

from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, see


@pytest.mark.parametrize("size", SIZES)
async def test_the_manual_is_read_from_the_palette(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    async with driven(console(sandbox), size) as pilot:
        await pilot.press("ctrl+p", *"manual")
        await see(pilot, "Read about tokens")
        await pilot.press("enter")
        await see(pilot, "troubleshooting", "what the two API versions can do", "here")
        await pilot.press("down", "down")
        await see(pilot, "config.toml, key by key")
        await pilot.press("enter", "end")
        await see(pilot, "More than one operator")
        await pilot.press("tab", "down")
        await see(pilot, "what may be sent")
        await pilot.press("escape")
        await see(pilot, "F7 history")
