"""A question on the terminal, and the signals that come while it is asked."""

import os
import signal
import sys
from collections.abc import Iterator
from select import select
from typing import Any

import pytest

from dfn_tui.cli import stdin


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where somebody types: its other end is the standard input."""
    typing, inside = os.openpty()
    with os.fdopen(inside, encoding="utf-8") as reading:
        monkeypatch.setattr(sys, "stdin", reading)
        yield typing
    os.close(typing)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_just_before_the_read_is_answered_at_once(
    kind: int, terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    before = signal.signal(kind, lambda number, _frame: heard.append(number))
    waited = 0

    def interrupted(*waits: Any) -> Any:
        nonlocal waited
        waited += 1
        if waited > 1:
            os.write(terminal, b"yes\n")
            return select(*waits)
        os.kill(os.getpid(), kind)
        ready = select(waits[0], waits[1], waits[2], 60)
        assert ready[0], "it waits for a line, although a signal came"
        return ready

    monkeypatch.setattr("dfn_tui.cli.stdin.select.select", interrupted)
    try:
        assert stdin.ask("Go on? ") == "yes"
    finally:
        signal.signal(kind, before)
    assert heard == [kind]
    assert signal.set_wakeup_fd(-1) == -1, "what was there before is there again"


def test_ctrl_c_ends_a_question(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_waits: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return [], [], []

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("dfn_tui.cli.stdin.select.select", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            stdin.ask("Go on? ")
    finally:
        signal.signal(signal.SIGINT, before)
