"""The first start, adding a connection, testing one, and the sandbox of one's own."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from textual.events import Key

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment, load
from dfn_tui.credentials import TokenKind, TokenStore
from dfn_tui.keyboard.messages import Packet
from dfn_tui.screens.lookup.user_list import UserList
from dfn_tui.service.connections import Connections
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import (
    DAY,
    console,
    driven,
    focused,
    look_up,
    no_keyring,
    see,
    shown,
    type_in,
    until,
)

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]


def first_start(path: Path) -> ConsoleApp:
    def make_store() -> TokenStore:
        return TokenStore(backend=no_keyring, environ={})

    return ConsoleApp(Connections(load(path), make_store=make_store))


@pytest.mark.parametrize("size", SIZES)
async def test_a_first_start_offers_the_sandbox_and_adding(tmp_path: Path, size: tuple[int, int]) -> None:
    app = first_start(tmp_path / "config.toml")
    async with driven(app, size) as pilot:
        await see(pilot, "There is no connection yet.", "made-up users", "add a connection")
        await pilot.press("d")
        await see(pilot, "SANDBOX", "user-0001", "Every consent given.")
        await pilot.press("f6")
        await see(pilot, "sandbox-v2", "v2")
        assert "no connection open" not in shown(app)  # one is, beneath
        await pilot.press("down", "enter")
        await see(pilot, "external_id ❭")


async def test_a_connection_is_added_with_its_token_and_tested(
    tmp_path: Path, sandbox: SandboxThread
) -> None:
    path = tmp_path / "config.toml"
    app = first_start(path)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "There is no connection yet.")
        await pilot.press("a")
        await see(pilot, "Add a connection", "API version")
        app.screen.query_one("#name").value = "bad name"  # type: ignore[attr-defined]
        app.screen.query_one("#base-url").value = sandbox.url  # type: ignore[attr-defined]
        app.screen.query_one("#submit").focus()
        await pilot.press("enter")
        await see(pilot, "connections.")
        assert not path.exists()
        await until(pilot, lambda: not app.screen.query_one("#submit").has_class("-active"))
        app.screen.query_one("#name").value = "prod"  # type: ignore[attr-defined]
        app.screen.query_one("#name").focus()
        await pilot.press("enter")
        await see(pilot, "Token for prod")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "The token is held")
        assert sandbox.token not in path.read_text()
        await pilot.press("t")
        await see(pilot, "prod works")
        await pilot.press("escape", "enter")
        await see(pilot, "PRODUCTION", "paste or type ids")
    assert load(path).default == "prod"


async def test_a_connection_that_does_not_work_says_why(sandbox: SandboxThread) -> None:
    app = console(sandbox, token="wrong-token")
    async with driven(app) as pilot:
        await pilot.press("f6")
        await see(pilot, "Connections", "here")
        sandbox.faults.latency_ms = 600
        await pilot.press("t")
        await see(pilot, "─ testing here… · esc leaves ─")
        screen = await see(pilot, "4001", "Replace the token")
        assert "wrong-token" not in screen and "testing here" not in screen


async def test_staged_edits_survive_a_change_of_connection(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await type_in(pilot, "user-0001")
        await pilot.press("enter")
        await focused(pilot, "ConsentMatrix")
        await see(pilot, "go out?", "● given")
        await pilot.press("u", "escape", "f6")
        await see(pilot, "Connections")
        await pilot.press("enter")
        await see(pilot, "Staged 1 user")


async def test_a_pasted_list_of_any_length_is_looked_up(sandbox: SandboxThread) -> None:
    from textual.events import Paste

    app = console(sandbox)
    async with driven(app) as pilot:
        ids = "\n".join(f"user-{number:04d}" for number in range(1, 61))
        app.screen.query_one("#ids").post_message(Paste(ids))
        await see(pilot, "60 ids pasted")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query_one(UserList).rows.shown) == 60)
        await see(pilot, "user-0001", "user-0012")
    assert len([r for r in sandbox.requests if r.path == "/api/v1/users/profile"]) == 3


def several(sandbox: SandboxThread, opened: str) -> ConsoleApp:
    """A console on one of three connections, all to that sandbox."""
    made = (
        Connection("test", ApiVersion.V1, Environment.SANDBOX, base_url=sandbox.url),
        Connection("shop", ApiVersion.V1, Environment.PRODUCTION, base_url=sandbox.url),
        Connection("café-" + "x" * 50, ApiVersion.V1, Environment.PRODUCTION, read_only=True),
    )
    known = {one.name: one for one in made}

    def make_store() -> TokenStore:
        store = TokenStore(backend=no_keyring, environ={})
        for name in known:
            store.hold(name, TokenKind.API, SecretStr(sandbox.token))
        return store

    config = Config(Path("/nonexistent/config.toml"), opened, known)
    return ConsoleApp(Connections(config, clock=lambda: DAY, make_store=make_store), opened)


@pytest.mark.parametrize("size", SIZES)
async def test_the_open_connection_is_marked_and_under_the_cursor(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = several(sandbox, "shop")
    async with driven(app, size) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("f6")
        screen = await see(pilot, "▸")
        test, shop, long = (line.strip("│ ") for line in screen.splitlines() if " v1  http" in line)
        assert test.startswith("test ")
        assert sandbox.url in test
        assert shop.startswith("▸ shop ")
        assert f" PRODUCTION   v1  {sandbox.url} " in shop
        assert shop.endswith("open")
        assert long.startswith("café-xxxxx")
        assert "…" in long
        assert "https://openapi.dfinery.io" in long or size[0] == 80
        assert long.endswith("read-only")
        assert app.screen.query_one("#connections").highlighted == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
async def test_production_is_asked_about_from_another_environment(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = several(sandbox, "test")
    async with driven(app, size) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("f6", "down", "enter")
        await see(pilot, "Open PRODUCTION shop?", "reaches real people", "enter cancel", sandbox.url)
        await pilot.press("enter")
        await see(pilot, "▸")
        assert "SANDBOX" in shown(app).splitlines()[0]
        await pilot.press("enter")
        await see(pilot, "Open PRODUCTION shop?")
        await pilot.press("tab", "enter")
        await see(pilot, " PRODUCTION  shop", "one or many")
        await pilot.press("f6", "down", "enter")  # from production to production
        await see(pilot, " PRODUCTION  café")


async def test_production_is_not_opened_by_keys_typed_before_it_was_asked_about(
    sandbox: SandboxThread,
) -> None:
    app = several(sandbox, "test")
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        names = ("f6", "down", "enter", "tab", "enter", "y", "enter")
        app.post_message(Packet([Key(name, None) for name in names]))
        await see(pilot, "Open PRODUCTION shop?", "Keys typed before this question was")
        await focused(pilot, "#close")


async def test_the_open_connection_is_gone_back_to(sandbox: SandboxThread) -> None:
    app = several(sandbox, "shop")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("c")
        await see(pilot, "▸")
        await pilot.press("enter")
        await see(pilot, "Users · 2 ids")  # the list is still there


async def test_the_first_connection_is_opened_without_a_question(sandbox: SandboxThread) -> None:
    app = several(sandbox, "shop")
    app._start = None
    async with driven(app) as pilot:
        await see(pilot, "Connections", "PRODUCTION")
        await pilot.press("down", "enter")
        await see(pilot, " PRODUCTION  shop", "one or many")


async def test_the_history_of_all_connections_stays_over_the_open_one(sandbox: SandboxThread) -> None:
    """Its list is read twice at once, and what the first read would say late is not said any more."""
    app = several(sandbox, "shop")
    async with driven(app) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("f6", "h")
        await see(pilot, "Nothing was changed", " PRODUCTION  shop")
