"""`dfn-tui journal` as a process: pipes, encodings, full disks, a quick `--help`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.store import journal_file
from tests.unit.journal_command.running import golden
from tests.unit.journals import filled


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own, without a keyring."""
    return subprocess.Popen(
        [sys.executable, "-m", "dfn_tui", "journal", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **environment},
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [["list"], ["export", "--format", "csv"]])
def test_a_reader_that_has_enough_is_no_failure(command: list[str]) -> None:
    filled(journal_file(), None, changes=1000)  # more than a pipe holds
    with process(*command, *(["--limit", "10000"] if command == ["list"] else [])) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.usefixtures("journal")
def test_output_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "dfn_tui", "journal", "list"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"dfn-tui: The output could not be written\n")
    assert b"Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("journal")
def test_text_fits_any_terminal_and_data_is_utf_8() -> None:
    korean = "김철수"
    with process("list", PYTHONIOENCODING="ascii") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, b"")
    assert korean.encode("ascii", "backslashreplace") in out
    with process("list", "--json", PYTHONIOENCODING="ascii") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, b"")
    assert out.decode() == golden("list.jsonl")


@pytest.mark.parametrize("arguments", [["--help"], ["journal", "--help"], ["journal", "export", "--help"]])
def test_help_needs_nothing_heavy(arguments: list[str]) -> None:
    script = """
import sys
from dfn_tui.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code
heavy = {"sqlite3", "cryptography", "textual", "rich", "httpx", "pydantic", "keyring", "asyncio"}
print(*heavy & set(sys.modules), file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    assert ended.stderr.split() == []
    assert "journal" in ended.stdout
