"""The journal's key from a program: what is taken for one, what is said when there is none, who asks it."""

import base64
import os
import shlex
from pathlib import Path

import pytest

from dfn_tui.cli import main
from dfn_tui.config import ConfigError
from dfn_tui.config.reading import parse
from dfn_tui.credentials import KeyCommandFailed, TokenStore
from dfn_tui.credentials.command import journal_key_from
from dfn_tui.service.connections import Connections
from dfn_tui.service.tokens import FoundKey, find_key
from dfn_tui.store import journal_file
from tests.keyrings import Keyring
from tests.unit.journals import filled

KEY = bytes(range(1, 33))
PRINTED = base64.b64encode(KEY).decode()


def sh(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


async def failure(*command: str, limit: float = 60) -> str:
    with pytest.raises(KeyCommandFailed) as raised:
        await journal_key_from(command, limit=limit)
    return raised.value.reason


@pytest.mark.parametrize(
    "script",
    [
        f"echo {PRINTED}",
        f"printf ' {PRINTED} \\r\\nnote\\n'",
        f"echo {KEY.hex()}",
        f"echo {KEY.hex().upper()}",
    ],
)
async def test_the_first_line_is_the_key_in_base64_or_hexadecimal(script: str) -> None:
    assert await journal_key_from(sh(script)) == KEY


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "correct horse battery staple",
        PRINTED[:-8],
        PRINTED + PRINTED,
        KEY.hex()[2:],
        "\\377\\376",
        "A" * 43 + "=",  # 32 bytes, all of them zero
        "00" * 32,
    ],
)
async def test_what_is_no_key_is_refused_and_not_repeated(printed: str) -> None:
    said = await failure(*sh(f"printf '{printed}\\n'"))
    assert "is no key" in said or "printed is no key" in said
    assert "openssl rand -base64 32" in said
    assert printed[:12] not in said or not printed


async def test_a_failing_command_is_said_without_the_key() -> None:
    said = await failure(*sh(f"echo {PRINTED}; echo 'locked: {PRINTED}' >&2; exit 3"))
    assert "the journal's key, /bin/sh, ended with exit code 3" in said
    assert "locked" in said
    assert PRINTED not in said
    assert "cannot be run" in await failure("/nonexistent/program")


@pytest.mark.slow
async def test_a_command_that_hangs_is_killed(tmp_path: Path) -> None:
    note = shlex.quote(str(tmp_path / "pids"))
    said = await failure(*sh(f"sleep 1000 & echo $$ $! > {note}; wait"), limit=1)
    assert "did not end within 1 seconds and was killed" in said


async def test_it_is_run_once_and_no_other_key_is_taken_in_its_place(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    keyring = Keyring(bytes(32))
    environ = {"PATH": os.environ["PATH"]}
    (tmp_path / "key").write_text(PRINTED)
    script = f"echo >> {shlex.quote(str(runs))}; cat {shlex.quote(str(tmp_path / 'key'))}"
    store = TokenStore(backend=keyring.open, environ=environ, key_command=sh(script))
    assert await store.find_journal_key(make=True) == await store.find_journal_key(make=True) == KEY
    assert runs.read_text() == "\n"
    assert PRINTED not in repr(vars(store))

    failing = TokenStore(backend=keyring.open, environ=environ, key_command=sh("exit 1"))
    found = await find_key(failing, make=True)
    assert found.key is None
    assert not found.locked
    assert "exit code 1" in found.reason


def test_a_key_is_not_shown_by_what_holds_it() -> None:
    assert repr(FoundKey(KEY)) == "FoundKey('found')"


def test_the_configuration_names_the_command() -> None:
    path = Path("config.toml")
    config = parse('journal_key_command = ["pass", "show", "dfinery/journal"]\n', path)
    assert config.journal_key_command == ("pass", "show", "dfinery/journal")
    assert parse("", path).journal_key_command == ()
    for wrong in ('"pass show"', "[]", '[""]', "true"):
        with pytest.raises(ConfigError) as refused:
            parse(f"journal_key_command = {wrong}\n", path)
        assert refused.value.key == "journal_key_command"


async def test_the_connections_of_a_run_seal_with_it(tmp_path: Path) -> None:
    config = parse(f'journal_key_command = ["echo", "{PRINTED}"]\n', tmp_path / "config.toml")
    journal = Connections(config, journal_path=tmp_path / "journal.db").journal()
    assert await journal.keeps_personal()
    await journal.close()


def configure(command: str) -> None:
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(f"journal_key_command = {command}\n", encoding="utf-8")


def test_the_journal_s_commands_and_the_doctor_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    filled(journal_file(), key=KEY)
    configure(f'["echo", "{PRINTED}"]')
    assert main(["journal", "verify"]) == 0
    assert "The key vouches for" in capsys.readouterr().out
    main(["doctor", "--offline"])
    assert "ok       journal key: The key is from journal_key_command" in capsys.readouterr().out

    configure('["false"]')
    assert main(["journal", "verify"]) == 0
    said = capsys.readouterr()
    assert "The key vouches for" not in said.out
    assert "ended with exit code 1" in said.err
    assert main(["doctor", "--offline"]) == 1
    assert "failed   journal key: The command of the journal's key, false, ended" in capsys.readouterr().out


def test_a_configuration_that_is_not_right_keeps_nobody_from_the_journal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled(journal_file(), key=KEY)
    configure('"pass"')
    assert main(["journal", "verify"]) == 0
    assert "journal_key_command is not right" in capsys.readouterr().err


def test_a_file_that_others_may_change_names_no_program_to_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(journal_file(), key=KEY)
    ran = tmp_path / "ran"
    configure(f'["touch", "{ran}"]')
    Path(os.environ["DFN_TUI_CONFIG"]).chmod(0o666)
    assert main(["journal", "verify"]) == 0
    assert "is not used" in capsys.readouterr().err
    assert not ran.exists()


async def test_a_program_that_depends_on_the_folder_is_not_run() -> None:
    assert "depends on the folder one starts in" in await failure("./key")
