"""Who may import whom, and what the first screen must not wait for."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("textual", "httpx", "pydantic", "keyring", "cryptography", "phonenumbers", "starlette", "uvicorn")


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "module",
    [
        "dfn_tui.cli",
        "dfn_tui.config",
        "dfn_tui.consent.flags",
        "dfn_tui.api.types",
        "dfn_tui.api.errors",
        "dfn_tui.store",
    ],
)
def test_what_is_needed_before_the_first_paint_is_light(module: str) -> None:
    script = f"import sys, {module}; print(*({set(HEAVY)} & set(sys.modules)))"
    assert printed(script) == []


def test_a_start_imports_nothing_that_only_later_screens_and_calls_need() -> None:
    later = {
        "dfn_tui.api.calls",
        "dfn_tui.config.schema",
        "dfn_tui.config.writing",
        "dfn_tui.sandbox.options",
        "dfn_tui.screens.lookup.users",
        "json",
        "secrets",
        "tomllib",
    }
    started = "dfn_tui.cli.console, dfn_tui.service.demo, dfn_tui.painting.driver"
    assert printed(f"import sys, {started}; print(*{later} & set(sys.modules))") == []


def printed(script: str) -> list[str]:
    """The words that a new Python prints for this script."""
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return ended.stdout.split()
