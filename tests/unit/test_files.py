"""New files and folders for their owner alone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.files import (
    create_private,
    empty_private,
    make_private_folder,
    new_private_text,
    replace_private,
)


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
