"""The units of systemd in the manual are such that systemd takes them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manual.test_papers import MANUAL

UNITS = re.findall(r"^```\n(\[Unit\].*?)^```", (MANUAL / "installing.md").read_text("utf-8"), re.M | re.S)
PROGRAM = "/usr/local/bin/dfn-tui"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units_of_the_manual(tmp_path: Path) -> None:
    assert len(UNITS) == 3
    for number, unit in enumerate(UNITS):
        # Not installed where tests run: only that there is a program can be looked at.
        name = f"dfn-tui-{number}.service" if "[Service]" in unit else "dfn-tui-1.timer"
        (tmp_path / name).write_text(unit.replace(PROGRAM, "/bin/true"), "utf-8")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["dfn-tui-0.service", "dfn-tui-1.service", "dfn-tui-1.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False, timeout=60
    )
    assert [line for line in done.stderr.splitlines() if "dfn-tui-" in line] == []
    assert done.returncode == 0
