"""A sealed job on the screen: its counts without the key, and the keyring's password where more is needed."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.app import ConsoleApp
from dfn_tui.credentials import KeyringLocked, TokenStore
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, state, users, write_list, writes
from tests.screens.driving import SIZES, console, driven, see, shown, type_in, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

PASSWORD = "open-sesame"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """A keyring that `PASSWORD` unlocks."""
    found = Keyring()

    async def unlock(_store: TokenStore, password: SecretStr) -> None:
        if password.get_secret_value() != PASSWORD:
            raise KeyringLocked("That is not the keyring's password.")
        found.trouble = None

    monkeypatch.setattr(TokenStore, "unlock", unlock)
    return found


async def sealed_job(sandbox: SandboxThread, journal: Path, folder: Path, keyring: Keyring) -> ConsoleApp:
    """A console that starts with a locked keyring, and a job that was stopped by a conflict before."""
    app = console(sandbox, journal=journal, keyring=keyring.open)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(folder, "user-0001", "user-0004"))
        sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Subscribed' WHERE user_id = 'user-0004'")
        await apply(pilot)
        await see(pilot, "stopped", "Changed by someone else")
    keyring.trouble = KeyringLocked("The keyring is locked.")
    sandbox.requests.clear()
    return console(sandbox, journal=journal, keyring=keyring.open)


@pytest.mark.parametrize("size", SIZES)
async def test_the_keyring_is_unlocked_on_the_screen_of_a_sealed_job(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, keyring: Keyring, size: tuple[int, int]
) -> None:
    app = await sealed_job(sandbox, journal, tmp_path, keyring)
    async with driven(app, size) as pilot:
        await pilot.press("f8")
        await see(pilot, "stopped")
        await pilot.press("enter")
        await see(pilot, "The keyring is locked", "Password of the keyring")
        assert "Give a token instead" not in shown(app)
        await type_in(pilot, "wrong")
        await pilot.press("enter")
        await see(pilot, "That is not the keyring's password.")
        await type_in(pilot, PASSWORD)
        await pilot.press("enter")
        await see(pilot, "Changed by someone else", "user-0004")
        await until(pilot, lambda: "The job is sealed" not in shown(app))
        await pilot.press("r")
        await see(pilot, "Send these, too")
        await pilot.press("down", "enter")
        await see(pilot, "finished")
    assert {state(sandbox, user) for user in ("user-0001", "user-0004")} == {"Unsubscribed"}
    assert {one for one in keyring.kept if "head" not in one} == {"journal/key"}


async def test_who_does_not_unlock_it_sees_the_counts_and_is_asked_again_where_it_is_needed(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, keyring: Keyring
) -> None:
    app = await sealed_job(sandbox, journal, tmp_path, keyring)
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "stopped")
        await pilot.press("enter")
        await see(pilot, "Password of the keyring")
        await pilot.press("escape")
        await see(pilot, "of 2 users", "The job is sealed, and its key is not at hand")
        assert "user-0004" not in shown(app)
        assert "INC-42" not in shown(app)
        for key in ("r", "v", "u", "e"):
            await pilot.press(key)
            if key == "r":  # nobody can see what is left: it is asked about first
                await see(pilot, "Send what is left of this job?")
                await pilot.press("down", "enter")
            await see(pilot, "Password of the keyring")
            await pilot.press("escape")
            await until(pilot, lambda: "Password of the keyring" not in shown(app))
            if key == "v":  # on a screen of its own
                await pilot.press("escape")
                await see(pilot, "The job is sealed, and its key")
        assert not writes(sandbox)


async def test_a_plain_job_says_so(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3)))
        await apply(pilot)
        await see(pilot, "finished", "ids and values plainly", "dfn-tui bulk clean")
