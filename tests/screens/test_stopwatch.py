"""How many keys the frequent things take from an empty look-up; what is typed as text is not counted."""

from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste

from dfn_tui.config import Environment
from dfn_tui.screens.user.panel import UserPanel
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import users, write_list
from tests.screens.driving import console, driven, focused, look_up, see, until
from tests.screens.journals import keyring, state

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

TWELVE = "\n".join(f"user-{number:04}" for number in range(1, 13))
BOTH = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]


class Hand:
    """Presses keys and counts them."""

    def __init__(self, pilot: Any) -> None:
        self.pilot = pilot
        self.pressed = 0

    async def press(self, *keys: str) -> None:
        self.pressed += len(keys)
        await self.pilot.press(*keys)

    async def look_up(self, text: str) -> None:
        await look_up(self.pilot, text)
        self.pressed += 1

    async def write(self, id: str, text: str) -> None:
        """A text into the field that has the focus."""
        await focused(self.pilot, f"#{id}")
        self.pilot.app.screen.query_one(f"#{id}", Field).value = text

    async def see(self, *texts: str) -> None:
        await see(self.pilot, *texts)


async def sms_off_for_twelve(hand: Hand) -> None:
    """Twelve pasted ids, to the result."""
    await focused(hand.pilot, "#ids")
    hand.pilot.app.post_message(Paste(TWELVE))
    await hand.see("user-0001 user-0002")
    await hand.press("enter")
    await focused(hand.pilot, "#users")
    await hand.see("12 ids", "user-0012")
    await hand.press("asterisk", "u")
    await hand.see("Withdraw: 12 users")
    await hand.press("4")
    await hand.see("SMS → ○")
    await hand.press("r")
    await hand.see("Review:", "nothing has been sent")
    await hand.press("i")
    await hand.write("reason", "INC-7")
    await hand.press("ctrl+s")
    await hand.see("✓ 10 confirmed")


@pytest.mark.parametrize("size", BOTH)
async def test_all_advertising_of_one_user_is_stopped(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    async with driven(console(sandbox, environment=Environment.PRODUCTION), size) as pilot:
        hand = Hand(pilot)
        await hand.look_up("user-0001")
        await focused(pilot, "ConsentMatrix")
        await until(pilot, lambda: pilot.app.screen.query_one(UserPanel).record is not None)
        await hand.press("p", "enter")
        await hand.see("8 edits")
        await hand.press("r")
        await hand.see("Review: 1 user")
        await hand.press("i")
        await hand.write("reason", "CS-7")
        await hand.press("ctrl+s")
        await hand.see("✓ 1 confirmed")
    assert hand.pressed <= 8
    assert state(sandbox, "user-0001", "night_kakao_flag") == "Unsubscribed"


@pytest.mark.parametrize("size", BOTH)
async def test_sms_of_twelve_is_stopped_and_that_undone(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal, environment=Environment.PRODUCTION)
    async with driven(app, size) as pilot:
        hand = Hand(pilot)
        await sms_off_for_twelve(hand)
        assert hand.pressed <= 9
        assert state(sandbox, "user-0001", "mkt_sms_flag") == "Unsubscribed"
        hand.pressed = 0
        await hand.press("u")
        await hand.see("Review: 6 users", "undo of entries", "→ ● given")
        await hand.press("i")
        await hand.write("evidence", "they had agreed: form 7")
        await hand.press("tab")
        await hand.write("reason", "INC-7 was wrong")
        await hand.press("ctrl+s")
        await hand.see("✓ 6 confirmed")
    assert hand.pressed <= 5
    assert state(sandbox, "user-0001", "mkt_sms_flag") == "Subscribed"
    assert state(sandbox, "user-0004", "mkt_sms_flag") == "Unsubscribed"  # was never set


async def test_who_changed_it_is_seen(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        hand = Hand(pilot)
        await sms_off_for_twelve(hand)
        await pilot.press("escape", "i")
        hand.pressed = 0
        await hand.look_up("user-0002")
        await focused(pilot, "ConsentMatrix")
        await hand.press("4")
        await hand.see("● → ○ SMS", app.connections.session("here").journal.operator.host)
    assert hand.pressed <= 3


@pytest.mark.parametrize("size", BOTH)
async def test_a_phone_number_is_deleted(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal, environment=Environment.PRODUCTION, keyring=keyring)
    async with driven(app, size) as pilot:
        hand = Hand(pilot)
        await hand.look_up("user-0003")
        await focused(pilot, "ConsentMatrix")
        await hand.press("3")
        await hand.see("82••")  # read, and not only named
        await hand.press("down", "d")
        await hand.see("Delete an identifier", "phone_number")
        await hand.write("user", "user-0003")
        await hand.press("enter")
        await hand.see("1 edit")
        await hand.press("r")
        await hand.see("✗ deleted")
        await hand.press("i")
        await hand.write("reason", "CS-9")
        await hand.press("ctrl+s")
        await hand.see("✓ 1 confirmed")
    assert hand.pressed <= 8
    assert state(sandbox, "user-0003", "phone_number") is None


async def test_three_hundred_ids_of_a_file_are_stopped(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    listed = write_list(tmp_path, *users(1, 300))
    async with driven(console(sandbox, journal=journal, environment=Environment.PRODUCTION)) as pilot:
        hand = Hand(pilot)
        await focused(pilot, "#ids")
        await hand.press("f8")
        await hand.see("Many users at once")
        await hand.press("n")
        await hand.write("file", str(listed))
        await hand.press("enter")
        await focused(pilot, "#changes")
        await hand.press("f2")
        await hand.see("withdraw, give, leave as it is")
        await hand.press("4", "enter")
        await focused(pilot, "#changes")
        await hand.press("enter")
        await hand.see("to be sent", "Group ")
        await hand.press("a")
        await hand.see("Apply: 44 users would be sent")  # the sandbox knows the first sixty
        await hand.press("i")
        await hand.write("reason", "INC-7")
        await hand.press("enter")
        await hand.write("count", "44")
        await hand.press("ctrl+s")
        await hand.see("finished", "✓ confirmed")
    assert hand.pressed <= 14
    assert state(sandbox, "user-0057", "mkt_sms_flag") == "Unsubscribed"
