"""Which keyrings are accepted: four known ones, by name."""

import sys
from importlib import metadata
from pathlib import Path

import pytest

from dfn_tui.credentials.backends import KNOWN, NoKeyring, open_backend


@pytest.fixture(autouse=True)
def no_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keyring of the machine that runs the tests is touched, and none of its settings."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


def refused() -> str:
    with pytest.raises(NoKeyring) as raised:
        open_backend()
    return raised.value.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("keyring.backends.null.Keyring", "drops"),
        ("keyring.backends.fail.Keyring", "keep nothing"),
        ("keyring.backends.libsecret.Keyring", "not known"),
        ("keyrings.alt.file.PlaintextKeyring", "plain file"),
        ("keyrings.alt.file.EncryptedKeyring", "plain file"),
        ("keyrings.cryptfile.cryptfile.CryptFileKeyring", "plain file"),
        ("evil.Keyring", "not known"),
        ("keyring.backends.SecretService.Keyring.x", "not known"),
    ],
)
def test_a_keyring_that_is_not_known_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    assert name in refused()
    assert reason in refused()


def test_a_keyring_set_in_the_file_is_refused_by_name_and_its_path_is_never_used(tmp_path: Path) -> None:
    folder = tmp_path / "python_keyring"
    folder.mkdir()
    (tmp_path / "evil.py").write_text("raise SystemExit('this ran')", encoding="utf-8")
    (folder / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring = evil.Keyring\nkeyring-path = {tmp_path}\n", encoding="utf-8"
    )
    before = list(sys.path)
    assert "evil.Keyring" in refused()
    assert sys.path == before
    assert "evil" not in sys.modules


@pytest.mark.parametrize("text", ["", "[backend]\n", "no section", "\x00", "[backend]\ndefault-keyring=\n"])
def test_a_file_that_sets_nothing_is_as_none(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "python_keyring"
    folder.mkdir()
    (folder / "keyringrc.cfg").write_text(text, encoding="utf-8")
    assert "no Secret Service" in refused()


@pytest.mark.parametrize("name", [*KNOWN, "keyring.backends.chainer.ChainerBackend"])
def test_a_known_keyring_that_does_not_work_here(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    assert "no Secret Service" in refused()


def test_installed_keyrings_that_are_passed_over_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "plain_keyring-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-keyring\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[keyring.backends]\nplain = plain_keyring.store\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "plain-keyring" in {dist.name for dist in metadata.distributions()}
    assert refused().endswith("refused: plain-keyring.")


def test_every_known_keyring_is_one_that_the_library_has() -> None:
    found = {
        point.value.partition(":")[0]
        for point in metadata.entry_points(group="keyring.backends")
        if point.value.startswith("keyring.")
    }
    assert {name.rpartition(".")[0] for name in KNOWN} <= found
