"""Signs that some terminals make two cells of: measured at the start, and by the doctor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.bench.harness import CONSOLE, Terminal
from tests.sandbox_thread import SandboxThread
from tests.system.typist import AnsweringEmulator, Typist

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=60)) as running:
        yield running


@pytest.mark.parametrize(
    ("config", "ambiguous", "in_ascii"),
    [
        ("", 1, False),
        ("", 2, True),
        ('ascii_glyphs = "auto"', 2, True),
        ("ascii_glyphs = false", 2, False),
        ("ascii_glyphs = true", 1, True),
    ],
)
def test_signs_are_ascii_where_the_terminal_makes_two_cells_of_them(
    tmp_path: Path, sandbox: SandboxThread, config: str, ambiguous: int, in_ascii: bool
) -> None:
    with Typist(tmp_path, sandbox, config=config, ambiguous=ambiguous) as console:
        console.type("user-0003\r")
        screen = console.wait_for("@ given" if in_ascii else "● given", "go out?")
        signs = set("●○│─╭╯▲…·━")
        assert signs.isdisjoint(screen) is in_ascii
        assert "한은우" in screen


@pytest.mark.parametrize(
    ("config", "ambiguous", "said"),
    [
        ("", 1, "are one cell wide"),
        ("", 2, "The console draws them in ASCII."),
        ("ascii_glyphs = false", 2, "Remove ascii_glyphs = false"),
        ("ascii_glyphs = true", 1, "as ascii_glyphs says"),
        ("", 0, "does not say how wide"),
    ],
)
def test_the_doctor_measures_them(tmp_path: Path, config: str, ambiguous: int, said: str) -> None:
    (tmp_path / "config.toml").write_text(config)
    environ = {
        "HOME": str(tmp_path),
        "DFN_TUI_CONFIG": str(tmp_path / "config.toml"),
        "DFN_TUI_STATE": str(tmp_path / "state"),
    }
    shown = AnsweringEmulator(200, 40, ambiguous or 1)
    with Terminal([CONSOLE[0], "doctor", "--offline"], environ, columns=200, lines=40) as terminal:
        for _look in range(600):
            shown.feed(terminal.settle(0.05).decode())
            if ambiguous and shown.answers:
                terminal.send("".join(shown.answers))
            shown.answers = []
            if "connection:" in shown.text():
                break
        lines = shown.text().splitlines()
        assert any("signs:" in line and said in line for line in lines), shown.text()
        assert not any("●○" in line and "signs" not in line for line in lines)
