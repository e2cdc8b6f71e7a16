"""Tests against real parts of the operating system, where they are installed."""

import os
import shutil
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def require() -> Callable[..., None]:
    """`require("tmux", "sshd")`: the test needs these programs.

    Where one is missing the test is skipped with the reason, or fails if `DFN_TUI_REQUIRE_SYSTEM=1` says
    that everything was installed.
    """

    def _require(*programs: str) -> None:
        missing = [program for program in programs if shutil.which(program) is None]
        if not missing:
            return
        reason = f"not installed: {', '.join(missing)}"
        if os.environ.get("DFN_TUI_REQUIRE_SYSTEM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    return _require
