"""Every command on hosts that lack something: a sentence and a code of the table, never a traceback, and no
write that is not in the journal."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import Filter, Journal
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow
STOP = "mkt_sms_flag=Unsubscribed"
COMMANDS = [
    "--version",
    "--help",
    "get --no-such-option user-0001",
    "get user-0001 --json",
    f"set user-0002 {STOP} --yes --reason x --json",
    "ci get user-0003",
    "ci set user-0004 phone_number=010-2345-6789 --yes --reason x",
    "journal list",
    "journal verify",
    "journal show 1",
    "journal head",
    "journal export --format csv -o out.csv",
    "undo 1 --yes --reason x",
    "history user-0001",
    "duties",
    "receipt user-0001",
    "kept",
    "snapshot status",
    "watch user-0001 --times 1",
    "doctor",
    "connections list",
    "auth status",
    "bulk list",
    "preflight ids.txt --channel sms",
    f"bulk plan ids.txt {STOP} -o p.plan --force",
    "bulk apply p.plan --reason x --yes --results r.csv",
    "completion bash",
    "help start",
    "demo",
    "",
]
CONFIG = """
default = "here"
[connections.here]
api = "v1"
environment = "sandbox"
base_url = "{url}"
"""
NOBODY = """
import os, pwd

def nobody(_uid):
    raise KeyError("no such user")

pwd.getpwuid = pwd.getpwnam = nobody
os.getuid = lambda: 54321
"""


class Host(NamedTuple):
    """What a host lacks: variables (None: taken away), what is done in the new process, streams."""

    environ: Mapping[str, str | None] = {}
    prepare: Callable[[], object] = lambda: None
    streams: Mapping[str, Any] = {}


def limit(kind: int, most: int) -> Host:
    return Host(prepare=lambda: resource.setrlimit(kind, (most, most)))


def closed(*streams: int) -> Host:
    def close() -> None:
        for fd in streams:
            os.close(fd)

    return Host(prepare=close)


def gone() -> None:
    Path("gone").mkdir()
    os.chdir("gone")
    Path("../gone").rmdir()


def shared() -> None:
    Path("state/hosts").mkdir(parents=True, exist_ok=True)


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


HOSTS = {
    "as it should be": Host(),
    "no HOME": Host({"HOME": None}),
    "no HOME, nobody's uid": Host(
        {"HOME": None, "DFN_TUI_CONFIG": None, "DFN_TUI_STATE": None, "PYTHONPATH": "nobody"}
    ),
    "a state folder of nobody's": Host({"DFN_TUI_STATE": "~no-such-user/x"}),
    "a configuration of nobody's": Host({"DFN_TUI_CONFIG": "~no-such-user/x"}),
    "stdin closed": closed(0),
    "stdout closed": closed(1),
    "stderr closed": closed(2),
    "all closed": closed(0, 1, 2),
    "stdout full": Host(streams={"stdout": full}),
    "stderr full": Host(streams={"stderr": full}),
    "16 files": limit(resource.RLIMIT_NOFILE, 16),
    "200 MB": limit(resource.RLIMIT_AS, 200 << 20),
    "120 MB": limit(resource.RLIMIT_AS, 120 << 20),
    "no room for a byte": limit(resource.RLIMIT_FSIZE, 0),
    "the C locale": Host({"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "latin 1": Host({"PYTHONIOENCODING": "latin-1"}),
    "an odd umask": Host(prepare=lambda: os.umask(0o777)),
    "a file for a state folder": Host({"DFN_TUI_STATE": "config.toml"}),
    "a state folder in /proc": Host({"DFN_TUI_STATE": "/proc/dfn"}),
    "a folder for a configuration": Host({"DFN_TUI_CONFIG": "."}),
    "no working directory": Host(prepare=gone),
    "a state folder that is shared": Host(prepare=shared),
    "no temporary folder": Host({"TMPDIR": "/nowhere", "TEMP": "/nowhere", "TMP": "/nowhere"}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20)) as running:
        yield running


@pytest.fixture
def environ(sandbox: SandboxThread, tmp_path: Path) -> dict[str, str]:
    """A home with a configuration and a list; in it everything runs."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=sandbox.url), encoding="utf-8")
    config.chmod(0o600)
    (tmp_path / "ids.txt").write_text("user-0005\nuser-0006\n", encoding="utf-8")
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "sitecustomize.py").write_text(NOBODY, encoding="utf-8")
    users = ["user-0002", "user-0005", "user-0006"]
    sandbox.state.write_profiles((user, {Flag.MKT_SMS: State.SUBSCRIBED}, {}) for user in users)
    sandbox.requests.clear()
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
        "DFN_TUI_CONFIG": str(config),
        "DFN_TUI_STATE": str(tmp_path / "state"),
        "DFN_TUI_TOKEN": sandbox.token,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def run(command: str, host: Host, environ: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """The exit code, and all that was said."""
    changed = {**environ, **host.environ}
    paths = [str(Path(__file__).parents[2]), *([str(folder / "nobody")] if changed.get("PYTHONPATH") else [])]
    kept = {name: value for name, value in changed.items() if value is not None}
    streams = {name: make() for name, make in host.streams.items()}
    piped: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    try:
        ended: subprocess.CompletedProcess[bytes] = subprocess.run(
            [sys.executable, "-m", "dfn_tui", *command.split()],
            env=kept | {"PYTHONPATH": os.pathsep.join(reversed(paths))},
            cwd=folder,
            preexec_fn=host.prepare,
            timeout=120,
            check=False,
            **(piped | streams),
        )
    finally:
        for stream in streams.values():
            os.close(stream)
    said = [(stream or b"").decode("utf-8", "replace") for stream in (ended.stdout, ended.stderr)]
    return ended.returncode, "".join(said)


def journalled(state: Path) -> set[str]:
    found: set[str] = set()
    for path in (state / "journal.db", *state.glob("hosts/*/journal.db")):
        with suppress(OSError), Journal(path) as journal:
            found |= {entry.intent.subject.value for entry in journal.find(Filter())}
    return found


@pytest.mark.parametrize("name", HOSTS)
def test_no_host_brings_a_command_down(
    name: str, environ: dict[str, str], sandbox: SandboxThread, tmp_path: Path
) -> None:
    host = HOSTS[name]
    codes: dict[str, int] = {}
    for command in COMMANDS:
        codes[command], said = run(command, host, environ, tmp_path)
        assert "Traceback" not in said and "Exception ignored" not in said, f"{command}: {said}"
    allowed = {int(code) for code in ExitCode} - {ExitCode.DEFECT, ExitCode.STOPPED}
    assert {command: code for command, code in codes.items() if code not in allowed} == {}
    wrote = {user for user in ("user-0002", "user-0005", "user-0006") if withdrawn(sandbox, user)}
    assert wrote <= journalled(tmp_path / "state"), "nothing is written that the journal does not know"
    if name == "as it should be":
        assert wrote == {"user-0005", "user-0006"}  # the other one was undone
        assert codes[f"set user-0002 {STOP} --yes --reason x --json"] == ExitCode.DONE


def withdrawn(sandbox: SandboxThread, user: str) -> bool:
    [(state,)] = sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", user)
    return bool(state == State.UNSUBSCRIBED)
