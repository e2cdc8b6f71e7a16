"""Tokens from a real `pass` with a real gpg, whose key has no passphrase, in a home of their own."""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.credentials import KeyCommandFailed, Settings, Source, TokenKind, TokenStore
from dfn_tui.credentials.backends import Backend, NoKeyring

pytestmark = pytest.mark.slow

TOKEN = "tok-3f81c6"


@pytest.fixture
def home(require: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A password store with one entry. Its path is short: the agent's socket lies below it."""
    require("pass", "gpg")
    folder = Path(tempfile.mkdtemp(prefix="dfn-"))
    for name, value in {
        "HOME": str(folder),
        "GNUPGHOME": str(folder / "gnupg"),
        "PASSWORD_STORE_DIR": str(folder / "store"),
        "DFN_TUI_TOKEN": "",
    }.items():
        monkeypatch.setenv(name, value)
    (folder / "gnupg").mkdir(mode=0o700)
    (folder / "gnupg" / "gpg-agent.conf").write_text("s2k-count 65536\n")  # or it measures for seconds
    key = ("--quick-generate-key", "test@example.com", "future-default", "default", "never")
    try:
        run("gpg", "--batch", "--quiet", "--passphrase", "", *key)
        run("pass", "init", "test@example.com")
        insert("dfinery/prod", f"{TOKEN}\nlogin: operator\nurl: https://dfinery.io\n")
        yield folder
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def insert(name: str, entry: str) -> None:
    command = ["pass", "insert", "--multiline", name]
    subprocess.run(command, check=True, capture_output=True, input=entry.encode())


def no_keyring() -> Backend:
    raise NoKeyring("No keyring works here.")


def store(*command: str) -> TokenStore:
    return TokenStore(settings=lambda _name: Settings(command=command), backend=no_keyring)


async def test_the_first_line_of_an_entry_is_the_token(home: Path) -> None:
    found = await store("pass", "show", "dfinery/prod").get("prod", TokenKind.API)
    assert (found.token, found.source) == (SecretStr(TOKEN), Source.COMMAND)


async def test_an_entry_that_is_not_there_is_said_in_the_words_of_pass(home: Path) -> None:
    found = await store("pass", "show", "dfinery/none").get("prod", TokenKind.API)
    assert found.token is None
    assert "exit code 1. It said: Error: dfinery/none is not in the password store." in found.reason


async def test_a_key_that_is_gone_is_said_in_the_words_of_gpg(home: Path) -> None:
    run("gpgconf", "--kill", "all")
    shutil.rmtree(home / "gnupg" / "private-keys-v1.d")
    found = await store("pass", "show", "dfinery/prod").get("prod", TokenKind.API)
    assert found.token is None
    assert "No secret key" in found.reason
    assert TOKEN not in found.reason


async def test_a_key_with_a_passphrase_asks_nobody(home: Path) -> None:
    """The console's screen cannot be asked on, so the program has to fail, and say why."""
    new_key = ("--quick-generate-key", "locked@example.com", "future-default", "default", "never")
    run("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "a passphrase", *new_key)
    run("pass", "init", "locked@example.com")
    run("gpgconf", "--kill", "all")
    found = await store("pass", "show", "dfinery/prod").get("prod", TokenKind.API)
    assert found.token is None
    assert "gpg: " in found.reason


async def test_the_token_is_in_no_child_s_arguments_or_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = home / "seen"
    spy = home / "bin" / "gpg"
    spy.parent.mkdir()
    real = shutil.which("gpg")
    # What every child of `pass` was started with, up to the console's own process.
    spy.write_text(
        "#!/bin/sh\n"
        f"pid=$$; while [ $pid -gt 1 ] && [ $pid != {os.getpid()} ]; do\n"
        f"  cat /proc/$pid/cmdline /proc/$pid/environ >> {note}\n"
        "  pid=$(sed 's/.*) //' /proc/$pid/stat | cut -d' ' -f2)\n"
        "done\n"
        f'exec {real} "$@"\n'
    )
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", "tok-of-the-export")
    found = await store("pass", "show", "dfinery/prod").get("prod", TokenKind.API)
    assert found.token == SecretStr(TOKEN)
    seen = note.read_bytes()
    assert b"GNUPGHOME" in seen
    assert b"tok-" not in seen
    assert b"DFN_TUI_" not in seen


async def test_the_journal_s_key_is_the_first_line_of_an_entry(home: Path) -> None:
    key = bytes(range(1, 33))
    insert("dfinery/journal", f"{base64.b64encode(key).decode()}\nthe journal's key\n")
    tokens = TokenStore(backend=no_keyring, key_command=("pass", "show", "dfinery/journal"))
    assert await tokens.find_journal_key(make=False) == key
    gone = TokenStore(backend=no_keyring, key_command=("pass", "show", "dfinery/none"))
    with pytest.raises(KeyCommandFailed, match="is not in the password store"):
        await gone.find_journal_key(make=True)
