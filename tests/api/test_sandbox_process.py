"""The sandbox as a process: how it starts, what it says, and that nothing of it stays behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dfn_tui.errors import ConsoleError
from dfn_tui.sandbox.launch import listen, url_of
from dfn_tui.sandbox.process import SandboxProcess

COMMAND = [sys.executable, "-m", "dfn_tui.sandbox"]
PARENT = """
from dfn_tui.sandbox.process import SandboxProcess
sandbox = SandboxProcess()
sandbox.start()
print(sandbox.pid, sandbox.url, sandbox.token, flush=True)
input()
"""


def profile(url: str, token: str, *user_ids: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/api/v1/users/profile", headers=headers, json={"user_ids": user_ids}, timeout=30)


@pytest.fixture
def command(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """`dfn-tui sandbox` with a few users, ended after the test whatever happens."""
    process = subprocess.Popen(
        [*COMMAND, "--users", "3", "--token", "chosen"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def line_with(process: subprocess.Popen[str], start: str) -> str:
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(start)).removeprefix(start).strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal(command: subprocess.Popen[str], number: signal.Signals) -> None:
    url, token = line_with(command, "URL: "), line_with(command, "API and import token: ")
    assert token == "chosen"
    assert profile(url, token, "user-0001").status_code == 200
    command.send_signal(number)
    _, errors = command.communicate()
    assert (command.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "loopback"),
        (["--host", "example.com"], "loopback"),
        (["--port", "99999"], "99999 is not a port"),
        (["--listen-fd", "0"], "is not a socket"),
        (["--state", "/dev/null/state.db"], "cannot be opened"),
    ],
)
def test_the_command_refuses(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--busy-rate", "2"],
        ["--users", "-1"],
        ["--rate-limit", "fast"],
        ["--delete-key", "x"],
        ["--refuse", "9"],
    ],
)
def test_the_command_checks_its_options(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert arguments[0] in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    with listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConsoleError, match=str(port)):
            listen(port=port)


def test_only_loopback_is_listened_on() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        with pytest.raises(ConsoleError, match="loopback"):
            listen(host)
    with listen("localhost") as sock:
        assert url_of(sock).startswith("http://127.0.0.1:")


def test_a_process_answers_on_its_url_from_the_beginning() -> None:
    with SandboxProcess() as sandbox:
        assert profile(sandbox.url, sandbox.token, "user-0001").status_code == 200
        assert profile(sandbox.url, "wrong", "user-0001").json()["result_code"] == 4001
    with pytest.raises(httpx.ConnectError):
        profile(sandbox.url, sandbox.token, "user-0001")
    sandbox.close()


def test_a_process_takes_arguments(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with SandboxProcess(["--state", str(state), "--refuse", "4004"]) as sandbox:
        assert profile(sandbox.url, sandbox.token, "user-0001").json()["result_code"] == 4004
        assert state.exists()


def test_tokens_are_new_each_time_and_no_arguments() -> None:
    with SandboxProcess() as first, SandboxProcess() as second:
        assert len({first.token, first.export_token, second.token, second.export_token}) == 4
        arguments = Path(f"/proc/{first.pid}/cmdline").read_bytes()
        assert first.token.encode() not in arguments


def test_a_process_that_has_just_been_started_can_be_closed() -> None:
    with SandboxProcess():
        pass


def test_nothing_stays_behind_when_the_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, url, token = parent.stdout.readline().split()
        descriptor = os.pidfd_open(int(pid))
        assert profile(url, token, "user-0001").status_code == 200
        parent.kill()
    readable, _, _ = select.select([descriptor], [], [], 30)  # a pidfd is readable once its process has ended
    os.close(descriptor)
    assert readable
    with pytest.raises(httpx.ConnectError):
        profile(url, token, "user-0001")


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_a_missing_server_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConsoleError, match=r"pip install 'dfn-tui\[sandbox\]'"):
        SandboxProcess()


def test_starting_a_process_loads_no_server() -> None:
    code = (
        "import sys, dfn_tui.sandbox.process, dfn_tui.sandbox.notable; "
        "print([name for name in ('starlette', 'uvicorn', 'httpx', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
