"""Adding a connection: nothing that was in the file is lost, and nobody else can read it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.config import ApiVersion, Config, ConfigError, Connection, Environment, load
from dfn_tui.config.writing import add_connection

NEW = Connection("new", ApiVersion.V2, Environment.STAGING, True, "https://host/x", "0f3a")
HAND_WRITTEN = """# Ask the on-call lead before touching production.
default = "prod"   # never change

[connections.prod]
environment = "production"  # the real one
api = 'v1'
# read_only = true"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_connection_makes_the_file_and_becomes_the_default(tmp_path: Path) -> None:
    path = tmp_path / "home" / "dfn-tui" / "config.toml"
    config = add_connection(load(path), NEW)
    assert config == Config(path, "new", {"new": NEW}) == load(path)
    assert mode(path.parent) == 0o700
    assert mode(path) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["config.toml"]


def test_what_an_operator_wrote_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(HAND_WRITTEN, encoding="utf-8")
    path.chmod(0o644)
    config = add_connection(load(path), NEW)
    assert config == load(path)
    assert config.default == "prod"
    assert list(config.connections) == ["prod", "new"]
    assert path.read_text(encoding="utf-8").startswith(HAND_WRITTEN + "\n\n[connections.new]\n")
    assert mode(path) == 0o600


def test_line_ends_and_comments_of_a_file_without_connections_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("# 한글\r\n".encode())
    assert add_connection(load(path), NEW).default == "new"
    assert "# 한글\r\n".encode() in path.read_bytes()


def test_what_was_written_since_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    seen = load(path)
    add_connection(seen, NEW)
    both = add_connection(seen, NEW._replace(name="newer"))
    assert list(both.connections) == ["new", "newer"]
    assert both.default == "new"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "config.toml"
    kept.parent.mkdir()
    kept.write_text(HAND_WRITTEN, encoding="utf-8")
    path = tmp_path / "config.toml"
    path.symlink_to(kept)
    add_connection(load(path), NEW)
    assert path.is_symlink()
    assert "new" in load(kept).connections


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    config = add_connection(load(path), NEW)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"already has connections\.new") as raised:
        add_connection(config, NEW._replace(base_url=None))
    assert raised.value.key == "connections.new"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (NEW._replace(name="a]\nb"), 'connections."a]\\x0ab"'),
        (NEW._replace(base_url="http://host"), "connections.new.base_url"),
        (NEW._replace(service_id=None), "connections.new.service_id"),
        (NEW._replace(service_id='"\ntoken = "x'), "connections.new.service_id"),
        (NEW._replace(service_id="\ud800"), "connections.new.service_id"),
    ],
)
def test_a_wrong_connection_is_never_written(tmp_path: Path, wrong: Connection, key: str) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError) as raised:
        add_connection(load(path), wrong)
    assert raised.value.key == key
    assert not path.exists()


def test_a_file_with_no_room_at_its_end_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('connections = {prod = {api = "v1", environment = "staging"}}\n', encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="with an editor"):
        add_connection(load(path), NEW)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    link = tmp_path / "gone"
    link.symlink_to(tmp_path / "file" / "below")
    (tmp_path / "file").touch()
    config = Config(link / "config.toml", None, {})
    with pytest.raises(ConfigError, match="cannot be"):
        add_connection(config, NEW)


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(HAND_WRITTEN, encoding="utf-8")

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(ConfigError, match="No space left on device"):
        add_connection(load(path), NEW)
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]
    assert path.read_text(encoding="utf-8") == HAND_WRITTEN


@pytest.mark.slow
@given(
    names=st.lists(
        st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), min_size=1, max_size=4, unique=True
    ),
    service_id=st.from_regex(r"[!-~]{1,40}", fullmatch=True),
    read_only=st.booleans(),
)
def test_whatever_was_added_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], service_id: str, read_only: bool
) -> None:
    path = tmp_path_factory.mktemp("added") / "config.toml"
    config = load(path)
    for name in names:
        added = Connection(name, ApiVersion.V2, Environment.SANDBOX, read_only, None, service_id)
        config = add_connection(config, added)
        assert config.connections[name] == added
    assert load(path) == config


def test_where_tokens_come_from_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    told = NEW._replace(
        token_command=("a b", '"\\', "운영 🔑"), export_token_command=("x",), kernel_keyring=True
    )
    assert add_connection(load(path), told).connections["new"] == told
