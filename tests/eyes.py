"""Two people on one host: their keys, an agent, and root's files that say who is who."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfn_tui.service.four_eyes.ssh import NAMESPACE

ALICE, BOB, EVE = "alice@company.kr", "bob@company.kr", "eve@company.kr"
LOGINS = {ALICE: "daemon", BOB: "bin", EVE: "sys"}  # users that each Debian has
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that belong to root")
PROGRAMS = ("ssh-keygen", "ssh-agent", "ssh-add")


class Team:
    """Alice sits here and Bob approves, unless a test has it otherwise. `folder` is as /etc/dfn-tui."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "etc"
        self.keys = folder / "keys"
        self._login = folder / "loginuid"
        self._patch = monkeypatch
        self.folder.mkdir(mode=0o755)
        self.keys.mkdir(mode=0o700)
        self.signers = self.folder / "allowed_signers"
        self.principals = self.folder / "principals.toml"
        self.policy = self.folder / "policy.toml"
        for name in ("alice", "bob", "eve"):
            self.make_key(name)
        self.allow({"alice": ALICE, "bob": BOB, "eve": EVE})
        self.map({user: who for who, user in LOGINS.items()})
        self.ask(1)
        self.sit(ALICE)
        monkeypatch.setattr("dfn_tui.service.four_eyes.principals.LOGIN_UID", self._login)
        monkeypatch.setattr("dfn_tui.config.team_policy.POLICY_FILE", self.policy)
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def key(self, name: str) -> Path:
        return self.keys / name

    def make_key(self, name: str, passphrase: str = "") -> Path:
        file = self.key(name)
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(file)]
        subprocess.run(words, check=True)
        return file

    def public(self, name: str) -> str:
        return " ".join(self.key(name).with_suffix(".pub").read_text("ascii").split()[:2])

    def allow(self, whose: dict[str, str], options: str = f'namespaces="{NAMESPACE}"') -> None:
        """Each key by its name, and whose it is."""
        lines = [f"{who} {options} {self.public(name)}\n" for name, who in whose.items()]
        self.write(self.signers, "".join(lines))

    def map(self, users: dict[str, str]) -> None:
        lines = [f'{user} = "{who}"\n' for user, who in users.items()]
        self.write(self.principals, "[users]\n" + "".join(lines))

    def ask(self, at: int, more: str = 'connections = ["here", "prod"]') -> None:
        files = f'allowed_signers = "{self.signers}"\nprincipals = "{self.principals}"'
        self.write(self.policy, f"[four_eyes]\nfrom = {at}\n{more}\n{files}\n")

    @staticmethod
    def write(file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)

    def sit(self, who: str | None) -> None:
        """That person logged in; None: the system does not know who."""
        import pwd

        uid = 2**32 - 1 if who is None else pwd.getpwnam(LOGINS.get(who, who)).pw_uid
        self._login.write_text(str(uid), encoding="ascii")

    @contextmanager
    def agent(self, *names: str) -> Iterator[None]:
        """An agent that holds these keys."""
        socket = self.keys.parent / "agent"
        said = subprocess.run(["ssh-agent", "-s", "-a", str(socket)], check=True, capture_output=True).stdout
        pid = int(said.split(b"SSH_AGENT_PID=")[1].split(b";")[0])
        try:
            self._patch.setenv("SSH_AUTH_SOCK", str(socket))
            for name in names:
                subprocess.run(["ssh-add", "-q", str(self.key(name))], check=True, capture_output=True)
            yield
        finally:
            os.kill(pid, signal.SIGTERM)
            self._patch.delenv("SSH_AUTH_SOCK")
