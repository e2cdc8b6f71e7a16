"""The journal where it hurts: full and read-only disks, several consoles at once, kill -9."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import urllib.request  # noqa: F401  nobody may read where it lies, and what is imported late would be missing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import Filter, Journal, JournalError, OutcomeGroup
from tests.unit.journals import KEY, PHONE, consent, intent

ROOT = Path(__file__).parents[2]

# Says the number of each intent as soon as it is durable.
WRITER = """
import sys
from pathlib import Path
from dfn_tui.outcomes import Outcome
from dfn_tui.store import (Journal, OutcomeGroup)
from tests.unit.journals import KEY, PHONE, consent, intent

path, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Journal(path, KEY, timeout=30) as journal:
    for number in range(rounds):
        batch = [intent(f"{name}-{number}-{user}", consent(), PHONE) for user in range(3)]
        for seq in journal.begin(batch):
            print(seq, flush=True)
            journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])
"""


def writer(path: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(rounds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def whole(path: Path) -> int:
    with Journal(path, KEY) as journal:
        found = journal.verify()
        assert found.fault is None, found
        assert found.signed == (1, found.entries)
        return found.entries


def test_several_consoles_at_once_keep_one_whole_chain(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    writers = [writer(path, f"console-{number}", 20) for number in range(3)]
    told = [process.communicate() for process in writers]
    assert [process.returncode for process in writers] == [0, 0, 0], told
    numbers = [int(line) for out, _err in told for line in out.split()]
    assert len(set(numbers)) == 3 * 20 * 3
    assert whole(path) == 2 * len(numbers)
    with Journal(path, KEY) as journal:
        assert {entry.seq for entry in journal.find(Filter(), limit=1000)} == set(numbers)


@pytest.mark.slow
def test_kill_9_at_any_instant_leaves_a_whole_chain(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    pick = random.Random(7)
    durable: set[int] = set()
    for number in range(15):
        process = writer(path, f"run-{number}", 100_000)
        assert process.stdout is not None
        for _ in range(pick.randint(0, 40)):
            durable.add(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
        rest, _err = process.communicate()
        durable |= {int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")}
        assert process.returncode == -signal.SIGKILL
        with Journal(path, KEY) as journal:
            assert journal.verify().whole
            found = {entry.seq for entry in journal.find(Filter(), limit=100_000)}
            assert durable <= found
            left = journal.unresolved()
            journal.conclude([OutcomeGroup((entry.seq,), Outcome.FAILED) for entry in left])
            assert journal.unresolved() == []
    assert durable
    whole(path)


def test_a_full_disk_is_said_and_leaves_what_was_there(mounted: Callable[[str], Path]) -> None:
    path = mounted("size=1m") / "journal.db"
    written = 0
    with Journal(path, KEY) as journal:
        with pytest.raises(JournalError, match="disk is full"):
            while True:
                written += len(journal.begin([intent(f"u-{n}", consent(), PHONE) for n in range(20)]))
        assert written
        with pytest.raises(JournalError, match="disk is full"):
            journal.begin([intent("u" * 500_000)])
        assert journal.count() == written
        mounted("remount,size=8m")
        assert journal.begin([intent()]) == [written + 1]
    assert whole(path) == written + 1


def test_a_disk_that_was_full_from_the_start_is_said(mounted: Callable[[str], Path]) -> None:
    folder = mounted("size=64k")
    with pytest.raises(OSError, match="No space"):
        (folder / "filler").write_bytes(bytes(100_000))
    with Journal(folder / "journal.db") as journal, pytest.raises(JournalError, match="disk is full"):
        journal.begin([intent()])


def test_a_read_only_file_system_is_refused_for_writing_and_read(mounted: Callable[[str], Path]) -> None:
    path = mounted("size=1m") / "journal.db"
    with Journal(path, KEY) as journal:
        journal.begin([intent()])
    mounted("remount,ro")
    with Journal(path, KEY) as journal:
        assert journal.verify().entries == 1
        with pytest.raises(JournalError, match="read-only file system"):
            journal.begin([intent()])
        mounted("remount,rw")
        assert journal.begin([intent()]) == [2]
    assert whole(path) == 2


def test_a_read_only_folder_without_a_journal_is_refused(mounted: Callable[[str], Path]) -> None:
    folder = mounted("size=1m,ro")
    with Journal(folder / "state" / "journal.db") as journal:
        assert journal.find(Filter()) == []
        with pytest.raises(JournalError, match="read-only file system"):
            journal.begin([intent()])


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's right to write everywhere."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_that_may_not_be_written_is_refused(mode: int) -> None:
    # Not below `tmp_path`, whose parents are closed to others.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(mode)
        with (
            nobody(),
            Journal(folder / "state" / "journal.db") as journal,
            pytest.raises(JournalError, match="no permission"),
        ):
            journal.begin([intent()])
        folder.chmod(0o700)
