"""What the help, the palette, the connections and the question before production look like, cell by cell."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.credentials import TokenStore
from dfn_tui.service.connections import Connections
from tests.screens.driving import focused, no_keyring, see, until

pytestmark = pytest.mark.slow  # .ci/run goes through them

EVENING = datetime(2026, 11, 26, 11, 52, tzinfo=UTC)
"""20:52 in Korea, eight minutes before the night."""
KNOWN = {
    one.name: one
    for one in (
        Connection("shop", ApiVersion.V1, Environment.PRODUCTION),
        Connection("shop-test", ApiVersion.V1, Environment.SANDBOX, base_url="https://test.shop.example"),
        Connection("shop-next", ApiVersion.V2, Environment.STAGING, True, service_id="7"),
    )
}


def made(opened: str) -> ConsoleApp:
    """A console that has asked no server yet."""
    store = lambda: TokenStore(backend=no_keyring, environ={})  # noqa: E731
    config = Config(Path("/nonexistent/config.toml"), opened, KNOWN)
    return ConsoleApp(Connections(config, clock=lambda: EVENING, make_store=store), opened, theme="dark")


async def connections(pilot: Any) -> None:
    await focused(pilot, "#ids")
    await pilot.press("f6")
    await see(pilot, "▸ shop")


async def production(pilot: Any) -> None:
    await connections(pilot)
    await pilot.press("up", "enter")
    await see(pilot, "Open PRODUCTION shop?")
    await focused(pilot, "#close")


async def token(pilot: Any) -> None:
    await connections(pilot)
    await pilot.press("k")
    await see(pilot, "Token for shop")


async def help_page(pilot: Any) -> None:
    await connections(pilot)
    await pilot.press("question_mark")
    await see(pilot, "Help · connections" if pilot.app.size.width > 80 else "Keys here")


async def palette(pilot: Any) -> None:
    await focused(pilot, "#ids")
    await pilot.press("ctrl+p", *"go")
    await see(pilot, "Go to history")
    dialog = pilot.app.screen
    await until(pilot, lambda: dialog._typed == "go" and dialog.query_one(OptionList).option_count == 4)


@pytest.mark.parametrize("size", [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)])
@pytest.mark.parametrize("reach", [connections, production, help_page, palette, token])
def test_the_screen_looks_as_it_did(
    snap_compare: Callable[..., bool], reach: Callable[[Any], Any], size: tuple[int, int]
) -> None:
    opened = "shop-test" if reach is production else "shop"
    assert snap_compare(made(opened), terminal_size=size, run_before=reach)
