"""The console opened on one user: `dfn-tui --user ID`."""

import asyncio
from pathlib import Path

import pytest

from dfn_tui.api.types import Identity
from dfn_tui.app import ConsoleApp
from dfn_tui.service.records import UserRecord
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import driven, see, until
from tests.starting import connections


async def test_a_known_user_is_opened_at_once(sandbox: SandboxThread, tmp_path: Path) -> None:
    app = ConsoleApp(connections(sandbox, tmp_path / "journal.db"), "here", user="user-0001")
    async with driven(app) as pilot:
        await see(pilot, "user-0001", "go out?", "● given", "Nothing staged.")
        await pilot.press("escape")
        await see(pilot, "user_id ❭", "user-0001")


async def test_an_unknown_user_stays_as_a_row(sandbox: SandboxThread, tmp_path: Path) -> None:
    app = ConsoleApp(connections(sandbox, tmp_path / "journal.db"), "here", user="\x1b[/x]nobody")
    async with driven(app) as pilot:
        await see(pilot, "\\x1b[/x]nobody")


async def test_without_a_connection_one_is_chosen_first(sandbox: SandboxThread, tmp_path: Path) -> None:
    app = ConsoleApp(connections(sandbox, tmp_path / "journal.db"), user="user-0001")
    async with driven(app) as pilot:
        await see(pilot, "Connections", "here")
        assert sandbox.requests == []
        await pilot.press("enter")
        await see(pilot, "user-0001", "go out?", "● given")
        asked = sum(one.path == "/api/v1/users/profile" for one in sandbox.requests)
        await pilot.press("escape", "f6")
        await see(pilot, "Connections")
        await pilot.press("enter")
        await see(pilot, "1 id", "user-0001")
        await until(pilot, lambda: bool(app.screen.query("IdsField")))
        profiles = [one for one in sandbox.requests if one.path == "/api/v1/users/profile"]
        assert len(profiles) == asked  # the open connection is gone back to, and nothing looked up again


@pytest.mark.slow
async def test_an_answer_that_comes_while_the_screen_closes_ends_nothing(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    app = ConsoleApp(connections(sandbox, tmp_path / "journal.db"), "here", user="user-0001")
    async with driven(app) as pilot:
        await see(pilot, "user-0001", "go out?", "● given")
        session = app.connections.session("here")
        asked, answered, read = asyncio.Event(), asyncio.Event(), session.read_user

        async def slowly(identity: Identity, *_progress: object) -> UserRecord:
            record = await read(identity)
            asked.set()
            await answered.wait()
            return record

        session.read_user = slowly  # type: ignore[method-assign,assignment]
        for turns in range(8):  # of the loop, from the key to the answer
            await pilot.press("f5")
            await asked.wait()
            app.pop_screen()
            for _ in range(turns):
                await asyncio.sleep(0)
            answered.set()
            await see(pilot, "user_id ❭", "user-0001")
            asked.clear()
            await pilot.press("enter")
            await see(pilot, "go out?", "● given")
            answered.clear()
            asked.clear()
