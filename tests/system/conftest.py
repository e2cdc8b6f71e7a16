"""What the tests of the system share."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread
from tests.system.typist import Typist


@pytest.fixture
def mounted(tmp_path: Path, require: Callable[..., None]) -> Iterator[Callable[[str], Path]]:
    """`mounted("size=1m")` is a small file system of its own; `mounted("remount,ro")` changes it."""
    require("mount", "umount")
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        if ended.returncode != 0:
            pytest.skip(f"this account may not mount: {ended.stderr.strip()}")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    """One with sixty users, where a file has none of its own."""
    with SandboxThread(SandboxOptions(users=60)) as running:
        yield running


@pytest.fixture
def console(tmp_path: Path, sandbox: SandboxThread) -> Iterator[Typist]:
    """A console in a pseudo-terminal, where a file has none of its own."""
    with Typist(tmp_path, sandbox) as typist:
        yield typist
