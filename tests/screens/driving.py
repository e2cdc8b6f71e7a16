"""Driving the console in tests: a console on a real sandbox, and waiting for what it shows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import SecretStr
from textual.app import App, ScreenStackError
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.config.model import ArchiveConfig
from dfn_tui.credentials import TokenKind, TokenStore
from dfn_tui.credentials.backends import Backend, NoKeyring
from dfn_tui.service.connections import Connections
from dfn_tui.text.korea import Clock
from dfn_tui.widgets.palette import TERMINAL
from tests.sandbox_thread import SandboxThread

DAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
"""Noon in Korea."""
NIGHT = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
"""22:30 in Korea: 570 minutes are left."""

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def no_keyring() -> NoReturn:
    raise NoKeyring("There is no keyring on this host.")


def console(
    sandbox: SandboxThread,
    *,
    name: str = "here",
    api: ApiVersion = ApiVersion.V1,
    environment: Environment = Environment.SANDBOX,
    now: datetime = DAY,
    token: str | None = None,
    base_url: str | None = None,
    read_only: bool = False,
    clock: Clock | None = None,
    journal: Path | None = None,
    keyring: Callable[[], Backend] = no_keyring,
    theme: str = TERMINAL,
    incident: str = "",
    archive: ArchiveConfig | None = None,
) -> ConsoleApp:
    """A console with one connection; `token` empty leaves it without one."""
    connection = Connection(
        name,
        api,
        environment,
        base_url=base_url or sandbox.url,
        service_id=sandbox.service_id if api is ApiVersion.V2 else None,
    )

    def make_store() -> TokenStore:
        store = TokenStore(backend=keyring, environ={})
        given = sandbox.token if token is None else token
        if given:
            for kind in TokenKind:
                store.hold(name, kind, SecretStr(given))
        return store

    config = Config(Path("/nonexistent/config.toml"), name, {name: connection}, archive=archive)
    connections = Connections(
        config,
        read_only=read_only,
        clock=clock or (lambda: now),
        make_store=make_store,
        journal_path=journal,
        incident=incident,
        keep_edits=True,
    )
    return ConsoleApp(connections, name, theme=theme)


@asynccontextmanager
async def driven(app: ConsoleApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator["Pilot[None]"]:
    """The console running at that size; its connections are closed at the end."""
    async with app.run_test(size=size, notifications=True) as pilot:
        vars(pilot)["press"] = partial(_press, pilot, pilot.press)
        yield pilot
        app.workers.cancel_all()  # as when the console is left
        await app.connections.finish()


async def _press(pilot: "Pilot[None]", plain: Callable[..., Awaitable[None]], *keys: str) -> None:
    """Presses keys, and waits until all is done that comes of them at once: on a busy machine a key may wait
    its turn. What is being read is not waited for."""
    await plain(*keys)
    assert isinstance(pilot.app, ConsoleApp)
    typed = pilot.app.typed_ahead
    for _ in range(250):
        if typed._under_way is None or typed._is_reading():
            break
        await pilot.pause(0.02)
    with suppress(TimeoutError, ScreenStackError):  # what holds a message up is the test's to end
        await asyncio.wait_for(typed._settle(), 5)


def shown(app: ConsoleApp) -> str:
    """What the terminal would show, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def _seen(app: App[Any]) -> bool:
    """Whether the topmost screen was painted: a key pressed before may not be taken there."""
    return not isinstance(app, ConsoleApp) or getattr(app.screen, "shown_at", 0) is not None


async def until(pilot: "Pilot[None]", condition: Callable[[], bool]) -> None:
    """Waits for messages, workers and answers until the condition holds."""
    for _ in range(1000):
        if condition() and _seen(pilot.app):
            return
        await pilot.pause(0.02)  # to look costs as much as to paint: half of the time would go by looking
    raise AssertionError(f"never came true; the screen shows:\n{shown(pilot.app)}")  # type: ignore[arg-type]


async def see(pilot: "Pilot[None]", *texts: str) -> str:
    """Waits until all these texts are on the screen, and gives the whole screen."""
    await until(pilot, lambda: all(text in shown(pilot.app) for text in texts))  # type: ignore[arg-type]
    return shown(pilot.app)  # type: ignore[arg-type]


async def type_in(pilot: "Pilot[None]", text: str) -> None:
    """Types into the input that has the focus, as fast as a terminal passes on what was typed: unlike
    `pilot.press` it waits for no key. What is pressed next comes after it."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    for char in text:
        pilot.app.post_message(Key(char if char.isalnum() else _character_to_key(char), char))


async def look_up(pilot: "Pilot[None]", ids: str) -> None:
    """Types ids into the look-up and sends them."""
    await type_in(pilot, ids)
    await pilot.press("enter")


async def focused(pilot: "Pilot[None]", selector: str) -> None:
    """Waits until what the selector names has the focus."""
    await until(pilot, lambda: pilot.app.focused in list(pilot.app.screen.query(selector)))


async def press(pilot: "Pilot[None]", button: str) -> None:
    """Presses a button of the screen. One that was pressed a moment ago takes no other press yet."""
    found = pilot.app.screen.query_one(f"#{button}")
    await until(pilot, lambda: not found.has_class("-active"))
    found.focus()
    await focused(pilot, f"#{button}")
    await pilot.press("enter")


async def review_withdrawal(
    pilot: "Pilot[None]", *, moves: Sequence[str] = (), user: str = "user-0001"
) -> None:
    """Stages the withdrawal of a consent, the one that `moves` lead to, and goes to its review."""
    await look_up(pilot, user)
    await see(pilot, "go out?", "● given")
    await focused(pilot, "ConsentMatrix")
    await pilot.press(*moves, "u", "r")
    await see(pilot, "Review: 1 user")
