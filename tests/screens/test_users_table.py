"""The rows of a look-up on their own."""

from pathlib import Path

from textual.app import App, ComposeResult

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.server import SandboxThread
from dfn_tui.screens.lookup.users import Users
from dfn_tui.service.desk import Desk
from tests.starting import send, start


class UsersApp(App[None]):
    """The table alone."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def compose(self) -> ComposeResult:
        yield Users(self._desk)


async def test_a_user_read_again_comes_too_late_for_another_look_up(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with start(sandbox, journal) as desk, UsersApp(desk).run_test() as pilot:
        users = pilot.app.query_one(Users)
        users.begin()
        first, other = desk.identity("user-0001"), desk.identity("user-0002")
        record = await desk.open_user(first)
        users.add_user(record)
        desk.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
        await send(desk)
        assert users.written_to() == [first]
        again = await desk.open_user(first)
        users.begin()
        users.add_user(await desk.open_user(other))
        users.update_user(again)
        assert users.row_count == 1
        assert users.written_to() == []
