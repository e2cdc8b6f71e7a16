"""New files and folders for their owner alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.files import (
    create_private,
    empty_private,
    make_private_folder,
    read_small,
)
from dfn_tui.service.addresses import Addresses, addresses_file
from dfn_tui.store import JournalError
from dfn_tui.store.archive_queue import ArchiveQueue, mark_file
from dfn_tui.store.known_head import remembered, remembered_file
from dfn_tui.temporary import TemporaryFiles, new_private_text, remove_leftovers, replace_private
from tests.unit.journals import filled


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def create(path: Path) -> None:
    os.close(create_private(path))


def write(path: Path) -> None:
    with new_private_text(path) as file:
        file.write("text")


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("make", [create, empty_private, write, lambda path: replace_private(path, b"text")])
def test_a_new_file_is_for_its_owner_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "file")
    assert mode(tmp_path / "file") == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    for _time in range(2):
        make_private_folder(tmp_path / "above" / "folder")
    assert mode(tmp_path / "above" / "folder") == 0o700


@pytest.mark.parametrize("make", [create, write])
@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_what_is_there_is_left_as_it_is(tmp_path: Path, make: Callable[[Path], None], target: str) -> None:
    (tmp_path / "there").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / target)
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            make(tmp_path / name)
    assert (tmp_path / "there").read_text() == "before"
    assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("make", [empty_private, lambda path: replace_private(path, b"")])
def test_what_takes_the_place_of_a_link_leaves_its_target(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    (tmp_path / "there").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    make(tmp_path / "link")
    assert (tmp_path / "there").read_text() == "before"
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_text() == ""


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_no_half_file_is_left(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_private_text(tmp_path / "file") as file:
        file.write("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_private(tmp_path / "file", b"text")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


HALF = """
import sys
from pathlib import Path
from dfn_tui.temporary import new_private_text
with new_private_text(Path(sys.argv[1]) / "results.csv") as file:
    print("half", file=file, flush=True)
    print(flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_gone_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    others = {".dfn-tui-0123456789abcdef.part", "results.csv.part", ".dfn-tui-x"}
    for name in others:
        (folder / name).write_text("somebody's")
    command = [sys.executable, "-c", HALF, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        [half] = {path.name for path in folder.iterdir()} - others
        assert "results.csv" not in half
        assert mode(folder / half) == 0o600
        remove_leftovers()  # of a process that lives
        assert (folder / half).exists()
        process.kill()
    remove_leftovers()
    assert {path.name for path in folder.iterdir()} == others


def test_a_note_leads_nobody_to_files_of_other_names(tmp_path: Path) -> None:
    with TemporaryFiles(tmp_path) as temporary:
        [note] = (Path(os.environ["DFN_TUI_STATE"]) / "making").iterdir()
        assert note.read_text() == str(tmp_path)
        assert mode(note) == 0o600
        temporary.new(".part")
    (tmp_path / "plan.db").write_text("mine")
    forged = note.with_name("plan.db.making")
    forged.write_text(str(tmp_path))
    (note.with_name("0123456789abcdef.making")).write_text(str(tmp_path))
    remove_leftovers()
    assert [path.name for path in tmp_path.iterdir()] == ["plan.db"]
    assert [path.name for path in note.parent.iterdir()] == ["plan.db.making"]


def test_a_state_folder_that_cannot_be_written_hinders_no_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("no folder")
    monkeypatch.setenv("DFN_TUI_STATE", str(tmp_path / "state"))
    with new_private_text(tmp_path / "out") as file:
        file.write("whole")
    assert (tmp_path / "out").read_text() == "whole"
    assert {path.name for path in tmp_path.iterdir()} == {"state", "out"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_nobody_waits_for_a_pipe_in_place_of_a_file_of_ours(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_bytes(b"0123")
    assert read_small(file, 3) == b"012"
    for wrong in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError):
            read_small(wrong, 3)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_lies_beside_the_journal_is_read_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for beside in (remembered_file(path), mark_file(path), addresses_file(tmp_path)):
        os.mkfifo(beside)
    with pytest.raises(OSError):
        remembered(path, None)
    Addresses(addresses_file(tmp_path)).check(
        Connection("a", ApiVersion.V1, Environment.PRODUCTION), asks=True
    )
    filled(path)
    with pytest.raises(JournalError):
        ArchiveQueue(path, "archive").behind()
