import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._context import active_app

from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    """A sandbox with a few users, for one test."""
    with SandboxThread(SandboxOptions(users=60)) as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a console keeps its journal: nothing is there yet."""
    return tmp_path / "state" / "journal.db"


async def _messages_done(_least: float = 0, _longest: float = 0) -> None:
    """Returns when no message is left to be handled and nothing to be painted."""
    app = active_app.get()
    calm = 0
    while calm < 5 and not app._exit:  # a handler may be between two messages; after the end none is read
        await asyncio.sleep(0)
        calm += 1
        if any(node.message_queue_size or node._next_callbacks for node in (app, *app._registry)):
            calm = 0
            continue
        screen = app.screen
        if screen._layout_required or screen._repaint_required or screen._dirty_widgets or screen._callbacks:
            screen._on_timer_update()
            calm = 0


@pytest.fixture(autouse=True)
def _keys_wait_for_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key waits until its messages are done, not until the process has been idle for some time: what comes
    of a worker or of the server is waited for by `see` and `until`."""
    monkeypatch.setattr("textual.app.wait_for_idle", _messages_done)
    monkeypatch.setattr("textual.pilot.wait_for_idle", _messages_done)
