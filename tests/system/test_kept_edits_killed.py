"""Nothing lost: consoles in real terminals, killed at random moments, hung up, and started twice."""

import base64
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.kept.format import read_edits
from dfn_tui.store.kept import left_files
from dfn_tui.store.sealing import Sealer
from tests.e2e.tmux import Tmux, Watched, look_up
from tests.sandbox_thread import SandboxThread
from tests.system.test_signals import Console

pytestmark = pytest.mark.slow

KEY = bytes(range(1, 33))
ROUNDS = 12
ON_SCREEN = 1.0
"""Seconds after which what is on the screen must not be lost any more."""


@pytest.fixture
def console(tmp_path: Path, require: Callable[..., None]) -> Iterator[Console]:
    require("tmux")
    with SandboxThread(SandboxOptions(users=30)) as sandbox:
        made = Console(tmp_path, sandbox)
        config = tmp_path / "config.toml"
        command = f'journal_key_command = ["echo", "{base64.b64encode(KEY).decode()}"]\n'
        config.write_text(command + config.read_text())
        yield made


def kept(console: Console) -> list[dict[str, set[str]]]:
    """Of each console that is gone, the consents staged by user."""
    found = []
    for file in left_files(console.folder / "state" / "kept"):
        plain = file.read(Sealer(KEY))
        assert plain is not None
        drafts = read_edits(plain).drafts
        users = [draft.record.identity.value for draft in drafts]
        assert len(users) == len(set(users))
        found.append({d.record.identity.value: {flag.value for flag in d.consents} for d in drafts})
    return found


def staged_on(screen: str) -> int:
    """How many edits the line above the keys says are staged."""
    found = re.search(r"Staged \d+ users?, (\d+) edits?", screen)
    return int(found.group(1)) if found else 0


def test_a_kill_at_any_moment_of_editing_loses_nothing_that_was_seen(console: Console) -> None:
    chance = random.Random(20261127)
    for round in range(ROUNDS):
        with Tmux(console.command(), console.environ) as terminal:
            look_up(terminal, f"user-{round + 1:04d}")
            terminal.wait_for("go out?", "─ read ")
            seen, most, settled = 0, chance.randint(2, 9), False
            for _key in range(most):
                terminal.press(chance.choice(["u", "u", "s", "Down", "Right", "x", "Up"]))
                if "Close" in terminal.screen():  # the night rule
                    terminal.press("Escape")
                time.sleep(chance.random() * 0.1)
            if chance.random() < 0.5:
                # What stands still for a second is the measure; whatever came after it may be lost.
                deadline = time.monotonic() + ON_SCREEN
                while time.monotonic() < deadline:
                    if (now := staged_on(terminal.screen())) != seen:
                        seen, deadline = now, time.monotonic() + ON_SCREEN
                    time.sleep(0.05)
                settled = True
            with Watched(console.pid) as process:
                os.kill(console.pid, signal.SIGKILL)
                assert process.ended()
        sets = kept(console)
        assert len(sets) <= 1  # one console, one file: nothing is doubled
        if settled:
            assert sum(len(flags) for user in sets for flags in user.values()) == seen
        for file in left_files(console.folder / "state" / "kept"):
            assert file.take()
            file.remove()
        assert sorted((console.folder / "state" / "kept").glob("*")) == []


def stage_one(terminal: Tmux, user: str) -> None:
    look_up(terminal, user)
    terminal.wait_for("go out?", "─ read ")
    terminal.press("Down", "Down", "u")
    terminal.wait_for("1 edit staged")


def gone(console: Console, number: signal.Signals) -> None:
    with Watched(console.pid) as process:
        os.kill(console.pid, number)
        assert process.ended()


