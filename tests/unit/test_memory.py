"""A crash leaves no token on the disk, and Textual writes nothing of what is typed anywhere."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

CRASHES = """
import ctypes, os
from dfn_tui.credentials import TokenStore
TokenStore()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)  # PR_GET_DUMPABLE
print(open("/proc/self/limits").read(), flush=True)
os.abort()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="core dumps are told of by Linux's /proc")
def test_a_process_with_tokens_leaves_no_core_dump(tmp_path: Path) -> None:
    def allow() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    crashed = subprocess.run(
        [sys.executable, "-c", CRASHES],
        cwd=tmp_path,
        env=environ,
        preexec_fn=allow,
        capture_output=True,
        text=True,
        check=False,
    )
    assert crashed.returncode < 0
    dumpable, *limits = crashed.stdout.splitlines()
    [cores] = [line.split() for line in limits if line.startswith("Max core file size")]
    assert (dumpable, cores[4:6]) == ("0", ["0", "0"])
    assert list(tmp_path.iterdir()) == []


def test_what_textual_takes_from_the_environment_is_dropped(tmp_path: Path) -> None:
    """`TEXTUAL_LOG` names a file that would hold every key typed, a token's too."""
    script = (
        "import sys; from dfn_tui.cli import main\n"
        "try: main(['help', 'start'])\n"
        "finally:\n    import os\n"
        "    print([name for name in os.environ if 'TEXTUAL' in name], file=sys.stderr)\n"
    )
    environ = os.environ | {
        "TEXTUAL_LOG": str(tmp_path / "log"),
        "TEXTUAL": "devtools",
        "TEXTUAL_DRIVER": "os:path",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert ended.stderr.splitlines()[-1] == "[]"
    assert not (tmp_path / "log").exists()
