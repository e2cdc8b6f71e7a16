"""The rows of a look-up on their own."""

from pathlib import Path

from textual.app import App, ComposeResult

from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.lookup.users import UsersTable
from dfn_tui.service.session import Session
from tests.sandbox_thread import SandboxThread
from tests.starting import send, start


class UsersApp(App[None]):
    """The table alone."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield UsersTable(self._session)


async def test_a_user_read_again_comes_too_late_for_another_look_up(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with start(sandbox, journal) as session, UsersApp(session).run_test() as pilot:
        users = pilot.app.query_one(UsersTable)
        users.begin()
        first, other = session.identity("user-0001"), session.identity("user-0002")
        record = await session.open_user(first)
        users.add_user(record)
        session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
        await send(session)
        assert users.written_to() == [first]
        again = await session.open_user(first)
        users.begin()
        users.add_user(await session.open_user(other))
        users.update_user(again)
        assert users.row_count == 1
        assert users.written_to() == []
