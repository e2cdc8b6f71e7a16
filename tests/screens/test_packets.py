"""What is typed in one packet has the effect of the same keys typed slowly, whatever they are."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from dfn_tui.app import ConsoleApp
from dfn_tui.keyboard.messages import Packet
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.screens.base import WorkersEnd
from dfn_tui.screens.lookup.user_list import UserList
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.table import Table
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, look_up, until
from tests.screens.test_typing_ahead import writes

ROUNDS = int(os.environ.get("DFN_TUI_PACKETS", "8"))
"""Sequences a run of each start; a thorough run takes hundreds."""
FIRST = int(os.environ.get("DFN_TUI_PACKETS_FROM", "0"))

LETTERS = "uuussprrrxdgvamoobtnhwlfek123*/JjkGS+-cyA"
NAMED = ("enter", "enter", "enter", "tab", "tab", "shift+tab", "down", "down", "up", "left", "right", "space")
PLACES = ("f2", "f3", "f5", "f7", "f8", "f9", "f10", "ctrl+p", "ctrl+t", "ctrl+u", "ctrl+s", "home", "end")
STARTS = ["user-0003", "user-0001 user-0002 user-0003", "nobody-1 user-0004"]


def sequence(chance: random.Random) -> list[Key]:
    """Keys as anybody might hit them. None that drops what waits before it, and none that leaves."""
    keys: list[Key] = []
    for _key in range(chance.randint(2, 9)):
        kind = chance.random()
        if kind < 0.55:
            letter = chance.choice(LETTERS)
            name = {"*": "asterisk", "/": "slash", "+": "plus", "-": "minus"}.get(letter, letter)
            keys.append(Key(name, letter))
        elif kind < 0.9:
            name = chance.choice(NAMED)
            keys.append(Key(name, {"space": " ", "enter": "\r", "tab": "\t"}.get(name)))
        else:
            keys.append(Key(chance.choice(PLACES), None))
    return keys


def told(app: ConsoleApp, sandbox: SandboxThread) -> dict[str, Any]:
    """All that keys change: where one is, what is typed, chosen, marked, staged and sent."""
    screen, session = app.screen, app.connections.session("here")
    return {
        "screens": [type(one).__name__ for one in app.screen_stack],
        "focus": f"{type(app.focused).__name__}#{app.focused.id}" if app.focused else "",
        "inputs": {one.id: one.value for one in screen.query(Input)},
        "tables": {one.id: one.cursor_row for one in screen.query(Table)},
        "options": {one.id: one.highlighted for one in screen.query(OptionList)},
        "flags": [one.flag for one in screen.query(ConsentMatrix)],
        "lists": [
            (one.cursor, sorted(who.value for who in one.rows.marked)) for one in screen.query(UserList)
        ],
        "staged": {
            change.identity.value: {item.name: str(item.after) for item in change.fields}
            for change in session.staging.changes()
        },
        "writes": writes(sandbox),
    }


async def quiet(pilot: "Pilot[None]", app: ConsoleApp) -> None:
    """Waits until all that keys set off is done."""
    typed = app.typed_ahead

    def done() -> bool:
        return typed._under_way is None and not typed._waiting and not typed._is_reading()

    await until(pilot, done)
    await typed._settle()
    await pilot.pause()
    await until(pilot, done)


def asks(app: ConsoleApp) -> bool:
    return isinstance(app.screen, WorkersEnd) and not app.screen.takes_typed_ahead()


async def play(start: str, keys: list[Key], *, slowly: bool) -> tuple[dict[str, Any], int]:
    """What is there after these, and how many of them come before a question that is to be read first."""

    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        app = console(sandbox)
        async with driven(app) as pilot:
            await look_up(pilot, start)
            await quiet(pilot, app)
            sandbox.faults.latency_ms = 0 if slowly else 30
            if not slowly:
                app.post_message(Packet([Key(one.key, one.character) for one in keys]))
                await quiet(pilot, app)
                return told(app, sandbox), len(keys)
            for at, key in enumerate(keys, 1):
                app.post_message(Key(key.key, key.character))
                await quiet(pilot, app)
                if asks(app) or isinstance(app.focused, IdsField):  # there lines of one packet are a list
                    return told(app, sandbox), at
            return told(app, sandbox), len(keys)


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
async def test_a_packet_does_what_its_keys_do(
    seed: int, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("slowly", "at_once"):  # a file that is there is not written over
        (tmp_path / folder).mkdir()
    keys = sequence(random.Random(f"{seed} {start}"))
    monkeypatch.chdir(tmp_path / "slowly")
    slowly, taken = await play(start, keys, slowly=True)
    monkeypatch.chdir(tmp_path / "at_once")
    at_once, _all = await play(start, keys[:taken], slowly=False)
    assert at_once == slowly, [one.key for one in keys[:taken]]
