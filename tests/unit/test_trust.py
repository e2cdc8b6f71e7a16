"""A file that somebody else could change names no program that is run and no address that is sent to."""

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from dfn_tui.config import ConfigError, load
from dfn_tui.trust import exposure

PLAIN = '[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
ADDRESS = 'base_url = "http://127.0.0.1:9"\n'
COMMAND = 'token_command = ["pass", "show", "dfinery"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "own folder"
    folder.mkdir(mode=0o700)
    made = folder / "config.toml"
    made.write_text(PLAIN + ADDRESS, encoding="utf-8")
    made.chmod(0o600)
    return made


def refused(path: Path) -> str:
    """What is to be done before that file is used."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert "is not used" in caught.value.happened
    return caught.value.next_step


def test_a_file_of_ones_own_is_used(file: Path) -> None:
    assert exposure(file) is None
    assert list(load(file).connections) == ["here"]
    file.chmod(0o644)  # others may read it: there is no token in it
    assert list(load(file).connections) == ["here"]


def test_a_file_that_others_may_write_is_refused_with_what_mends_it(file: Path) -> None:
    file.chmod(0o646)
    assert refused(file) == f"Take that right away: chmod o-w '{file}'"
    file.chmod(0o600)
    assert load(file).default is None


@pytest.mark.parametrize("text", [ADDRESS, COMMAND, ADDRESS + COMMAND])
def test_what_is_dangerous_is_a_program_or_an_address(file: Path, text: str) -> None:
    file.chmod(0o602)
    file.write_text(PLAIN, encoding="utf-8")
    assert list(load(file).connections) == ["here"], "which goes to the product's own host"
    assert exposure(file) is not None
    file.write_text(PLAIN + text, encoding="utf-8")
    refused(file)


def test_a_folder_on_the_way_that_others_may_write_counts_as_well(file: Path) -> None:
    file.parent.chmod(0o777)
    assert refused(file) == f"Take that right away: chmod o-w '{file.parent}'"
    file.parent.chmod(0o1777)  # where nobody can replace what is not theirs
    assert list(load(file).connections) == ["here"]


def test_a_group_counts_where_anybody_else_is_in_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = pwd.getpwuid(os.getuid())
    file.chmod(0o660)
    os.chown(file, -1, own.pw_gid)

    def of(name: str, *members: str) -> None:
        found = grp.struct_group((name, "x", own.pw_gid, list(members)))
        monkeypatch.setattr(grp, "getgrgid", lambda _gid: found)

    of(own.pw_name)
    assert list(load(file).connections) == ["here"], "a group of one's own"
    of(own.pw_name, "kim")
    assert refused(file) == f"Take that right away: chmod g-w '{file}'"
    of("staff")
    refused(file)


def test_links_are_followed_one_by_one(file: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "link").symlink_to(file)
    link = tmp_path / "config.toml"
    link.symlink_to("shared/link")
    assert refused(link) == f"Take that right away: chmod o-w {shared}"
    shared.chmod(0o755)
    assert list(load(link).connections) == ["here"]
    link.unlink()
    link.symlink_to("shared/../own folder/config.toml")
    assert list(load(link).connections) == ["here"]


def test_links_in_a_circle_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="too many links"):
        exposure(tmp_path / "a")
    with pytest.raises(ConfigError):
        load(tmp_path / "a")


def test_what_belongs_to_somebody_else_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid + 1 or 1)
    if file.stat().st_uid == 0:
        os.chown(file, 4321, -1)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Keep a copy of your own" in refused(file)


def test_a_link_of_somebody_elses_is_refused(file: Path, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives a link to somebody else")
    link = tmp_path / "config.toml"
    link.symlink_to(file)
    os.lchown(link, 4321, -1)
    assert "belongs to another user" in str(exposure(link))
    refused(link)
