from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.server import SandboxThread


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    """A sandbox with a few users, for one test."""
    with SandboxThread(SandboxOptions(users=60)) as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a console keeps its journal: nothing is there yet."""
    return tmp_path / "state" / "journal.db"
