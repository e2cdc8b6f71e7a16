"""Over a real SSH connection that drops in the middle of a write: journal and server agree afterwards."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import Entry, Filter, Journal
from tests.e2e.tmux import USER_SHOWN, Tmux, Watched, look_up, review_withdrawal
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow

USER = "user-0003"
UPDATE = "/api/v1/users/profile/update"
RUN = Path("/run/sshd")
"""sshd as root refuses to start without this folder, which an init system makes on other hosts."""


class Bastion:
    """An account reached by ssh, from which the sandbox can be reached."""

    def __init__(self, folder: Path, sandbox: SandboxThread) -> None:
        self.sandbox = sandbox
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "config.toml").write_text(
            f'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
            f'base_url = "{sandbox.url}"\ntoken_command = ["cat", "{folder}/token"]\n'
        )
        (folder / "token").write_text(sandbox.token)
        self._folder = folder
        self._port = _free_port()
        for name in ("host", "client"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)
        host_key = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self._port} {host_key}\n")

    @contextmanager
    def served(self) -> Iterator[None]:
        sshd = shutil.which("sshd")
        assert sshd is not None  # it re-executes itself, and wants its whole path for that
        settings = {
            "ListenAddress": f"127.0.0.1:{self._port}",
            "HostKey": self._folder / "host",
            "AuthorizedKeysFile": self._folder / "client.pub",
            "PidFile": "none",
            "PermitRootLogin": "yes",
            "StrictModes": "no",  # the temporary folder's parents belong to somebody else
            "UsePAM": "no",
            "PasswordAuthentication": "no",
        }
        options = [f"-o{name}={value}" for name, value in settings.items()]
        log = self._folder / "sshd.log"
        with log.open("w") as errors:
            server = subprocess.Popen([sshd, "-D", "-e", "-f", "/dev/null", *options], stderr=errors)
        try:
            while "Server listening" not in log.read_text():
                assert server.poll() is None, log.read_text()
            yield
        finally:
            server.terminate()
            server.wait()

    def ssh(self) -> list[str]:
        """The command that opens the console over there."""
        environ = {
            "HOME": self.home,
            "DFN_TUI_CONFIG": self.home / "config.toml",
            "DFN_TUI_STATE": self.home / "state",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.home}/none",
            "PYTHONPATH": Path(__file__).parents[2],
            "LANG": "C.UTF-8",
        }
        given = [f"{name}={value}" for name, value in environ.items()]
        remote = f"echo $$ > {self.home}/pid; exec " + shlex.join(
            ["env", "-u", "DFN_TUI_TOKEN", *given, sys.executable, "-m", "dfn_tui"]
        )
        options = {
            "IdentityFile": self._folder / "client",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self._folder / "known_hosts",
            "BatchMode": "yes",
        }
        flags = [f"-o{name}={value}" for name, value in options.items()]
        here = ["-p", str(self._port), f"{getuser()}@127.0.0.1"]
        return ["ssh", "-F", "none", "-tt", *flags, *here, remote]

    def console(self) -> int:
        """The process of the console over there."""
        return int((self.home / "pid").read_text())

    def entries(self) -> list[Entry]:
        with Journal(self.home / "state" / "journal.db") as journal:
            assert journal.verify().whole
            return journal.find(Filter())

    def consent(self) -> str:
        [(state,)] = self.sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", USER)
        return str(state)

    def received(self) -> bool:
        """Whether a write has reached the server."""
        return any(request.path == UPDATE for request in self.sandbox.requests)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def bastion(tmp_path: Path, require: Callable[..., None]) -> Iterator[Bastion]:
    require("sshd", "ssh", "ssh-keygen", "tmux")
    if os.geteuid() == 0:
        RUN.mkdir(mode=0o755, exist_ok=True)
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        bastion = Bastion(tmp_path, sandbox)
        with bastion.served():
            yield bastion


def test_the_line_drops_in_the_middle_of_a_write(bastion: Bastion) -> None:
    with Tmux(bastion.ssh(), {"HOME": str(bastion.home)}) as terminal:
        review_withdrawal(terminal, USER)
        bastion.sandbox.faults.latency_ms = 700
        terminal.press("Enter")
        terminal.wait_until(bastion.received, "the write")
        assert bastion.consent() == "Subscribed"
        with Watched(bastion.console()) as console:
            os.kill(terminal.pid, signal.SIGKILL)  # ssh itself: nothing is said to the other side
            assert console.ended()
    bastion.sandbox.faults.latency_ms = 0
    assert bastion.consent() == "Unsubscribed"
    [entry] = bastion.entries()
    assert entry.outcome is not None
    assert entry.outcome.outcome is Outcome.CONFIRMED

    with Tmux(bastion.ssh(), {"HOME": str(bastion.home)}) as terminal:
        look_up(terminal, USER)
        terminal.wait_for("○ withdrawn", *USER_SHOWN)
        assert "Left open" not in terminal.screen()
        terminal.press("4")
        terminal.wait_for("INC-42")
        with Watched(bastion.console()) as console:
            terminal.press("C-q")
            assert console.ended()
    assert bastion.entries() == [entry]
