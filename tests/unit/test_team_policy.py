"""What the company's policy may say, and who may have written it."""

import os
import re
import tomllib
from datetime import time
from pathlib import Path

import pytest

from dfn_tui.config.team_policy import (
    _KEYS,
    ALLOWED_SIGNERS,
    POLICY_FILE,
    CapRule,
    GrantHours,
    PolicyError,
    load_team_policy,
)
from dfn_tui.paths import manual_files

ALL = """
[read_only]
always = true
connections = ["old"]
withdrawals = true

[max_users]
most = 1000

[max_grants]
most = 5

[reason]
pattern = 'INC-\\d+'

[evidence]
always = true

[grant_hours]
refused = "21:00-08:00"

[forwarding]
required = true
minutes = 60
archives = ["Audit.Example", "/dev/log"]

[four_eyes]
from = 100
connections = ["prod", "eu.prod"]
principals = "/etc/company/principals.toml"
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that belongs to root")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A policy that belongs to root, in a folder that others can write and keep apart, as /tmp."""
    made = tmp_path / "dfn-tui" / "policy.toml"
    made.parent.mkdir(mode=0o755)
    made.write_text(ALL, encoding="utf-8")
    made.chmod(0o644)
    return made


def refused(path: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load_team_policy(path)
    assert str(path) in caught.value.happened or str(path.parent) in caught.value.happened
    return caught.value


def test_it_lies_where_root_alone_writes_and_nothing_leads_elsewhere() -> None:
    assert Path("/etc/dfn-tui/policy.toml") == POLICY_FILE


def test_no_file_asks_nothing(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        assert load_team_policy(tmp_path / "dfn-tui" / "policy.toml") is None


@root_only
def test_reads_each_rule(file: Path) -> None:
    found = load_team_policy(file)
    assert found is not None
    assert found.read_only is not None
    assert (found.read_only.connections, found.read_only.withdrawals) == (("old",), True)
    assert found.max_users == CapRule(most=1000)
    assert found.max_grants == CapRule(most=5)
    assert found.reason is not None
    assert found.reason.pattern == r"INC-\d+"
    assert found.evidence is not None
    assert found.evidence.withdrawals is False
    assert found.grant_hours == GrantHours(start=time(21), end=time(8))
    assert found.forwarding is not None
    assert found.forwarding.minutes == 60
    assert found.forwarding.archives == ("audit.example", "/dev/log")
    assert (found.four_eyes_from, found.four_eyes_connections) == (100, ("prod", "eu.prod"))
    assert found.principals == Path("/etc/company/principals.toml")
    assert found.allowed_signers == ALLOWED_SIGNERS
    assert found.path == file


@root_only
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("max_usrs = 3\n", "max_usrs"),
        ("[max_users]\nmost = 0\n", "max_users.most"),
        ("[max_users]\n", "max_users.most"),
        ("max_users = 3\n", "max_users"),
        ("[max_grants]\nmost = 5\nwithdrawals = true\n", "max_grants.withdrawals"),
        ("[reason]\npatern = 'INC'\n", "reason.patern"),
        ("[reason]\npattern = '('\n", "reason.pattern"),
        ("[reason]\npattern = '.*'\n", "reason.pattern"),
        ("[read_only]\nalways = false\n", "read_only.always"),
        ("[read_only]\nalways = true\nconnections = []\n", "read_only.connections"),
        ("[read_only]\nalways = true\nconnections = 'prod'\n", "read_only.connections"),
        ("[read_only]\nalways = true\nhosts = []\n", "read_only.hosts"),
        ("[read_only]\nalways = true\nhosts = ['https://api.example']\n", "read_only.hosts"),
        ("[grant_hours]\nrefused = '21:00-08:00'\nhosts = ['a/b']\n", "grant_hours.hosts"),
        ("[evidence]\nalways = true\nwithdrawals = 'false'\n", "evidence.withdrawals"),
        ("[grant_hours]\nrefused = '21:00-21:00'\n", "grant_hours.refused"),
        ("[grant_hours]\nrefused = '21-8'\n", "grant_hours.refused"),
        ("[grant_hours]\nrefused = '24:00-08:00'\n", "grant_hours.refused"),
        ("[forwarding]\nrequired = true\nminutes = 0\n", "forwarding.minutes"),
        ("[forwarding]\nrequired = true\narchives = []\n", "forwarding.archives"),
        ("[forwarding]\nrequired = true\narchives = ['a b']\n", "forwarding.archives"),
        ("[forwarding]\nrequired = true\narchives = [7]\n", "forwarding.archives"),
        ("[four_eyes]\nfrom = 2\neverywhere = 'yes'\n", "four_eyes.everywhere"),
        ("[four_eyes]\nfrom = 0\n", "four_eyes.from"),
        ("[four_eyes]\nfrom = 2\nprincipals = 'here.toml'\n", "four_eyes.principals"),
        ("[reason\n", ""),
        ("[max_users]\nmost = 1\n[max_users]\nmost = 2\n", ""),
    ],
)
def test_what_is_not_right_is_named_and_leaves_no_policy_to_go_by(file: Path, text: str, key: str) -> None:
    file.write_text(text, encoding="utf-8")
    found = refused(file)
    assert found.key == key
    assert "as root" in found.next_step
    assert "DFN_TUI_CONFIG" not in found.next_step


