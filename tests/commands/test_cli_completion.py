"""`dfn-tui completion`: scripts that the shells take, and that know the commands."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.cli import main

Output = pytest.CaptureFixture[str]
CONFIG = """
[connections.prod]
api = "v1"
environment = "production"

[connections.stage-2]
api = "v1"
environment = "staging"
"""


@pytest.fixture(autouse=True)
def _configured() -> None:
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(CONFIG, encoding="utf-8")


def test_the_names_of_the_connections(capsys: Output) -> None:
    assert main(["completion", "--connections"]) == 0
    assert capsys.readouterr().out == "prod\nstage-2\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(shell: str, capsys: Output, require: Callable[..., None]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "dfn-tui completion --connections" in script
    assert "acknowledge" in script
    require(shell)
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["s"], ["set", "snapshot", "sending", "sandbox"]),
        (["set", "--acknowledge", ""], ["night-rule", "merges"]),
        (["ci", "d"], ["delete"]),
        (["set", "--ev"], ["--evidence"]),
        (["get", "--kind", "k"], ["kakao_user_id"]),
        (["set", "-c", ""], ["prod", "stage-2"]),
        (["-c", "st"], ["stage-2"]),
        (["connections", ""], ["list", "test"]),
        (["connections", "test", ""], ["prod", "stage-2"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["bulk", "re"], ["resume"]),
        (["bulk", "apply", "--on-conflict", "s"], ["stop", "skip"]),
        (["bulk", "plan", "scr"], ["script"]),
        (["bulk", "show", "scr"], ["script"]),
        (["bulk", "apply", "--results", "scr"], ["script"]),
        (["bulk", "verify", "scr"], ["script"]),
    ],
)
def test_what_bash_offers(typed: list[str], offered: list[str], tmp_path: Path, capsys: Output) -> None:
    main(["completion", "bash"])
    (tmp_path / "script").write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "dfn-tui").write_text(f'#!/bin/sh\nexec {sys.executable} -m dfn_tui "$@"\n', encoding="utf-8")
    (tmp_path / "dfn-tui").chmod(0o700)
    words = " ".join(f"'{word}'" for word in ["dfn-tui", *typed])
    driving = (
        f"PATH={tmp_path}:$PATH; . {tmp_path}/script; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
        '$(complete -p dfn-tui | grep -o -- "-F [^ ]*" | cut -c4-) ; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    ended = subprocess.run(["bash", "-c", driving], check=True, capture_output=True, text=True, cwd=tmp_path)
    found = ended.stdout.split()
    assert [word for word in found if not word.startswith("-")] == offered or set(offered) == set(found)


def test_bad_usage() -> None:
    for arguments in ([], ["powershell"], ["bash", "--connections"]):
        with pytest.raises(SystemExit) as ended:
            main(["completion", *arguments])
        assert ended.value.code == 2
