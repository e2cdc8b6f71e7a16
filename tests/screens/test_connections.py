"""The first start, adding a connection, testing one, and the sandbox of one's own."""

from pathlib import Path

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.config import load
from dfn_tui.credentials import TokenStore
from dfn_tui.service.connections import Connections
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, no_keyring, see, type_in, until


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
        await see(pilot, "SANDBOX", "user-0001", "Subscribed to everything.")
        await pilot.press("f6")
        await see(pilot, "sandbox-v2", "v2")
        await pilot.press("down", "enter")
        await see(pilot, "external_id:")


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
        await see(pilot, "PRODUCTION", "one id, or paste a list")
    assert load(path).default == "prod"


async def test_a_connection_that_does_not_work_says_why(sandbox: SandboxThread) -> None:
    app = console(sandbox, token="wrong-token")
    async with driven(app) as pilot:
        await pilot.press("f6")
        await see(pilot, "Connections", "here")
        await pilot.press("t")
        assert "wrong-token" not in await see(pilot, "4001", "Replace the token")


async def test_staged_edits_survive_a_change_of_connection(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await type_in(pilot, "user-0001")
        await pilot.press("enter")
        await see(pilot, "● subscribed")
        await pilot.press("u", "escape", "f6")
        await see(pilot, "Connections")
        await pilot.press("enter")
        await see(pilot, "1 user staged")


async def test_a_pasted_list_of_any_length_is_looked_up(sandbox: SandboxThread) -> None:
    from textual.events import Paste

    app = console(sandbox)
    async with driven(app) as pilot:
        ids = "\n".join(f"user-{number:04d}" for number in range(1, 61))
        app.screen.query_one("#ids").post_message(Paste(ids))
        await see(pilot, "60 ids pasted")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#users").row_count == 60)  # type: ignore[attr-defined]
        await see(pilot, "user-0001", "user-0012")
    assert len([r for r in sandbox.requests if r.path == "/api/v1/users/profile"]) == 3
