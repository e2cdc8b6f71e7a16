"""What all tests share."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline would be an assertion on elapsed time: it fails on a busy machine, not on a defect.
settings.register_profile("dfn-tui", deadline=None)
settings.load_profile("dfn-tui")

# Tests are written for English, whoever runs them: those of another language say so.
os.environ.update({name: "C.UTF-8" for name in ("LC_ALL", "LC_MESSAGES", "LANG") if name in os.environ})

# Under `nohup` it is ignored, and every program that a test starts and hangs up on would ignore it as well.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each test. `mktemp` reads all folders of a run to number one: seconds, for thousands."""
    within = tmp_path_factory.mktemp("homes")
    return (within / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_folders(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may read or write what belongs to whoever runs it."""
    folder = next(_homes)
    folder.mkdir()
    monkeypatch.setenv("DFN_TUI_STATE", str(folder / "state"))
    monkeypatch.setenv("DFN_TUI_CONFIG", str(folder / "config.toml"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a console keeps its journal: nothing is there yet."""
    return tmp_path / "state" / "journal.db"


@pytest.fixture(autouse=True)
def _textual_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program takes them out of its environment, and the plugin of the snapshots needs its own."""
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        monkeypatch.setenv(name, os.environ[name])


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


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the waits between them, so that a test of the last word need not sit them out."""
    from dfn_tui.api.retry import SINGLE

    monkeypatch.setattr("dfn_tui.api.retry.SINGLE", SINGLE._replace(base=0.0))
