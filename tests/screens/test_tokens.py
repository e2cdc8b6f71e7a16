"""A token that is missing or refused, on the screen that finds it out, for every place it can be from."""

import os
from pathlib import Path
from typing import NoReturn

import pytest
from pydantic import SecretStr

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.credentials import KeyringLocked, Source, TokenKind, TokenStore
from dfn_tui.paths import state_dir
from dfn_tui.service.addresses import addresses_file
from dfn_tui.service.connections import Connections
from dfn_tui.service.tokens import Piped, everyday_store
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, driven, look_up, no_keyring, see, shown, type_in, until

pytestmark = pytest.mark.slow  # .ci/run goes through them


def locked() -> NoReturn:
    raise KeyringLocked("The keyring is locked.")


def started(sandbox: SandboxThread, store: TokenStore | None = None, *command: str) -> ConsoleApp:
    connection = Connection(
        "here", ApiVersion.V1, Environment.SANDBOX, base_url=sandbox.url, token_command=command
    )
    config = Config(Path("/nonexistent/config.toml"), "here", {"here": connection})
    make_store = (lambda: store) if store is not None else None
    return ConsoleApp(Connections(config, make_store=make_store), "here")


@pytest.mark.parametrize("size", SIZES)
async def test_a_wrong_token_from_the_environment_is_replaced_for_this_run(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    store = TokenStore(backend=no_keyring, environ={"DFN_TUI_TOKEN": "wrong-token"})
    app = started(sandbox, store)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Replace the token")
        await pilot.press("tab", "enter")
        screen = await see(pilot, "Token for here", "DFN_TUI_TOKEN is set", "Paste the api token for")
        assert "wrong-token" not in screen
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given", "token in memory only")
        assert sandbox.token not in shown(app)


async def test_a_wrong_token_from_a_command_is_replaced_for_this_run(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DFN_TUI_TOKEN", raising=False)
    app = started(sandbox, None, "echo", "wrong-token")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Replace the token")
        await pilot.press("tab", "enter")
        await see(pilot, "command is configured", "for this run only")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given", "token in memory only")


async def test_a_command_that_fails_is_said_and_a_token_can_be_given(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DFN_TUI_TOKEN", raising=False)
    app = started(sandbox, None, "sh", "-c", r"printf 'the \033[31m[vault] is sealed' >&2; exit 2")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Token for here", "exit code 2", r"\x1b[31m[vault] is sealed")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given")


async def test_a_token_that_cannot_be_one_is_said_and_asked_for_again(sandbox: SandboxThread) -> None:
    app = started(sandbox, TokenStore(backend=no_keyring, environ={}))
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Token for here")
        await pilot.press("a", "space", "b", "enter")
        await see(pilot, "This cannot be a token")
        await pilot.press("escape")
        await see(pilot, "Token for here")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given")


@pytest.mark.parametrize("size", SIZES)
async def test_where_the_keyring_stays_locked_a_token_can_be_given_instead(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    app = started(sandbox, TokenStore(backend=locked, environ={}, limit=60))
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "The keyring is locked", "Password of the keyring")
        await type_in(pilot, "a-password")
        await pilot.press("enter")
        screen = await see(pilot, "The keyring failed")
        assert "a-password" not in screen
        await pilot.press("tab", "enter")
        await see(pilot, "Token for here")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given", "token in memory only")


async def test_who_leaves_the_locked_keyring_alone_can_ask_again(sandbox: SandboxThread) -> None:
    app = started(sandbox, TokenStore(backend=locked, environ={}))
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "The keyring is locked")
        await pilot.press("escape")
        await until(pilot, lambda: "The keyring is locked" not in shown(app))
        await pilot.press("enter")
        await see(pilot, "The keyring is locked")


async def test_a_test_of_a_connection_unlocks_or_asks_as_well(sandbox: SandboxThread) -> None:
    app = started(sandbox, TokenStore(backend=locked, environ={}))
    async with driven(app) as pilot:
        await pilot.press("f6")
        await see(pilot, "Connections", "here")
        await pilot.press("t")
        await see(pilot, "The keyring is locked")
        await pilot.press("tab", "enter")
        await see(pilot, "Token for here")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "here works")


async def test_a_piped_token_is_for_its_connection_and_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", "from-env")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    known = {"here": Connection("here", ApiVersion.V1, Environment.SANDBOX, token_command=("false",))}
    store = everyday_store(lambda: known, Piped("here", TokenKind.API, SecretStr("piped")))
    found = await store.get("here", TokenKind.API)
    assert (found.token, found.source) == (SecretStr("piped"), Source.STDIN)
    assert (await store.get("other", TokenKind.API)).token == SecretStr("from-env")
    assert os.environ["DFN_TUI_TOKEN"] == "from-env"


async def test_another_address_than_the_token_was_given_for_is_asked_about_once(
    sandbox: SandboxThread,
) -> None:
    file = addresses_file(state_dir())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"here": ["https://openapi.dfinery.io", ""]}')
    store = TokenStore(backend=no_keyring, environ={"DFN_TUI_TOKEN": sandbox.token})
    app = started(sandbox, store)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "The address has changed", sandbox.url, "was for", "Send nothing")
        assert not sandbox.requests
        await pilot.press("down", "enter")
        await see(pilot, "go out?", "● given")
    assert sandbox.url in file.read_text()
