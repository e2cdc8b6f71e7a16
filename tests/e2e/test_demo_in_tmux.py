"""The whole way in a real terminal, against a real server, down to the row in its database."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.tmux import USER_SHOWN, Tmux, Watched, children, look_up

pytestmark = pytest.mark.slow

CONSOLE = [sys.executable, "-m", "dfn_tui"]
TOKEN = "tok-e2e"


@pytest.fixture(autouse=True)
def _tmux_is_here(require: Callable[..., None]) -> None:
    require("tmux")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing belongs to whoever runs the test."""
    return {
        "HOME": str(tmp_path),
        "DFN_TUI_CONFIG": str(tmp_path / "config.toml"),
        "DFN_TUI_STATE": str(tmp_path / "state"),
    }


@pytest.fixture
def state(tmp_path: Path, home: dict[str, str]) -> Iterator[Path]:
    """A sandbox that keeps its state in this file, and the configuration of a connection to it."""
    file = tmp_path / "sandbox.db"
    sandbox = subprocess.Popen(
        [*CONSOLE, "sandbox", "--users", "10", "--state", str(file), "--token", TOKEN],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with sandbox:
        assert sandbox.stdout is not None
        [url] = [word for word in sandbox.stdout.readline().split() if word.startswith("http://")]
        Path(home["DFN_TUI_CONFIG"]).write_text(
            f'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\nbase_url = "{url}"\n'
        )
        yield file
        sandbox.terminate()


def sms_consent(state: Path, user_id: str) -> str | None:
    with closing(sqlite3.connect(state)) as connection:
        [row] = connection.execute("SELECT mkt_sms_flag FROM users WHERE user_id = ?", (user_id,))
        consent: str | None = row[0]
        return consent


def test_a_consent_is_withdrawn(state: Path, home: dict[str, str]) -> None:
    with Tmux(CONSOLE, {**home, "DFN_TUI_TOKEN": TOKEN}) as terminal:
        look_up(terminal, "user-0003")
        terminal.wait_for(*USER_SHOWN)
        assert sms_consent(state, "user-0003") == "Subscribed"

        terminal.press("Down", "Down", "u")
        terminal.wait_for("1 edit staged")
        terminal.press("r")
        terminal.wait_for("Review: 1 user", "mkt_sms_flag")
        terminal.wait_for_focus("Cancel")
        terminal.press("BTab")
        terminal.wait_for_cursor()
        terminal.type("INC-42 asked by phone")
        terminal.wait_for("INC-42 asked by phone")
        assert sms_consent(state, "user-0003") == "Subscribed"

        terminal.press("Tab", "Tab")
        terminal.wait_for_focus("Send")
        terminal.press("Enter")
        terminal.wait_for("mkt_sms_flag", "confirmed")
        assert sms_consent(state, "user-0003") == "Unsubscribed"

        with Watched(terminal.pid) as console:
            terminal.press("C-q")
            assert console.ended()


def test_a_terminal_made_wide_and_narrow_again_keeps_the_place(state: Path, home: dict[str, str]) -> None:
    with Tmux(CONSOLE, {**home, "DFN_TUI_TOKEN": TOKEN}) as terminal:
        look_up(terminal, "user-0002 user-0003")
        terminal.wait_for("2 ids", "2 found")
        terminal.press("Down", "Enter")
        terminal.wait_for("user-0003 user_id", *USER_SHOWN)
        assert "2 found" not in terminal.screen()

        terminal.resize(140, 41)
        terminal.wait_for("2 found", "user-0003 user_id", "go out?")  # side by side
        terminal.press("Down", "Down", "u")
        terminal.wait_for("1 edit staged", "Staged 1 user")

        terminal.resize(80, 25)
        terminal.wait_until(lambda: "2 found" not in terminal.screen(), "the user alone")
        terminal.wait_for("user-0003 user_id", "1 edit staged", "Staged 1 user")
        terminal.press("Escape")
        terminal.wait_for("2 found", "›○")


def test_the_console_opens_on_a_user(state: Path, home: dict[str, str]) -> None:
    with Tmux([*CONSOLE, "--user", "user-0003"], {**home, "DFN_TUI_TOKEN": TOKEN}) as terminal:
        terminal.wait_for("user-0003", "Nothing staged.")


def quit_it(terminal: Tmux) -> None:
    terminal.press("C-q")


def kill_it(terminal: Tmux) -> None:
    os.kill(terminal.pid, signal.SIGKILL)


@pytest.mark.parametrize("leave", [quit_it, kill_it, Tmux.hang_up])
def test_the_demo_leaves_nothing_running(leave: Callable[[Tmux], None], home: dict[str, str]) -> None:
    with Tmux([*CONSOLE, "demo"], home) as terminal:
        terminal.wait_for("user-0001", "SANDBOX")
        # Its sandbox starts after the first paint.
        terminal.wait_until(lambda: len(children(terminal.pid)) == 1, "the sandbox's process")
        [sandbox_pid] = children(terminal.pid)
        with Watched(terminal.pid) as console, Watched(sandbox_pid) as sandbox:
            leave(terminal)
            assert console.ended()
            assert sandbox.ended()


def test_a_consent_is_withdrawn_in_korean(state: Path, home: dict[str, str]) -> None:
    korean = {**home, "DFN_TUI_TOKEN": TOKEN, "LC_ALL": "ko_KR.UTF-8"}
    with Tmux(CONSOLE, korean) as terminal:
        terminal.wait_for("user_id ", "ID를 입력하거나 여러 개를 붙여 넣으십시오", "샌드박스")
        terminal.wait_for_cursor()
        terminal.type("user-0003")
        terminal.press("Enter")
        terminal.wait_for("광고성 정보가 발송될 수 있습니까?", "● 수신 동의")

        terminal.press("Down", "Down", "u")
        terminal.wait_for("보낼 변경 1건")
        terminal.press("r")
        terminal.wait_for("검토: 1명", "아직 아무것도 전송 안 함")
        terminal.wait_for_focus("취소")
        terminal.press("BTab")
        terminal.wait_for_cursor()
        terminal.type("고객 요청")
        assert sms_consent(state, "user-0003") == "Subscribed"

        terminal.press("C-s")
        terminal.wait_for("확인됨", "문자 광고성 정보")
        assert sms_consent(state, "user-0003") == "Unsubscribed"
