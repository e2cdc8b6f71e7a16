"""Keys that arrive together, on screens driven by Textual's pilot."""

import asyncio

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from dfn_tui.app import ConsoleApp
from dfn_tui.config import Connection, Environment
from dfn_tui.keyboard.messages import Packet
from dfn_tui.screens.review import ReviewScreen
from dfn_tui.service.changes.policy import Scope, may_be_sent_unread
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, see, until

SEND = Key("ctrl+s", None)
EARLY = "Keys typed before this question was"


def send(app: ConsoleApp, *keys: str | Key) -> None:
    """As if all of these had arrived in one packet; of a text each character, `\\r` for Enter."""
    names = {"\r": "enter", "\t": "tab", " ": "space"}
    typed = []
    for key in keys:
        for char in [key] if isinstance(key, Key) else key:
            if isinstance(char, Key):
                typed.append(Key(char.key, char.character))
            else:
                name = names.get(char) or (char if char.isalnum() else _character_to_key(char))
                typed.append(Key(name, char))
    app.post_message(Packet(typed))


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path.endswith("/update") for request in sandbox.requests)


@pytest.mark.parametrize("environment", [Environment.SANDBOX, Environment.PRODUCTION])
async def test_a_look_up_and_a_withdrawal_in_one_packet(
    sandbox: SandboxThread, environment: Environment
) -> None:
    app = console(sandbox, environment=environment)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        send(app, "user-0001\ruriINC-7\r", SEND)
        await see(pilot, "Result", "confirmed")
        assert writes(sandbox) == 1


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_nothing_that_was_typed_before_answers_a_grant(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await focused(pilot, "#ids")
        send(app, "user-0003\rsr", SEND, "y\r", SEND)
        await see(pilot, "Review: 1 user", EARLY)
        await asyncio.sleep(0)
        assert isinstance(app.screen, ReviewScreen)
        assert not writes(sandbox)


async def test_what_follows_without_a_pause_is_dropped_as_well(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        send(app, "sri")
        await see(pilot, "Review: 1 user", EARLY)
        assert isinstance(app.screen, ReviewScreen) and app.screen.shown_at is not None
        for before in (10.0, 5.0, 0.1):
            early = Key("ctrl+s", None)
            early.time = app.screen.shown_at - before
            app.post_message(early)
        later = Key("v", "v")
        later.time = app.screen.shown_at + 10
        app.post_message(later)
        await until(pilot, lambda: app.screen._each)  # type: ignore[attr-defined]
        assert not writes(sandbox)


async def test_tab_moves_before_the_next_letter(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        send(app, "2atier\t\tgold")
        await until(pilot, lambda: bool(app.screen.query("#value")))
        value = app.screen.query_one("#value", Field)
        await until(pilot, lambda: value.value == "gold")
        assert app.screen.query_one("#name", Field).value == "tier"


async def test_lines_are_a_list_and_keys_are_keys(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        send(app, "user-0001\ruser-0002\r")
        await see(pilot, "user-0001 user-0002", "2 found")
        send(app, "i")
        await focused(pilot, "#ids")
        send(app, "user-0003\r2")
        await see(pilot, "user-0003 user_id", "custom properties")


async def test_a_list_that_arrives_in_a_form_is_held_aside(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "2 found")
        send(app, "Jn\t10\r20\r30\r")
        await see(pilot, "New plan", "3 lines pasted")


def test_what_may_be_sent_unread() -> None:
    def asks(environment: Environment, **counts: object) -> bool:
        connection = Connection("here", "v1", environment)  # type: ignore[arg-type]
        return not may_be_sent_unread(Scope(2, **counts), connection)  # type: ignore[arg-type]

    sandbox, production = Environment.SANDBOX, Environment.PRODUCTION
    assert not asks(production, withdrawn=2, only_withdrawn=2)
    assert asks(production, withdrawn=2, only_withdrawn=1)
    assert asks(production)
    assert not asks(sandbox)
    assert asks(sandbox, granted=1)
    assert asks(sandbox, deletes=frozenset({"email"}))


async def test_what_leaves_does_not_wait_behind_keys_that_do(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        sandbox.faults.latency_ms = 5000
        send(app, "user-0003\ru", Key("ctrl+q", None))
        await until(pilot, lambda: app._leaving is not None)
        assert sum(request.path.startswith("/api/v1/users") for request in sandbox.requests) <= 1
