from collections.abc import Iterator

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    """Of its users, 1, 3 and 5 have agreed to SMS advertising."""
    with SandboxThread(SandboxOptions(users=8)) as running:
        yield running
