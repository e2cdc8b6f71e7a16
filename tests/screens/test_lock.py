"""The idle lock: when it comes, what it covers, what it drops, and what it leaves alone."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.api.calls import Progress
from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment, TokenKind
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.dialogs import NoticeDialog, TokenDialog
from dfn_tui.screens.lock import LockScreen
from dfn_tui.service.connections import Connections
from dfn_tui.service.tokens import Piped
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, look_up, see, shown, type_in, until
from tests.starting import connections, withdraw

pytestmark = pytest.mark.slow  # .ci/run goes through them


class Seconds:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def from_environment(sandbox: SandboxThread, journal: Path, seconds: Seconds) -> ConsoleApp:
    """A console whose token can be found again without anybody."""
    return ConsoleApp(connections(sandbox, journal), "here", monotonic=seconds)


@pytest.mark.parametrize("size", SIZES)
async def test_a_lock_covers_masks_and_drops_the_token_but_keeps_what_is_staged(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    [[number]] = sandbox.state.query("SELECT phone_number FROM users WHERE user_id = 'user-0003'")
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        await pilot.press("down", "down", "u")
        await see(pilot, "1 edit staged")
        await pilot.press("3", "m")
        await see(pilot, str(number))

        app.lock()
        screen = await see(pilot, "Locked", "SANDBOX", "No key was pressed for 10 minutes.", "enter unlock")
        assert "user-0003" not in screen
        assert str(number) not in screen
        assert app.connections.session("here")._shared.client is None
        await pilot.press("escape", "m", "ctrl+p", "f1", "u")
        assert isinstance(app.screen, LockScreen)

        await pilot.press("enter")
        screen = await see(pilot, "user-0003", "1 edit staged", "••")
        assert str(number) not in screen
        await pilot.press("f5")
        await see(pilot, "Token for here", "Paste the api token")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "token in memory only", "1 edit staged")


async def test_a_console_that_is_suspended_masks_what_was_revealed(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.terminal.started_by_shell", lambda: True)
    [[number]] = sandbox.state.query("SELECT phone_number FROM users WHERE user_id = 'user-0003'")
    async with driven(console(sandbox)) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        await pilot.press("3", "m")
        await see(pilot, str(number))
        await pilot.press("ctrl+z")
        assert str(number) not in await see(pilot, "••")


async def test_it_comes_after_the_minutes_without_a_key(sandbox: SandboxThread, journal: Path) -> None:
    seconds = Seconds()
    app = from_environment(sandbox, journal, seconds)
    async with driven(app) as pilot:
        await pilot.press("a")
        seconds.now += 599.99
        await pilot.press("b")
        seconds.now += 600 - 0.001
        app.look_whether_idle()
        assert not app.locked
        seconds.now += 0.001  # and the timer that was set finds it out
        await see(pilot, "Locked")
        await pilot.press("enter")
        assert app.screen.query_one(Field).value == "ab"


async def test_the_first_key_after_a_stop_of_the_program_locks_and_does_nothing_else(
    sandbox: SandboxThread, journal: Path
) -> None:
    seconds = Seconds()
    app = from_environment(sandbox, journal, seconds)
    async with driven(app) as pilot:
        await pilot.press("a")
        seconds.now += 3600
        await pilot.press("b")
        await see(pilot, "Locked")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, LockScreen))
        assert app.screen.query_one(Field).value == "a"
        await pilot.press("backspace")
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")  # the environment was asked again


async def test_what_workers_open_and_close_waits_beneath_the_cover(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = from_environment(sandbox, journal, Seconds())
    async with driven(app) as pilot:
        first = NoticeDialog("First", "opened before")
        app.push_screen(first)
        await see(pilot, "opened before")
        app.lock()
        await see(pilot, "Locked")
        first.dismiss(None)
        answers: list[None] = []
        app.push_screen(NoticeDialog("Second", "opened meanwhile"), answers.append)
        await pilot.pause()
        assert isinstance(app.screen, LockScreen)
        assert "opened" not in shown(app)
        await pilot.press("enter")
        screen = await see(pilot, "opened meanwhile")
        assert "opened before" not in screen
        await pilot.press("escape")
        await see(pilot, "paste or type ids")
        assert answers == [None]


async def test_the_sandbox_of_a_demo_keeps_its_token() -> None:
    app = ConsoleApp(Connections(Config(Path("/nonexistent/config.toml"), None, {})), demo=True)
    async with driven(app) as pilot:
        await see(pilot, "paste or type ids")
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.lock()
        await see(pilot, "Locked")
        await pilot.press("enter", "f5")
        await see(pilot, "go out?", "● given")
        await until(pilot, lambda: app.connections.session("sandbox")._shared.client is not None)


async def test_a_piped_token_is_dropped_even_before_it_was_used(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.delenv("DFN_TUI_TOKEN", raising=False)
    connection = Connection("here", ApiVersion.V1, Environment.SANDBOX, base_url=sandbox.url)
    config = Config(Path("/nonexistent/config.toml"), "here", {"here": connection})
    app = ConsoleApp(
        Connections(config, piped=Piped("here", TokenKind.API, SecretStr(sandbox.token))), "here"
    )
    async with driven(app) as pilot:
        await see(pilot, "paste or type ids")
        app.lock()
        await see(pilot, "Locked")
        await pilot.press("enter")
        await look_up(pilot, "user-0001")
        await see(pilot, "Token for here")


async def test_half_a_token_is_dropped_too(sandbox: SandboxThread) -> None:
    app = console(sandbox, token="")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Token for here")
        await pilot.press("h", "a", "l", "f")
        app.lock()
        await see(pilot, "Locked")
        await pilot.press("enter")
        await see(pilot, "Token for here")
        assert isinstance(app.screen, TokenDialog)
        assert app.screen.query_one(Field).value == ""


async def test_a_write_under_way_is_finished_before_its_token_goes(
    sandbox: SandboxThread, journal: Path
) -> None:
    run: Connections = connections(sandbox, journal)
    session = run.session("here")
    locking: list[asyncio.Task[None]] = []

    def lock(_progress: Progress) -> None:
        locking.append(asyncio.ensure_future(run.lock()))

    try:
        results = await withdraw(session, "user-0003", "user-0006", progress=lock)
        assert {result.outcome for result in results} == {Outcome.CONFIRMED}
        assert locking
        await asyncio.gather(*locking)
        assert session._shared.client is None
        assert (await session.open_user(session.identity("user-0003"))).profile is not None
    finally:
        await run.finish()
