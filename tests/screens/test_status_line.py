"""The top line: where a change would go, and the night, whatever room there is."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.app import ComposeResult

from dfn_tui import paths
from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.config.model import ArchiveConfig, ArchiveKind
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.service.context import ConnectionContext, Mode
from dfn_tui.store import journal_file
from dfn_tui.store.archive_queue import mark_file
from dfn_tui.widgets.status_line import StatusLine
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import DAY, NIGHT, SIZES, console, driven, focused, look_up, see, shown, until
from tests.unit.journals import filled

EVENING = datetime(2026, 11, 26, 11, 52, tzinfo=UTC)
"""20:52 in Korea."""
PLACE = ("Review", "13 users, 14 edits", "nothing has been sent")


def context(environment: Environment = Environment.PRODUCTION, *, busy: bool = False) -> ConnectionContext:
    """A connection; `busy` has everything to say that there is."""
    connection = Connection("shop", ApiVersion.V1, environment)
    if not busy:
        return ConnectionContext(connection, Mode(False, ""))
    mode = Mode(True, "config.toml")
    return ConnectionContext(connection, mode, True, lambda: timedelta(minutes=7), lambda: 40)


class Line(ThemedApp):
    def __init__(self, on: ConnectionContext | None, now: datetime, theme: str = "dark") -> None:
        super().__init__(paths.style_files(), theme)
        self._on = on
        self._now = now

    def compose(self) -> ComposeResult:
        yield StatusLine(self._on, lambda: self._now)

    @property
    def line(self) -> str:
        return str(self.query_one(StatusLine).render())


async def line(on: ConnectionContext | None, now: datetime, width: int, *place: str) -> str:
    app = Line(on, now)
    async with app.run_test(size=(width, 3)):
        app.query_one(StatusLine).say_place(*place)
        return app.line


async def test_the_place_stands_after_the_connection() -> None:
    said = await line(context(), EVENING, 120, *PLACE)
    start = " PRODUCTION  shop v1  │  Review · 13 users, 14 edits · nothing has been sent  "
    assert said.startswith(start)
    assert said.endswith("  20:52 KST   ▲ NIGHT IN 8 MIN  ")
    assert len(said) == 120


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (DAY, "12:00 KST  night from 21:00 "),
        (datetime(2026, 3, 2, 11, 29, 59, tzinfo=UTC), "20:29 KST  night from 21:00 "),
        (datetime(2026, 3, 2, 11, 30, tzinfo=UTC), "20:30 KST   ▲ NIGHT IN 30 MIN  "),
        (NIGHT, "22:30 KST   ▲ NIGHT until 08:00 (9 h 30 min)  "),
        (datetime(2026, 3, 2, 22, 59, 30, tzinfo=UTC), "07:59 KST   ▲ NIGHT until 08:00 (0 h 1 min)  "),
        (datetime(2026, 3, 2, 23, 0, tzinfo=UTC), "08:00 KST  night from 21:00 "),
    ],
)
async def test_amber_is_for_the_night_and_shortly_before(now: datetime, said: str) -> None:
    assert (await line(context(), now, 100)).endswith(said)


async def test_what_can_be_missed_goes_first() -> None:
    """The last of the place, the place, what is said by day; never what a write depends on."""
    wide = await line(context(busy=True), NIGHT, 170, *PLACE)
    whole = "READ-ONLY (config.toml) · server clock off by 7 min · token in memory only  │  Review"
    assert whole in wide
    assert "nothing has been sent" not in wide
    for width in (80, 90, 100, 120):
        narrow = await line(context(busy=True), NIGHT, width, *PLACE)
        assert narrow.startswith(" PRODUCTION  shop")
        assert "JOB 40 %" in narrow
        assert "READ-ONLY" in narrow
        assert "▲ NIGHT until 08:00" in narrow
        assert "22:30 KST" in narrow
        assert len(narrow) == width
    assert "night" not in await line(context(), DAY, 42)


async def test_without_a_connection_the_program_is_named() -> None:
    assert (await line(None, DAY, 80, "Connections")).startswith(" dfn-tui  │  Connections")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_production_alone_is_red(theme: str) -> None:
    styles = {}
    for environment in Environment:
        app = Line(context(environment), DAY, theme)
        async with app.run_test(size=(80, 3)):
            first = next(iter(app.screen._compositor.render_strips()[0]))
            assert first.style is not None
            styles[environment] = first.style.bgcolor.name if first.style.bgcolor else ""
    assert styles[Environment.PRODUCTION] == "#b8322f"
    assert styles[Environment.STAGING] == styles[Environment.SANDBOX] != "#b8322f"


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_production_shows_on_every_screen_and_above_every_dialog(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox, environment=Environment.PRODUCTION, now=EVENING)

    def named() -> bool:
        first = (shown(app).splitlines() or [""])[0]
        return first.startswith(" PRODUCTION  here") and "▲ NIGHT IN 8 MIN" in first

    async with driven(app, size) as pilot:
        assert named()
        for keys in (["f6"], ["f7"], ["f8"], ["f1"], ["ctrl+p"], ["f6", "a"]):
            await pilot.press(*keys)
            await until(pilot, lambda: len(app.screen_stack) == 2 + len(keys))  # noqa: B023  awaited here
            await until(pilot, named)
            for _key in keys:
                await pilot.press("escape")
        await look_up(pilot, "user-0001 user-0002")
        await focused(pilot, "UserList")
        await pilot.press("y")
        await see(pilot, "Sent to the terminal")
        await until(pilot, named)


async def test_how_far_behind_the_archive_is_stands_after_the_connection() -> None:
    behind = context()
    behind.not_archived = lambda: 1234
    assert "shop v1 · 1,234 entries not archived yet" in await line(behind, EVENING, 140)
    assert "shop · 1,234 not archived" in await line(behind, EVENING, 72, *PLACE)
    behind.not_archived = lambda: 0
    assert "archived" not in await line(behind, EVENING, 140)


@pytest.mark.slow
async def test_the_console_archives_beside_its_work(sandbox: SandboxThread, tmp_path: Path) -> None:
    """What an earlier run had left is sent, and what the archive does not take is told in the top line."""
    filled(journal_file(), None)
    to = ArchiveConfig(ArchiveKind.SYSLOG, socket=str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        app = console(sandbox, archive=to)
        async with driven(app, (140, 40)) as pilot:
            await until(pilot, lambda: app.connections.context("here").not_archived() == 8)
            app.screen.query_one(StatusLine).look_again()
            await see(pilot, "8 entries not archived yet")
            await app.connections.archive_rest()
        assert not mark_file(journal_file()).exists()
        listening.bind(to.socket)
        app = console(sandbox, archive=to)
        async with driven(app) as pilot:
            await until(pilot, mark_file(journal_file()).exists)
            await app.connections.archive_rest()
        listening.setblocking(False)
        assert b'"seq": 1' in listening.recv(65536)
