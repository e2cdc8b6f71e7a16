"""Keys that arrive together, on screens driven by Textual's pilot."""

import asyncio
from pathlib import Path

import pytest
from textual.events import Key
from textual.keys import _character_to_key

import dfn_tui
from dfn_tui.app import ConsoleApp
from dfn_tui.config import Connection, Environment
from dfn_tui.keyboard.messages import Packet
from dfn_tui.screens.history.screen import HistoryScreen
from dfn_tui.screens.review import ReviewScreen
from dfn_tui.screens.typed_ahead import AWAITED
from dfn_tui.service.changes.policy import may_be_sent_unread
from dfn_tui.service.changes.scope import Scope
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.table import Table
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, fill, make_plan, users, write_list
from tests.screens.driving import console, driven, focused, look_up, see, until

SEND = Key("ctrl+s", None)
QUIT = Key("ctrl+q", None)
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


async def test_keys_for_a_tab_wait_until_its_table_has_rows(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        with app.batch_update():  # nothing is laid out, as for a while on a busy machine
            send(app, "2", Key("down", None), "\r", Key("ctrl+u", None), "31\r")
            await until(pilot, lambda: isinstance(app.focused, Table))
            for _turn in range(50):
                await asyncio.sleep(0)
        await see(pilot, "1 edit staged")
        session = app.screen.session  # type: ignore[attr-defined]
        [change] = session.staging.changes()
        assert [field.name for field in change.fields] == ["age"]


async def test_a_key_for_a_new_screen_waits_for_what_that_does_first(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be painted before it has given the focus to what it begins with."""
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "2 found")
        await focused(pilot, "UserList")
        typed, settle = app.typed_ahead, app.typed_ahead._settle
        looks: list[bool] = []

        async def noted() -> None:
            before = typed._settled
            await settle()
            screen = app.screen
            if isinstance(screen, HistoryScreen) and typed._waiting:
                looks.append(before)
                screen.shown_at = None if len(looks) < 3 else 1.0  # it takes a while to be painted

        monkeypatch.setattr(typed, "_settle", noted)
        send(app, Key("f7", None), Key("shift+tab", None))
        await focused(pilot, "#filter")
        assert len(looks) >= 3 and not any(looks)


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


async def test_what_leaves_comes_after_what_was_typed_before_it(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        sandbox.faults.latency_ms = 300
        send(app, "user-0001\ru", QUIT)
        await see(pilot, "Quit?", "Staged on here and not sent: 1 user")
        assert app._leaving is None


async def test_what_leaves_is_not_held_by_a_silent_server(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        sandbox.faults.latency_ms = 60_000
        send(app, "user-0001\ru", QUIT, Key("ctrl+q", None))
        await see(pilot, "Quitting waits for the keys before it")
        assert app._leaving is None  # it came with the first one: nobody decided anew
        again = Key("ctrl+q", None)
        again.time += 100
        app.post_message(Packet([again]))
        await until(pilot, lambda: app._leaving is not None)
        assert not app.typed_ahead._waiting


async def test_with_nothing_before_it_what_leaves_does_not_wait(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        sandbox.faults.latency_ms = 5000
        send(app, "user-0001\r")
        await until(pilot, app.typed_ahead._is_reading)
        send(app, QUIT)
        await until(pilot, lambda: app._leaving is not None)


@pytest.mark.slow
@pytest.mark.parametrize("group", sorted(AWAITED))
async def test_keys_wait_for_each_kind_of_reading(sandbox: SandboxThread, group: str) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        done = asyncio.Event()
        reading = app.screen.run_worker(done.wait(), group=group)
        send(app, "u")
        screen = await see(pilot, "Keys wait until this is read.")
        assert "Keys wait" in screen.splitlines()[-1] and "● given" in screen  # in place of the keys
        assert not app.connections.session("here").unsent()
        done.set()
        await reading.wait()
        assert "Keys wait" not in await see(pilot, "1 edit staged", "u withdraw")


def test_each_group_that_keys_wait_for_is_one_of_a_worker() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(dfn_tui.__file__).parent.rglob("*.py"))
    assert {name for name in AWAITED if f'group="{name}"' not in source} == set()


async def test_a_token_typed_with_the_key_that_asks_for_it_goes_into_its_field(
    sandbox: SandboxThread,
) -> None:
    app = console(sandbox, token="")
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        app.action_connections()
        await see(pilot, "Connections", "here")
        send(app, f"k{sandbox.token}\rt")
        await see(pilot, "here works")


@pytest.mark.slow
@pytest.mark.parametrize("keys", ["r", "t"])
async def test_no_key_sends_what_is_left_of_a_grant_unread(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, keys: str
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        sandbox.state.query("UPDATE users SET mkt_sms_flag = NULL")
        sandbox.faults.bad_users = frozenset(["user-0002"])
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)), "mkt_sms_flag=Subscribed")
        await pilot.press("a")
        await see(pilot, "Apply: ", "Send")
        await fill(pilot, "evidence", "form of today")
        await apply(pilot, opened=True, limit="1" if keys == "r" else "")
        await see(pilot, "under way" if keys == "r" else "try again")
        if keys == "r":
            await pilot.press("s")
            await see(pilot, "stopped", "r resume")
        sandbox.faults.bad_users = frozenset()
        before = writes(sandbox)
        await pilot.press("escape", "escape")
        await see(pilot, "paste or type ids")
        send(app, Key("f8", None))
        await see(pilot, "Many users at once")
        send(app, f"\r{keys}", Key("down", None), "\r")
        await see(pilot, "Send what is left of this job?", EARLY)
        assert writes(sandbox) == before