def test_what_was_typed_survives_a_kill_and_is_sent_by_the_next(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        terminal.press("r")
        terminal.wait_for_focus("Cancel")
        terminal.press("BTab")
        terminal.wait_for("F1 help")  # in a field
        terminal.type("CS-77 고객")
        terminal.wait_for("CS-77 고객")
        time.sleep(ON_SCREEN)
        gone(console, signal.SIGKILL)
    with Tmux(console.command(), console.environ) as terminal:
        terminal.wait_for("Kept from before: 1 user, 1 edit")
        terminal.press("F9")
        terminal.wait_for("Reason: CS-77 고객", "Take up and review")
        terminal.press_until("Tab", lambda: terminal.has_focus("Take up"), "the button")
        terminal.press("Enter")
        terminal.wait_for("Review: 1 user", "Staged before this console", "CS-77 고객")
        terminal.press("C-s")
        terminal.wait_for("✓ 1 confirmed")
        gone(console, signal.SIGTERM)
    assert console.entry().intent.reason == "CS-77 고객"
    assert kept(console) == []


def test_a_kill_while_they_are_taken_up_neither_loses_nor_doubles_them(console: Console) -> None:
    """Each console takes up what the one before left, and is killed at some moment of that."""
    chance = random.Random(20261128)
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        time.sleep(ON_SCREEN)
        gone(console, signal.SIGKILL)
    for _round in range(ROUNDS // 2):
        with Tmux(console.command(), console.environ) as terminal:
            terminal.wait_for("Kept from before: 1 user, 1 edit")
            terminal.press("F9")
            terminal.wait_for("Take up and review")
            terminal.press_until("Tab", lambda: terminal.has_focus("Take up"), "the button")
            terminal.press("Enter")
            time.sleep(chance.random() * 0.4)
            gone(console, signal.SIGKILL)
        assert kept(console) == [{"user-0003": {"mkt_sms_flag"}}]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_keeps_what_is_staged(console: Console, number: signal.Signals) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        gone(console, number)
    assert console.code == 128 + number
    assert kept(console) == [{"user-0003": {"mkt_sms_flag"}}]
    assert console.errors == ""


def test_of_two_consoles_started_at_once_one_takes_it_up(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        folder = console.folder / "state" / "kept"
        terminal.wait_until(lambda: any(folder.glob("*.kept")), "what is kept")
        gone(console, signal.SIGKILL)
    with (
        Tmux(console.command(), console.environ) as one,
        Tmux(console.command(), console.environ) as other,
    ):
        for terminal in (one, other):
            terminal.wait_for("Kept from before: 1 user, 1 edit")
            terminal.press("F9")
            terminal.wait_for("Take up and review")
            terminal.press_until("Tab", lambda at=terminal: at.has_focus("Take up"), "the button")  # type: ignore[misc]
        one.press("Enter")
        other.press("Enter")
        words = ("Review: 1 user", "Another console took these edits up")
        for terminal in (one, other):
            terminal.wait_until(lambda at=terminal: any(w in at.screen() for w in words), "an end")  # type: ignore[misc]
        assert sorted(words[0] in terminal.screen() for terminal in (one, other)) == [False, True]


@pytest.mark.parametrize("both", [True, False])
def test_edits_of_two_consoles_are_offered_once_each(console: Console, both: bool) -> None:
    """Also of the same user. What a console that still runs has staged is its own."""
    with ExitStack() as open_ones:
        consoles = []
        for _number in range(2):
            terminal = open_ones.enter_context(Tmux(console.command(), console.environ))
            stage_one(terminal, "user-0003")
            consoles.append(console.pid)
        time.sleep(ON_SCREEN)
        for pid in consoles if both else consoles[:1]:
            with Watched(pid) as process:
                os.kill(pid, signal.SIGKILL)
                assert process.ended()
        sets = 2 if both else 1
        assert kept(console) == [{"user-0003": {"mkt_sms_flag"}}] * sets
        for left in reversed(range(sets)):
            third = open_ones.enter_context(Tmux(console.command(), console.environ))
            third.wait_for("Kept from before")
            third.press("F9")
            if left:
                third.wait_for("which are looked at?")
                third.press("Enter")
            third.wait_for("Take up and review")
            third.press_until("Tab", lambda at=third: at.has_focus("Take up"), "the button")  # type: ignore[misc]
            third.press("Enter")
            third.wait_for("Review: 1 user")
            assert len(kept(console)) == left
        last = open_ones.enter_context(Tmux(console.command(), console.environ))
        look_up(last, "user-0001")
        last.wait_for("go out?", "─ read ")
        assert "Kept from before" not in last.screen()


def test_a_line_that_goes_during_the_review_keeps_what_was_typed_there(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        terminal.press("r")
        terminal.wait_for_focus("Cancel")
        terminal.press("BTab")
        terminal.wait_for("F1 help")  # in a field
        terminal.type("CS-78")
        terminal.wait_for("CS-78")
        gone(console, signal.SIGHUP)
    assert kept(console) == [{"user-0003": {"mkt_sms_flag"}}]
    with Tmux(console.command(), console.environ) as terminal:
        terminal.wait_for("Kept from before: 1 user, 1 edit")
        terminal.press("F9")
        terminal.wait_for("Reason: CS-78", "Take up and review")


def test_a_kill_while_edits_are_taken_up_neither_loses_nor_doubles_them(console: Console) -> None:
    chance = random.Random(20261128)
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        folder = console.folder / "state" / "kept"
        terminal.wait_until(lambda: any(folder.glob("*.kept")), "what is kept")
        gone(console, signal.SIGKILL)
    for _round in range(ROUNDS):
        with Tmux(console.command(), console.environ) as terminal:
            terminal.wait_for("Kept from before: 1 user, 1 edit")
            terminal.press("F9")
            terminal.wait_for("Take up and review")
            terminal.press_until("Tab", lambda at=terminal: at.has_focus("Take up"), "the button")  # type: ignore[misc]
            terminal.press("Enter")
            time.sleep(chance.random() * 0.3)  # at any moment of it
            gone(console, signal.SIGKILL)
        assert kept(console) == [{"user-0003": {"mkt_sms_flag"}}]


def test_an_address_changed_by_hand_is_not_sent_to(console: Console) -> None:
    with Tmux(console.command(), console.environ) as terminal:
        stage_one(terminal, "user-0003")
        gone(console, signal.SIGTERM)
    config = Path(console.environ["DFN_TUI_CONFIG"])
    before = config.read_text()
    config.write_text(re.sub(r'base_url = "http://127\.0\.0\.1:', 'base_url = "http://localhost:', before))
    assert config.read_text() != before
    with Tmux(console.command(), console.environ) as terminal:
        terminal.wait_for("at another address (", "not offered")
    config.write_text(before)
    with Tmux(console.command(), console.environ) as terminal:
        terminal.wait_for("Kept from before: 1 user, 1 edit")
