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
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.split() == []
