"""What the main screens look like, cell by cell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.config import Environment
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.store import Journal, Operator
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import DAY, NIGHT, console, focused, look_up, see

pytestmark = pytest.mark.slow  # .ci/run goes through them

Compare = Callable[..., bool]


async def rows(pilot: Any) -> None:
    await look_up(pilot, "user-0001 user-0002 user-0003 user-0004 user-0005 user-0006 nobody-here")
    await see(pilot, "nobody-here", "user-0006", "7 ids", "not known")


async def consents(pilot: Any) -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "go out?", "● given")
    await focused(pilot, "ConsentMatrix")
    await pilot.press("down", "down", "u")
    await see(pilot, "1 edit staged")


async def properties(pilot: Any) -> None:
    await consents(pilot)
    await pilot.press("2")
    await see(pilot, "favourite_store")


async def identifiers(pilot: Any) -> None:
    await look_up(pilot, "user-0003")
    await see(pilot, "go out?", "● given")
    await focused(pilot, "ConsentMatrix")
    await pilot.press("3")
    await see(pilot, "phone_number", "82••")
    await focused(pilot, "#ci DataTable")
    await pilot.press("d")
    await see(pilot, "Delete an identifier")


async def review_at_night(pilot: Any) -> None:
    await look_up(pilot, "user-0007")
    await see(pilot, "go out?", "○ withdrawn")
    await focused(pilot, "ConsentMatrix")
    await pilot.press("down", "right", "s")
    await see(pilot, "article 50(3)")
    await pilot.press("escape", "r")
    await see(pilot, "Evidence", "Send")


async def result(pilot: Any) -> None:
    await consents(pilot)
    await pilot.press("r")
    await see(pilot, "Send")
    await pilot.press("tab", "enter")
    await see(pilot, "✓ 1 confirmed", "chain 7e55 68c1 90ab")


async def reading(pilot: Any) -> None:
    await look_up(pilot, "odd-unread user-0001")
    await see(pilot, "reading…", "0 of 2 read")


async def not_read(pilot: Any) -> None:
    await look_up(pilot, "odd-unread user-0001")
    await see(pilot, "1 failed")
    await focused(pilot, "#users")


async def withdrawn(pilot: Any) -> None:
    """Advertising by SMS of three people, one of whom had never been asked, to the result."""
    await look_up(pilot, "user-0001 user-0003 user-0004")
    await focused(pilot, "#users")
    await pilot.press("asterisk", "u")
    await see(pilot, "Withdraw: 3 users")
    await pilot.press("4", "r")
    await see(pilot, "Review: 3 users")
    await pilot.press("i")
    await focused(pilot, "#reason")
    pilot.app.screen.query_one("#reason", Field).value = "INC-7"
    await pilot.press("ctrl+s")
    await see(pilot, "✓ 3 confirmed", "chain 7e55 68c1 90ab")


async def receipts(pilot: Any) -> None:
    await withdrawn(pilot)
    await pilot.press("t")
    await see(pilot, "Receipts · 3 users", "user_id user-0001")


async def history(pilot: Any) -> None:
    await withdrawn(pilot)
    await pilot.press("escape")
    await focused(pilot, "#users")
    await pilot.press("h")
    await see(pilot, "History · newest first", "✓ confirmed")


async def entry(pilot: Any) -> None:
    await history(pilot)
    await pilot.press("down", "enter")
    await see(pilot, "Entry 2", "read back as withdrawn")


async def undo(pilot: Any) -> None:
    await history(pilot)
    await pilot.press("enter")
    await see(pilot, "Entry 3", "read back as withdrawn")
    await pilot.press("u")
    await see(pilot, "Undo of entry 3", "Nothing of this can be staged.")


async def digest(_journal: AsyncJournal, _seq: int) -> str:
    """The same at every run."""
    return "7e5568c190ab0000"


USERS = [rows, consents, properties, identifiers, review_at_night, result, reading, not_read]
PAST = [withdrawn, receipts, history, entry, undo]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("reach", [*USERS, *PAST])
def test_the_screen_looks_as_it_did(
    snap_compare: Compare,
    sandbox: SandboxThread,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    reach: Callable[[Any], Any],
    size: tuple[int, int],
) -> None:
    monkeypatch.setattr(Operator, "here", lambda: Operator("kim", "bastion-1"))
    monkeypatch.setattr(AsyncJournal, "digest", digest)
    if reach is reading:
        sandbox.faults.read_answer = "silent"
    if reach in PAST:
        monkeypatch.setitem(Journal.__init__.__kwdefaults__ or {}, "clock", lambda: DAY)
    at_night = reach is review_at_night
    app = console(
        sandbox,
        environment=Environment.PRODUCTION if at_night else Environment.SANDBOX,
        now=NIGHT if at_night else DAY,
        journal=journal,
        theme="dark",
    )
    assert snap_compare(app, terminal_size=size, run_before=reach)
