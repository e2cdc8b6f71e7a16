"""`dfn-tui help`: the topics, one of them, and the pager that shows it."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dfn_tui.cli import help as manual
from dfn_tui.cli import main
from dfn_tui.paths import manual_files

Output = pytest.CaptureFixture[str]
RECORDING = """
import os, sys
from pathlib import Path
inherited = [name for name in os.environ if name.startswith("DFN_TUI_")]
Path(sys.argv[1]).write_text("|".join([*sys.argv[2:], *inherited]) + "\\n" + sys.stdin.read(), "utf-8")
"""


def in_terminal(pager: str) -> str:
    """What `dfn-tui help keys` shows in a terminal, with this pager."""
    terminal, inside = os.openpty()
    environ = {"PAGER": pager, "DFN_TUI_TOKEN": "secret", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "dfn_tui", "help", "keys"],
        stdin=subprocess.DEVNULL,
        stdout=inside,
        stderr=inside,
        env=os.environ | environ,
    )
    os.close(inside)
    shown = b""
    with suppress(OSError):  # its last end was closed
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    os.close(terminal)
    assert process.wait() == 0, shown
    return shown.decode()


@pytest.fixture
def paged(tmp_path: Path) -> Callable[[str], str]:
    """Shows a topic with a pager that has these arguments; gives the arguments and the text it was given."""
    (tmp_path / "pager.py").write_text(RECORDING, encoding="utf-8")
    kept = tmp_path / "kept"

    def show(arguments: str) -> str:
        assert in_terminal(f"{sys.executable} {tmp_path / 'pager.py'} {kept} {arguments}") == ""
        return kept.read_text("utf-8")

    return show


def test_the_topics_are_listed_with_a_line_each(capsys: Output) -> None:
    assert main(["help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-2]] == list(manual.topics())
    assert all(about for about in manual.topics().values())
    assert "tokens" in manual.topics()


def test_without_a_terminal_a_topic_is_plain_text(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "false")
    assert main(["help", "keys"]) == 0
    assert capsys.readouterr().out == manual_files()["keys"].read_text("utf-8")


def test_in_a_terminal_it_is_rendered_and_goes_through_the_pager(paged: Callable[[str], str]) -> None:
    shown = paged("")
    assert "\x1b[" in shown
    assert "`F1`" not in shown
    assert "every key of every screen" in shown


def test_no_shell_reads_the_pager_and_no_variable_of_ours_reaches_it(
    tmp_path: Path, paged: Callable[[str], str]
) -> None:
    planted = tmp_path / "planted"
    words = f"'two words' ; touch {planted} $HOME"
    assert paged(words).splitlines()[0] == f"two words|;|touch|{planted}|$HOME"
    assert not planted.exists()


@pytest.mark.parametrize("broken", ["no-such-program-at-all", "bad-interpreter"])
def test_a_pager_that_cannot_be_run_hides_nothing(broken: str, tmp_path: Path) -> None:
    (tmp_path / "bad-interpreter").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    (tmp_path / "bad-interpreter").chmod(0o700)
    assert "every key of every screen" in in_terminal(str(tmp_path / broken))


@pytest.mark.parametrize("pager", ["", " ", "'not closed"])
def test_the_pager_is_less_where_none_is_named(pager: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert tuple(manual.pager({"PAGER": pager})) == ("less", "-R")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not manual.pager({"PAGER": pager})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tokns", "Did you mean “tokens”?"),
        ("Exit-Code", "Did you mean “exit-codes”?"),
        ("zzzz", "It has: api-versions,"),
        ("../cli/help", "The manual has nothing on ../cli/help."),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_an_unknown_topic(asked: str, said: str, capsys: Output) -> None:
    assert main(["help", asked]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_the_help_of_the_commands_stays_quick() -> None:
    """Rich is imported only to show a topic."""
    code = "import sys, dfn_tui.cli; dfn_tui.cli.main(['help']); sys.exit('rich' in sys.modules)"
    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", code) == 0
