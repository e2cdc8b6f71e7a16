"""The mouse in a real pseudo-terminal: what a click does, what it never does, and what is left of it."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.sandbox_thread import SandboxThread
from tests.system.typist import USER_READ, Typist

pytestmark = pytest.mark.slow

OVER_SSH = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
ON, OFF = "\x1b[?1000h", "\x1b[?1000l"
SEND = "\x13"


def switched_on(sent: str) -> set[str]:
    """The modes of the terminal that were switched on and not off again; those it has by itself aside."""
    state = dict(re.findall(r"\x1b\[\?(\d+)([hl])", sent))
    return {mode for mode, letter in state.items() if letter == "h"} - {"7", "25"}


@pytest.mark.parametrize(
    ("environ", "config", "on"),
    [
        ({}, "", True),
        ({}, "mouse = false", False),
        (OVER_SSH, "", False),
        ({"SSH_TTY": "/dev/pts/1"}, "", False),
        (OVER_SSH, "mouse = true", True),
    ],
)
def test_it_is_off_over_ssh_unless_asked_for(
    tmp_path: Path, sandbox: SandboxThread, environ: dict[str, str], config: str, on: bool
) -> None:
    with Typist(tmp_path, sandbox, environ=environ, config=config) as console:
        assert (ON in console.sent) is on
        assert "\x1b[?1003h" not in console.sent  # each move of the mouse would be a report
        console.type("\x10mouse\r")
        console.wait_for("The mouse is off." if on else "The mouse is on")
        console.wait_until(lambda: ("1000" in switched_on(console.sent)) is not on)


def test_a_click_goes_to_a_row_a_tab_a_cell_and_a_key(console: Typist) -> None:
    console.type("\x15user-0001 user-0002 user-0003\r")
    console.wait_for("3 found")
    console.click("한은우")
    console.wait_for("▌   user-0003")
    console.click("조현우", times=2)
    console.wait_for("user-0002 user_id", *USER_READ)
    console.click("2 Properties")
    console.wait_for("custom properties")
    console.click("1 Consents")
    console.wait_for("every channel")
    console.click("○ withdrawn")  # push, the first of them
    console.click("s give  u withdraw")
    console.wait_for("○ › ● given", "1 edit staged")
    console.type("x")
    console.wait_for("Nothing staged.")
    console.wait_for("? 10 more")  # the line of keys is that of now
    console.click(" more")
    console.wait_for("Keys here")
    console.click("esc close  F1")
    console.wait_for(*USER_READ)
    assert not console.writes()


def test_a_click_on_the_line_of_what_is_staged_presses_its_keys(console: Typist) -> None:
    console.type("user-0001\r")
    console.wait_for(*USER_READ)
    console.type("u")
    console.click("r review")
    console.wait_for("Review: 1 user")
    console.type("\x1b")
    console.click("x drop")
    console.wait_for("Nothing staged.")
    assert not console.writes()


def test_the_wheel_scrolls(console: Typist) -> None:
    console.type("\x15" + " ".join(f"user-{number:04}" for number in range(1, 61)) + "\r")
    console.wait_for("60 found", "user-0001")
    console.type("\x1b[<65;20;10M" * 9)
    console.wait_for("user-0020", gone="▌   user-0001")


def test_no_click_sends_anything(console: Typist) -> None:
    console.type("user-0001\rur")
    console.wait_for("Review: 1 user", "^s sends")
    console.click("^s send  i reason")
    console.wait_for("A click sends nothing: press ^s.")
    console.click("Send 1 user", times=2)
    console.wait_for("A click sends nothing: Enter does.")
    console.click("enter send 1 user")
    console.wait_for("A click sends nothing: press enter.")
    assert not console.writes()
    console.type("\r")
    console.wait_for("Result", "confirmed")


def test_a_click_that_comes_before_a_question_is_shown_is_no_answer(
    tmp_path: Path, sandbox: SandboxThread
) -> None:
    with Typist(tmp_path, sandbox) as console:
        console.type("user-0003\rsr")
        console.pause_answers()
        console.wait_for("Review: 1 user")
        console.click("Cancel")
        console.resume_answers()
        console.type("v")  # after the click
        console.wait_for("Review: 1 user")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_nothing_switched_on(console: Typist, number: signal.Signals) -> None:
    assert switched_on(console.sent) >= {"1000", "1006", "1049", "2004"}
    os.kill(console.terminal.pid, number)
    console.wait_until(lambda: not switched_on(console.sent))


def test_one_that_hangs_is_restored_all_the_same(tmp_path: Path) -> None:
    """What is sent where the console itself can do nothing any more."""
    from dfn_tui import terminal

    with_all_on = "".join(f"\x1b[?{mode}h" for mode in (1000, 1006, 1049, 2004, 1004))
    assert not switched_on(with_all_on + terminal._RESTORED.decode())
