"""Files of the state folder in which bytes were changed, cut off or replaced: every command that reads one
says so, or does what it was asked; none fails with a defect, writes for ever, or hides other files."""

import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.paths import state_dir
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow

SEED = 20_261_127
FLIPS = int(os.environ.get("DFN_TUI_FLIPS", "25"))
"""Of each kind and each file."""
LOCK_TIMEOUT = 60
STOP = "mkt_sms_flag=Unsubscribed"
READERS = {
    "journal.db": (
        "journal list",
        "journal show 1",
        "journal verify",
        "journal head",
        "journal export -",
        "history USER",
        "receipt USER",
        "get USER",
        "undo 1 --yes --reason x",
        f"set USER {STOP} --yes --reason x",
        "bulk list",
        "bulk show JOB",
        "bulk resume JOB --yes",
        "doctor",
    ),
    "journal.db.head": ("journal verify", "journal list", "doctor", f"set USER {STOP} --yes --reason x"),
    "jobs": (
        "bulk list",
        "bulk show JOB",
        "bulk show JOB --users",
        "bulk results JOB",
        "bulk resume JOB --yes",
        "bulk undo JOB -o UNDO --force",
        "bulk verify JOB",
        "bulk clean --days 9999",
        "get USER",
        "doctor",
    ),
    "plan": (
        "bulk show PLAN",
        "bulk show PLAN --users",
        "bulk apply PLAN --yes --reason x",
        "bulk verify PLAN",
        "watch --plan PLAN --times 1",
    ),
    "snapshots": (
        "-c next snapshot status",
        "-c next snapshot show USER",
        "-c next get USER",
        "doctor",
    ),
    "exports.db": ("-c next snapshot status", "doctor"),
}


def flipped(data: bytes, chance: random.Random) -> bytes:
    """With a byte or two changed: any bit, or to one that no UTF-8 has."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 3)):
        # The first page has the header and the schema: as often as all others.
        place = chance.randrange(chance.choice((min(len(data), 4096), len(data))))
        changed[place] = chance.choice((0xFF, 0x00, changed[place] ^ 1 << chance.randrange(8)))
    return bytes(changed)


def damages(data: bytes) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(SEED)
    yield "emptied", b""
    yield "a text", b"user-0001\n" * 100
    yield "header alone", data[:100]
    for part in (4096, len(data) // 2, len(data) - 1):
        yield f"cut at {part}", data[:part]
    for number in range(FLIPS):
        yield f"flip {number}", flipped(data, chance)


def _remove(path: Path) -> None:
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()


class Files:
    """A state folder as it should be, put back before each command."""

    def __init__(self, run: Run, sandbox: SandboxThread, users: list[str], folder: Path) -> None:
        self.user = users[0]
        self.plan = folder / "p.plan"
        listed = folder / "ids"
        listed.write_text("\n".join(users), encoding="utf-8")
        for words in (
            f"set {self.user} {STOP} --yes --reason first",
            f"bulk plan {listed} {STOP} -o {self.plan}",
            f"bulk apply {self.plan} --yes --reason second",
            "-c next snapshot take",
        ):
            done = run(*words.split())
            assert done.code == ExitCode.DONE, done.err
        [job] = (state_dir() / "jobs").glob("*.db")
        [snapshot] = [one for one in (state_dir() / "snapshots").glob("*.db") if one.stem != "exports"]
        self.job = job.stem
        self.paths = {
            "journal.db": state_dir() / "journal.db",
            "journal.db.head": state_dir() / "journal.db.head",
            "jobs": job,
            "plan": self.plan,
            "snapshots": snapshot,
            "exports.db": state_dir() / "snapshots" / "exports.db",
        }
        self._kept = folder / "kept"
        self._kept.mkdir()
        shutil.copytree(state_dir(), self._kept / "state")
        shutil.copy(self.plan, self._kept / "plan")
        self._undo = folder / "undo.plan"

    def restore(self) -> None:
        _remove(self.plan)
        shutil.rmtree(state_dir())
        shutil.copytree(self._kept / "state", state_dir())
        shutil.copy(self._kept / "plan", self.plan)

    def words(self, command: str) -> list[str]:
        names = {"USER": self.user, "JOB": self.job, "PLAN": str(self.plan), "UNDO": str(self._undo)}
        return [names.get(word, word) for word in command.split()]


@contextmanager
def ends(what: str) -> Iterator[None]:
    def late(_number: int, _frame: object) -> None:
        raise AssertionError(f"{what} did not end")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LOCK_TIMEOUT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", READERS)
def test_no_damage_is_a_defect(
    name: str,
    run: Run,
    sandbox: SandboxThread,
    users: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)
    files = Files(run, sandbox, users(4), tmp_path)
    path = files.paths[name]
    data = path.read_bytes()
    found = []
    for damage, content in damages(data):
        for command in READERS[name]:
            files.restore()
            for beside in ("-wal", "-shm"):
                path.with_name(path.name + beside).unlink(missing_ok=True)
            path.write_bytes(content)
            with ends(f"{command} ({damage})"):
                done = run(*files.words(command))
            if done.code == ExitCode.DEFECT or "Traceback" in done.err:
                reports = [one.read_text() for one in state_dir().glob("defect-*")]
                found.append((damage, command, done.err, reports))
    assert not found, "\n".join(map(str, found[:10]))


@pytest.mark.parametrize("name", READERS)
def test_a_folder_in_its_place_is_told(
    name: str,
    run: Run,
    sandbox: SandboxThread,
    users: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)
    files = Files(run, sandbox, users(4), tmp_path)
    for command in READERS[name]:
        files.restore()
        _remove(files.paths[name])
        files.paths[name].mkdir()
        done = run(*files.words(command))
        assert done.code != ExitCode.DEFECT, f"{command}: {done.err}"
