"""A token from a program: what it is given, what is taken of its output, and what is said when it fails."""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.credentials import Settings, Source, SourceStatus, TokenKind, TokenStore
from dfn_tui.credentials.backends import Backend, NoKeyring
from dfn_tui.credentials.command import KEPT, CommandFailed, token_from


def sh(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


async def failure(*command: str, limit: float = 60) -> str:
    with pytest.raises(CommandFailed) as raised:
        await token_from(command, limit=limit)
    return raised.value.reason


@pytest.mark.parametrize(
    "script", ["echo tok-1", "printf tok-1", "printf 'tok-1\\r\\nlogin: me\\n'", "printf ' tok-1 \\n\\n'"]
)
async def test_the_first_line_is_the_token(script: str) -> None:
    assert await token_from(sh(script)) == SecretStr("tok-1")


async def test_no_shell_reads_the_arguments() -> None:
    assert await token_from(("printf", "%s", "$HOME;`id`")) == SecretStr("$HOME;`id`")


def program(folder: Path, printed: str) -> None:
    folder.mkdir()
    made = folder / "vault"
    made.write_text(f"#!/bin/sh\necho {printed}\n")
    made.chmod(0o700)


@pytest.mark.parametrize("relative", ["", ".", "bin", "./bin", "a/../bin"])
async def test_a_bare_name_is_found_in_no_folder_that_depends_on_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relative: str
) -> None:
    program(tmp_path / "bin", "planted")
    program(tmp_path / "own", "tok-1")
    monkeypatch.chdir(tmp_path / "bin" if relative in ("", ".") else tmp_path)
    own = str(tmp_path / "own")
    assert await token_from(("vault",), {"PATH": f"{relative}:{own}"}) == SecretStr("tok-1")
    with pytest.raises(CommandFailed, match="No such file"):
        await token_from(("vault",), {"PATH": relative})
    path = await token_from(sh("echo $PATH"), {"PATH": f"{relative}:{own}:{relative}"})
    assert path == SecretStr(own), "nor is what it starts itself"


async def test_a_path_that_depends_on_where_one_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "planted")
    monkeypatch.chdir(tmp_path)
    assert "Give its whole path." in await failure("bin/vault")
    assert "Give its whole path." in await failure("./bin/vault")


async def test_it_can_read_nothing_and_has_no_terminal() -> None:
    script = "cat; if (: < /dev/tty) 2>/dev/null; then echo terminal; else echo none; fi"
    assert await token_from(sh(script)) == SecretStr("none")


async def test_our_own_variables_stay_with_us() -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "DFN_TUI_TOKEN": "secret",
        "DFN_TUI_EXPORT_TOKEN": "secret",
        "GPG_TTY": "/dev/pts/0",
        "VAULT_ADDR": "https://vault",
    }
    script = "env | grep -E '^(DFN|GPG|VAULT)' | tr -d '\\n'"
    assert await token_from(sh(script), environ) == SecretStr("VAULT_ADDR=https://vault")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "ended with exit code 3."),
        ("echo 'no such entry' >&2; exit 1", "ended with exit code 1. It said: no such entry"),
        ("printf 'a\\033[2Jb\\n\\nc' >&2; exit 1", "It said: a\\x1b[2Jb c"),
        ("kill -TERM $$", "was ended by SIGTERM."),
        ("true", "is no token. It is empty."),
        ("echo; echo tok-1", "is no token. It is empty."),
        ("echo a b", "is no token. It has spaces"),
        ("printf '\\377\\376'", "is no token. It has spaces"),
    ],
)
async def test_what_went_wrong_is_said(script: str, said: str) -> None:
    assert said in await failure(*sh(script))


async def test_a_program_that_is_not_there_or_may_not_run(tmp_path: Path) -> None:
    assert "No such file" in await failure(str(tmp_path / "none"))
    assert "cannot be run: Permission denied" in await failure(str(tmp_path))


@pytest.mark.parametrize(
    "script",
    [
        "echo tok-3f81c6; echo 'bad token: tok-3f81c6' >&2; exit 1",
        "printf 'x\\ntok-3f81c6\\n'; echo 'got (tok-3f81c6)' >&2; exit 1",
    ],
)
async def test_what_it_printed_is_not_repeated_from_its_errors(script: str) -> None:
    reason = await failure(*sh(script))
    assert "tok-3f81c6" not in reason
    assert "[…]" in reason


async def test_much_output_is_cut_and_none_of_it_is_waited_for() -> None:
    script = (
        f"import sys; sys.stdout.write('x' * {KEPT * 20}); sys.stderr.write('é' * {KEPT * 20}); sys.exit(1)"
    )
    reason = await failure(sys.executable, "-c", script)
    assert len(reason) < 1000


@pytest.mark.slow
async def test_a_program_that_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = f"sleep 1000 & echo $$ $! > {shlex.quote(str(note))}; wait"
    assert "did not end within 3 seconds and was killed" in await failure(*sh(script), limit=3)
    for pid in map(int, note.read_text().split()):
        await gone(pid)


async def test_nothing_is_left_of_a_search_that_was_given_up(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    os.mkfifo(note)
    search = asyncio.create_task(token_from(sh(f"echo $$ > {shlex.quote(str(note))}; exec sleep 1000")))
    pid = int(await asyncio.to_thread(note.read_text))
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    await gone(pid)


async def gone(pid: int) -> None:
    """Waits until a killed process no longer runs; one without a parent may stay as a zombie."""
    for _turn in range(2000):
        if not runs(pid):
            return
        await asyncio.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it was still running")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def no_keyring() -> Backend:
    raise NoKeyring("No keyring works here.")


def store(settings: Settings, environ: dict[str, str] | None = None) -> TokenStore:
    path = {"PATH": os.environ["PATH"]}
    return TokenStore(
        settings=lambda _name: settings, backend=no_keyring, environ={**path, **(environ or {})}
    )


async def test_the_command_comes_after_the_environment_and_before_the_keyring() -> None:
    tokens = store(Settings(command=sh("echo from-command")))
    found = await tokens.get("prod", TokenKind.API)
    assert (found.token, found.source) == (SecretStr("from-command"), Source.COMMAND)
    assert [step.status for step in found.steps if step.source is Source.KEYRING] == [SourceStatus.NOT_ASKED]
    assert "command" in tokens.outranked("prod", TokenKind.API)

    found = await store(Settings(command=sh("exit 1")), {"DFN_TUI_TOKEN": "given"}).get("prod", TokenKind.API)
    assert found.source is Source.ENVIRONMENT


async def test_each_kind_has_a_command_of_its_own() -> None:
    tokens = store(Settings(command=sh("echo import"), export_command=sh("echo export")))
    assert (await tokens.get("prod", TokenKind.IMPORT)).token == SecretStr("import")
    assert (await tokens.get("prod", TokenKind.EXPORT)).token == SecretStr("export")
    without = store(Settings(command=sh("echo import")))
    assert (await without.get("prod", TokenKind.EXPORT)).reason == "No keyring works here."


async def test_a_command_that_fails_is_not_replaced_by_what_comes_later() -> None:
    tokens = store(Settings(command=sh("echo locked >&2; exit 2")))
    found = await tokens.get("prod", TokenKind.API)
    assert found.token is None
    assert found.reason == "The token's command /bin/sh ended with exit code 2. It said: locked"
    tokens.hold("prod", TokenKind.API, SecretStr("for-now"))
    assert (await tokens.get("prod", TokenKind.API)).token == SecretStr("for-now")