@root_only
@pytest.mark.parametrize("mode", [0o646, 0o664, 0o666])
def test_what_others_may_write_is_refused_with_what_mends_it(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert refused(file).next_step == f"As root: chmod go-w {file}"
    file.chmod(0o644)
    file.parent.chmod(mode | 0o111)
    assert refused(file).next_step == f"As root: chmod go-w {file.parent}"


@root_only
def test_what_belongs_to_its_reader_or_to_anybody_else_is_refused(file: Path) -> None:
    os.chown(file, 1000, -1)
    assert refused(file).next_step == f"As root: chown root: {file}"
    os.chown(file, 0, -1)
    os.chown(file.parent, 1000, -1)
    assert refused(file).next_step == f"As root: chown root: {file.parent}"


@root_only
def test_an_open_folder_without_a_policy_may_have_lost_it(file: Path) -> None:
    file.unlink()
    assert load_team_policy(file) is None
    file.parent.chmod(0o777)
    refused(file)


@root_only
def test_a_link_that_leads_nowhere_is_no_absence(file: Path, tmp_path: Path) -> None:
    file.unlink()
    file.symlink_to(tmp_path / "gone.toml")
    refused(file)
    file.unlink()
    file.mkdir()
    refused(file)


@root_only
def test_what_is_changed_is_read_again(file: Path) -> None:
    before = load_team_policy(file)
    file.write_text("[max_users]\nmost = 7\n", encoding="utf-8")
    now = load_team_policy(file)
    assert before != now
    assert now is not None
    assert now.max_users == CapRule(most=7)


@root_only
def test_the_example_of_the_manual_has_every_key_and_is_right(file: Path) -> None:
    page = manual_files()["policy"].read_text(encoding="utf-8")
    [example] = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    file.write_text(example, encoding="utf-8")
    found = load_team_policy(file)
    assert found is not None
    assert found.four_eyes_from == 100
    document = tomllib.loads(example)
    assert set(document) == set(_KEYS)
    assert {key for keys in _KEYS.values() for key in keys} == {
        key for rule in document.values() for key in rule
    }


@root_only
def test_hosts_are_read_in_one_spelling(file: Path) -> None:
    file.write_text("[four_eyes]\nfrom = 2\nhosts = ['API.Example.', '::1']\n", encoding="utf-8")
    found = load_team_policy(file)
    assert found is not None and found.four_eyes_hosts == ("api.example", "::1")
