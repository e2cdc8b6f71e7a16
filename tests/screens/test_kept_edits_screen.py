"""Nothing lost on the screens: what is asked before quitting, what was typed, what was left before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from dfn_tui.app import ConsoleApp
from dfn_tui.consent.flags import Flag, State
from dfn_tui.credentials import KeyringLocked
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.quitting import QuitDialog
from dfn_tui.service.kept.left import LeftEdits
from dfn_tui.store import Filter, Journal
from dfn_tui.widgets.field import Field
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import (
    DAY,
    console,
    driven,
    focused,
    look_up,
    no_keyring,
    press,
    review_withdrawal,
    see,
    shown,
    type_in,
    until,
)
from tests.screens.test_typing_ahead import EARLY, send

KEY = bytes(range(32))


def kept(journal: Path) -> list[Path]:
    return sorted((journal.parent / "kept").glob("*.kept"))


def unlocked() -> Keyring:
    return Keyring(KEY)


@asynccontextmanager
async def with_a_staged_withdrawal(
    sandbox: SandboxThread, journal: Path, keyring: Keyring | None = None, **more: Any
) -> AsyncIterator[tuple["Pilot[None]", ConsoleApp]]:
    backend = keyring.open if keyring is not None else no_keyring
    app = console(sandbox, journal=journal, keyring=backend, **more)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("u")
        await see(pilot, "1 edit staged")
        yield pilot, app


async def test_quitting_with_nothing_staged_asks_nothing(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


async def test_one_may_stay_and_then_keep_and_quit(sandbox: SandboxThread, journal: Path) -> None:
    async with with_a_staged_withdrawal(sandbox, journal, unlocked()) as (pilot, app):
        await until(pilot, lambda: bool(kept(journal)))
        await pilot.press("ctrl+q")
        await see(pilot, "Quit?", "1 user, 1 edit", "Keep and quit", "Drop and quit")
        await focused(pilot, "#close")
        await pilot.press("ctrl+q")  # asked once
        await pilot.press("enter")
        await see(pilot, "1 edit staged")
        assert not app._exit
        await pilot.press("ctrl+q")
        await see(pilot, "Keep and quit")
        await press(pilot, "keep")
        await until(pilot, lambda: app._exit)
    assert len(kept(journal)) == 1
    assert list(journal.parent.glob("kept/*.lock")) == []


async def test_one_may_drop_and_quit(sandbox: SandboxThread, journal: Path) -> None:
    async with with_a_staged_withdrawal(sandbox, journal, unlocked()) as (pilot, app):
        await until(pilot, lambda: bool(kept(journal)))
        await pilot.press("ctrl+q")
        await see(pilot, "Drop and quit")
        await press(pilot, "drop")
        await until(pilot, lambda: app._exit)
    assert kept(journal) == []


async def test_without_a_key_it_is_said_and_not_offered(sandbox: SandboxThread, journal: Path) -> None:
    async with with_a_staged_withdrawal(sandbox, journal) as (pilot, app):
        await pilot.press("ctrl+q")
        screen = await see(
            pilot, "They cannot be kept.", "There is no keyring on this host.", "Drop and quit"
        )
        assert "Keep and quit" not in screen and "Keep what" not in screen
        await pilot.press("escape")
        await see(pilot, "1 edit staged")
        assert not app._exit


async def test_a_keyring_that_is_unlocked_meanwhile_is_asked_again(
    sandbox: SandboxThread, journal: Path
) -> None:
    keyring = unlocked()
    keyring.trouble = KeyringLocked("The keyring is locked.")
    async with with_a_staged_withdrawal(sandbox, journal, keyring) as (pilot, _app):
        await pilot.press("ctrl+q")
        await see(pilot, "They cannot be kept.", "The keyring is locked.")
        await pilot.press("escape")
        keyring.trouble = None
        await pilot.press("ctrl+q")
        await see(pilot, "Keep and quit")
        await pilot.press("escape")
    assert len(kept(journal)) == 1


async def test_a_locked_console_keeps_and_leaves_or_says_that_edits_would_be_lost(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with with_a_staged_withdrawal(sandbox, journal) as (pilot, app):
        app.lock()
        await see(pilot, "Press Enter to unlock")
        await pilot.press("ctrl+q")
        await see(pilot, "Unlock first: staged edits would be lost.")
        assert not app._exit
    async with with_a_staged_withdrawal(sandbox, journal, unlocked()) as (pilot, app):
        app.lock()
        await see(pilot, "Press Enter to unlock")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    assert len(kept(journal)) == 1


async def test_a_write_under_way_is_not_asked_about_but_waited_for(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await review_withdrawal(pilot, moves=["down", "down"])
        sandbox.faults.latency_ms = 300
        await press(pilot, "send")
        await until(pilot, lambda: any(one.path.endswith("/update") for one in sandbox.requests))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
        assert not isinstance(app.screen, QuitDialog)
    with Journal(journal, KEY) as found:
        [entry] = found.find(Filter())
        assert entry.outcome is not None
        assert entry.outcome.outcome is Outcome.CONFIRMED
    assert kept(journal) == []


async def test_reason_and_evidence_stay_when_the_review_is_left(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal, now=DAY)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0002")
        await see(pilot, "go out?")
        await pilot.press("down", "down", "right", "s")
        await see(pilot, "The night rule")
        await pilot.press("escape")
        await see(pilot, "1 edit staged")
        await pilot.press("r")
        await see(pilot, "Review: 1 user")
        fields = {field.id for field in app.screen.query(Field)}
        for id in fields:
            field = app.screen.query_one(f"#{id}", Field)
            field.focus()
            await focused(pilot, f"#{id}")
            await type_in(pilot, f"typed-{id}")
            await until(pilot, lambda field=field: field.value == f"typed-{field.id}")  # type: ignore[misc]
        await pilot.press("escape")
        await see(pilot, "1 edit staged")
        await pilot.press("r")
        await see(pilot, "Review: 1 user", "typed-reason")
        assert {field.value for field in app.screen.query(Field)} == {f"typed-{id}" for id in fields}
        await pilot.press("escape")
        await see(pilot, "1 edit staged")
        app.connections.session("here").staging.clear()
        assert app.connections.session("here").staging.ground.reason == ""


async def test_a_ticket_is_the_reason_and_can_be_replaced(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal, incident="INC-7")
    async with driven(app) as pilot:
        await review_withdrawal(pilot, moves=["down", "down"])
        assert app.screen.query_one("#reason", Field).value == "INC-7"
        await press(pilot, "send")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "escape")
        await pilot.press("f7")
        await see(pilot, "what", "outcome")
        await pilot.press("enter")
        await see(pilot, "incident", "INC-7")
    with Journal(journal) as found:
        [entry] = found.find(Filter(incident="INC-7"))
        assert entry.intent.reason == "INC-7"


async def leave_behind(sandbox: SandboxThread, journal: Path, **more: Any) -> None:
    async with with_a_staged_withdrawal(sandbox, journal, unlocked(), **more) as (pilot, _app):
        await pilot.press("r")
        await see(pilot, "Review: 1 user")
        _app.screen.query_one("#reason", Field).focus()
        await type_in(pilot, "CS-12")
        await until(pilot, lambda: _app.screen.query_one("#reason", Field).value == "CS-12")
    assert len(kept(journal)) == 1


async def test_what_was_left_is_offered_taken_up_and_sent(sandbox: SandboxThread, journal: Path) -> None:
    await leave_behind(sandbox, journal)
    app = console(sandbox, journal=journal, now=DAY + timedelta(hours=2), keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "Kept from before: 1 user, 1 edit, staged 2 h 0 min ago. F9 shows them.")
        await pilot.press("f9")
        await see(pilot, "Staged before this console was started", "Reason: CS-12", "withdrawn", "Take up")
        await focused(pilot, "#close")
        await press(pilot, "take")
        await see(pilot, "Review: 1 user", "Staged before this console was started, 2 h 0 min ago", "CS-12")
        await press(pilot, "send")
        await see(pilot, "✓ 1 confirmed")
    assert kept(journal) == []


async def test_what_was_left_is_left_or_dropped(sandbox: SandboxThread, journal: Path) -> None:
    await leave_behind(sandbox, journal)
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "F9 shows them")
        await pilot.press("f9")
        await see(pilot, "Not now")
        await pilot.press("escape")
        await until(pilot, lambda: "Not now" not in shown(app))
        assert len(kept(journal)) == 1
        await pilot.press("f9")
        await see(pilot, "Not now")
        await press(pilot, "drop")
        await until(pilot, lambda: "F9 shows them" not in shown(app))
    assert kept(journal) == []


def leave_after_a_while(app: ConsoleApp) -> None:
    """What follows early keys without a pause is dropped as they are."""
    escape = Key("escape", None)
    escape.time += 10
    app.post_message(escape)


@pytest.mark.slow
async def test_nothing_is_dropped_unseen(sandbox: SandboxThread, journal: Path) -> None:
    """What was typed with the key that asks reaches neither the question nor the screen below it."""
    await leave_behind(sandbox, journal)
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0002 user-0003")
        await see(pilot, "2 found", "F9 shows them")
        send(app, Key("f9", None), "\t\t\r")  # to Drop
        await see(pilot, "Staged before this console was started", EARLY)
        await focused(pilot, "#close")
        leave_after_a_while(app)
        await see(pilot, "2 found", "F9 shows them")
        await pilot.press("u")
        await see(pilot, "Withdraw: user-0002")
        await pilot.press("6")
        await see(pilot, "1 edit")
        send(app, Key("ctrl+q", None), "\t\t\r")
        await see(pilot, "Drop and quit", EARLY)
        await focused(pilot, "#close")
        assert not app._exit
        leave_after_a_while(app)
        await see(pilot, "2 found", "1 edit")
    assert len(kept(journal)) == 2


@pytest.mark.slow
async def test_what_several_consoles_left_is_offered_together(sandbox: SandboxThread, journal: Path) -> None:
    for hours, user in ((0, "user-0001"), (3, "user-0004"), (4, "user-0005")):
        sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
        app = console(sandbox, journal=journal, now=DAY + timedelta(hours=hours), keyring=unlocked().open)
        async with driven(app) as pilot:
            await look_up(pilot, user)
            await see(pilot, "go out?", "● given")
            await pilot.press("u")
            await see(pilot, "1 edit staged")
    assert len(kept(journal)) == 3
    app = console(sandbox, journal=journal, now=DAY + timedelta(hours=5), keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "Kept from before by 3 consoles, the newest 1 h 0 min ago. F9 shows them.")
        await pilot.press("f9")
        await see(pilot, "3 consoles left edits", "staged 1 h 0", "staged 2 h 0", "staged 5 h 0")
        await pilot.press("end", "enter")  # the oldest
        await see(pilot, "user-0001", "staged 5 h 0 min ago")
        await press(pilot, "drop")
        await see(pilot, "2 consoles left edits", "staged 1 h 0", "staged 2 h 0")
        await pilot.press("end", "enter")
        await see(pilot, "user-0004", "staged 2 h 0 min ago")
        await press(pilot, "close")
        await see(pilot, "2 consoles left edits")  # what is left for now is still offered
        await pilot.press("end", "enter")
        await see(pilot, "user-0004", "Take up and review")
        await press(pilot, "take")
        await see(pilot, "Review: 1 user", "user-0004")
        assert len(kept(journal)) == 2
        other = console(sandbox, journal=journal, now=DAY + timedelta(hours=5), keyring=unlocked().open)
        keeper = other.connections.keeper("here")
        assert keeper is not None
        [rest] = (await LeftEdits(keeper).look()).sets  # the one taken up is this console's alone
        assert [draft.record.identity.value for draft in rest.drafts] == ["user-0005"]
        await other.connections.finish()


async def test_after_a_day_it_is_looked_at_and_dropped_only(sandbox: SandboxThread, journal: Path) -> None:
    await leave_behind(sandbox, journal)
    app = console(sandbox, journal=journal, now=DAY + timedelta(hours=25), keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "staged 25 h 0 min ago")
        await pilot.press("f9")
        screen = await see(pilot, "Older than 24 hours", "withdrawn", "Nothing of this can be taken up")
        assert "Take up" not in screen
        await pilot.press("escape")


@pytest.mark.slow
async def test_a_locked_keyring_is_unlocked_on_the_way(
    sandbox: SandboxThread, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave_behind(sandbox, journal)
    keyring = unlocked()
    keyring.trouble = KeyringLocked("The keyring is locked.")

    def unlock(_password: object) -> None:
        keyring.trouble = None

    monkeypatch.setattr("dfn_tui.credentials.store.unlock", unlock)
    app = console(sandbox, journal=journal, keyring=keyring.open)
    async with driven(app) as pilot:
        await see(pilot, "Edits are kept from before, sealed. The keyring is locked.")
        await pilot.press("f9")
        await see(pilot, "Password of the keyring")
        await type_in(pilot, "secret")
        await pilot.press("enter")
        await see(pilot, "Take up and review")


@pytest.mark.slow
async def test_another_console_that_was_quicker_is_said(sandbox: SandboxThread, journal: Path) -> None:
    await leave_behind(sandbox, journal)
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    other = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "F9 shows them")
        await pilot.press("f9")
        await see(pilot, "Take up and review")
        keeper = other.connections.keeper("here")
        assert keeper is not None
        left = LeftEdits(keeper)
        await left.take_up((await left.look()).sets[0])
        await press(pilot, "take")
        await see(pilot, "Not here any more", "Another console took these edits up")
        assert not len(app.connections.session("here").staging)
    await other.connections.finish()


async def test_leaving_twice_closes_the_journal_once(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await review_withdrawal(pilot, moves=["down", "down"])
        await press(pilot, "send")
        await see(pilot, "✓ 1 confirmed")
        await asyncio.gather(app.connections.finish(), app.connections.finish())
