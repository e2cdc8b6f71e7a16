"""Copying inside a real tmux, with the setting that the console names."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.e2e.tmux import Tmux
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow


def test_what_is_copied_reaches_tmux(tmp_path: Path, require: Callable[..., None]) -> None:
    require("tmux")
    config = tmp_path / "config.toml"
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        config.write_text(
            'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
            f'base_url = "{sandbox.url}"\n'
        )
        environ = {
            "HOME": str(tmp_path),
            "DFN_TUI_CONFIG": str(config),
            "DFN_TUI_STATE": str(tmp_path / "state"),
            "DFN_TUI_TOKEN": "wrong-token",
        }
        command = ["sh", "-c", f"tmux set -g set-clipboard on && exec {sys.executable} -m dfn_tui"]
        with Tmux(command, environ) as terminal:
            terminal.wait_for_cursor()
            terminal.type("user-0001")
            terminal.press("Enter")
            terminal.wait_for("Replace the token")
            terminal.press_until("c", lambda: "Sent to the terminal" in terminal.screen(), "the copy is told")
            terminal.wait_for("Sent to the terminal", "set -g set-clipboard on")
            terminal.wait_until(
                lambda: "Token not accepted" in terminal.format("#{buffer_sample}"), "the copy"
            )
