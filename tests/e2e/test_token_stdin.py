"""Tokens and the standard input, in a real terminal: piped into the console, and typed for `auth set`."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.e2e.tmux import Tmux, children
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow

CONSOLE = f"{shlex.quote(sys.executable)} -m dfn_tui"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=10)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, sandbox: SandboxThread, require: Callable[..., None]) -> dict[str, str]:
    require("tmux")
    config = tmp_path / "config.toml"
    config.write_text(
        'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
        f'base_url = "{sandbox.url}"\n'
    )
    return {
        "HOME": str(tmp_path),
        "DFN_TUI_CONFIG": str(config),
        "DFN_TUI_STATE": str(tmp_path / "state"),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/none",
    }


def files_below(folder: str) -> bytes:
    return b"".join(file.read_bytes() for file in Path(folder).rglob("*") if file.is_file())


def test_a_piped_token_opens_the_console_and_the_keys_come_from_the_terminal(
    home: dict[str, str], sandbox: SandboxThread, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{sandbox.token}\nmore\n")
    script = f"cat {secret} | {CONSOLE} --token-stdin"
    with Tmux(["sh", "-c", script], home) as terminal:
        terminal.wait_for("SANDBOX", "here")
        terminal.wait_for_cursor()
        secret.unlink()
        terminal.type("user-0001")
        terminal.press("Enter")
        terminal.wait_for("● given")
        for pid in children(terminal.pid):
            kept = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
            assert sandbox.token.encode() not in kept
        assert "token in memory only" not in terminal.screen()
        terminal.press("C-q")
        terminal.wait_until(lambda: terminal.format("#{pane_dead}") == "1", "the end")
    assert sandbox.token.encode() not in files_below(home["HOME"])


def test_a_token_that_is_typed_is_not_shown(home: dict[str, str]) -> None:
    with Tmux(["sh", "-c", f"{CONSOLE} auth set; echo code $?"], home) as terminal:
        terminal.wait_for("(it is not shown):")
        terminal.type("tok-3f81c6")
        terminal.press("Enter")
        terminal.wait_for("not kept.", "code 4")
        assert "tok-3f81c6" not in terminal.screen()
    assert b"tok-3f81c6" not in files_below(home["HOME"])
