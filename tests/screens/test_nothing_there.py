"""Screens with nothing on them: while something is read, where there is nothing, and where reading failed."""

from pathlib import Path
from typing import Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.config import Config
from dfn_tui.credentials import TokenStore
from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.service.connections import Connections
from dfn_tui.widgets.key_bar import KeyBar
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, focused, look_up, no_keyring, see, shown, until

WIDE = (140, 40)


def keys(pilot: Any) -> str:
    """The line of keys."""
    return str(pilot.app.screen.query_one(KeyBar).shown.plain)


def row_of(screen: str, user: str) -> str:
    return next(line for line in screen.splitlines() if user in line and "│" in line)


async def test_an_empty_look_up_offers_nothing_to_review_and_no_way_back(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox)) as pilot:
        await until(pilot, lambda: "look up" in keys(pilot))
        assert "back" not in keys(pilot)
        assert "review" not in keys(pilot)


async def test_without_a_connection_there_is_nothing_to_open_or_test() -> None:
    store = lambda: TokenStore(backend=no_keyring, environ={})  # noqa: E731
    config = Config(Path("/nonexistent/config.toml"), None, {})
    app = ConsoleApp(Connections(config, make_store=store), None)
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "There is no connection yet.")
        await until(pilot, lambda: "sandbox" in keys(pilot))
        assert not {"open", "test", "token"} & set(keys(pilot).split())


async def test_empty_lists_offer_nothing_to_open(sandbox: SandboxThread, journal: Path) -> None:
    async with driven(console(sandbox, journal=journal)) as pilot:
        await focused(pilot, "#ids")
        await pilot.press("f7")
        await see(pilot, "Nothing was changed from this host yet.", "read 12:00")
        await until(pilot, lambda: "open" not in keys(pilot))
        await pilot.press("escape", "f8")
        await see(pilot, "There is no job over this connection yet.")
        await until(pilot, lambda: "new plan" in keys(pilot) and "enter" not in keys(pilot))


@pytest.mark.slow
async def test_a_list_says_that_it_is_read_and_that_it_was_stopped(sandbox: SandboxThread) -> None:
    sandbox.faults.busy_users = frozenset(["user-0001"])  # asked again and again
    async with driven(console(sandbox), WIDE) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        screen = await see(pilot, "Users · 2 ids ─", "reading…", "esc stops")
        assert "0 found" not in screen
        assert "Findings" not in screen  # that there are none is not known
        assert screen.count("reading…") == 2  # in the list, and beside it
        await pilot.press("escape")
        await see(pilot, "stopped: nobody was read")


async def test_of_somebody_not_read_nothing_is_said_to_be_in_order(sandbox: SandboxThread) -> None:
    sandbox.faults.refuse = "4001"
    async with driven(console(sandbox), WIDE) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "Token not accepted")
        await pilot.press("escape")
        screen = await see(pilot, "0 found", "2 failed", "not read at 12:00")
        assert "Findings" not in screen
        assert " read 12:00" not in screen.replace("not read at", "")


async def test_whom_the_server_does_not_know_looks_unlike_people_never_asked(
    sandbox: SandboxThread,
) -> None:
    async with driven(console(sandbox)) as pilot:
        await look_up(pilot, "user-0004 nobody-here")
        await focused(pilot, "#users")
        await pilot.press("down", "u")
        await see(pilot, "Withdraw: nobody-here")
        await pilot.press("4")
        screen = await see(pilot, "›○", "Staged 1 user")
        assert "unknown" in row_of(screen, "nobody-here")
        assert "?" not in row_of(screen, "nobody-here")
        assert row_of(screen, "user-0004").count("?") == 9


async def test_a_user_of_the_list_is_shown_as_read_for_it(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox)) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "#users")
        asked = len(sandbox.requests)
        await pilot.press("enter")
        await see(pilot, "user-0001 user_id", "● given", "go out?", "read 12:00")
        assert len(sandbox.requests) == asked
        assert "next user" in keys(pilot)
        await pilot.press("n")
        await see(pilot, "user-0002 user_id")
        await until(pilot, lambda: "next user" not in keys(pilot))  # it is the last one


async def test_before_a_user_was_read_nothing_is_offered_for_them(sandbox: SandboxThread) -> None:
    sandbox.faults.busy_users = frozenset(["user-0001"])
    async with driven(console(sandbox)) as pilot:
        pilot.app.push_screen(user_screen(pilot))
        await see(pilot, "user-0001 user_id", "reading…")
        await until(pilot, lambda: "withdraw" not in keys(pilot) and "presets" not in keys(pilot))
        await pilot.press("2")
        await until(pilot, lambda: "edit" not in keys(pilot) and "add" not in keys(pilot))
        sandbox.faults.busy_users = frozenset()
        await see(pilot, "user_name")
        await until(pilot, lambda: "edit" in keys(pilot))


def user_screen(pilot: Any) -> UserScreen:
    session = pilot.app.connections.session("here")
    return UserScreen(session, session.identity("user-0001"))


async def test_the_legend_of_the_strip_is_whole_beside_the_list(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox), WIDE) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "━━ goes out", "╍╍ may, without a yes", "·· stays back")


async def test_what_is_staged_is_dropped_and_reviewed_by_the_line_that_says_so(
    sandbox: SandboxThread,
) -> None:
    async with driven(console(sandbox)) as pilot:
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "#users")
        assert "x drop" not in shown(pilot.app)  # type: ignore[arg-type]
        await pilot.press("u")
        await see(pilot, "Withdraw: user-0001")
        await pilot.press("4")
        await see(pilot, "x drop  r review")
        await pilot.press("i")
        await see(pilot, "F4 review")  # letters go into the field
        assert "x drop" not in shown(pilot.app)  # type: ignore[arg-type]
