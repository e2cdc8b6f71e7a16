"""Copying: what is sent to the terminal is shown too, with what the terminal around it needs."""

import pytest

from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, look_up, see


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("variable", "hint"),
    [("", "Not every terminal takes it."), ("TMUX", "set -g set-clipboard on"), ("STY", "GNU screen")],
)
async def test_what_was_copied_is_shown_and_can_be_selected(
    sandbox: SandboxThread,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    hint: str,
    size: tuple[int, int],
) -> None:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "1")
    app = console(sandbox, token="wrong-token")
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Replace the token")
        await pilot.press("c")
        screen = await see(pilot, "Sent to the terminal", hint)
        lines = screen.splitlines()
        assert app.clipboard
        first = app.clipboard.splitlines()[0][:60]
        assert any(line.startswith(first) for line in lines)  # no frame stands beside it
        await pilot.press("escape")
        await see(pilot, "Replace the token")
