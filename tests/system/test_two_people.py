"""Two real users of one host: one plans and applies, the other approves, and root has the files."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.commands.running import CONFIG
from tests.eyes import ALICE, BOB, LOGINS, PROGRAMS, Team, needs_root
from tests.sandbox_thread import SandboxThread

pytestmark = [pytest.mark.slow, needs_root]

_MAIN = """
import sys
from pathlib import Path
import dfn_tui.config.team_policy as team
import dfn_tui.service.four_eyes.principals as principals
team.POLICY_FILE, principals.LOGIN_UID = Path(sys.argv[1]), Path("/nonexistent")
from dfn_tui.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user can go through."""
    made = Path(tempfile.mkdtemp(prefix="dfn-tui-two-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_each_signs_as_the_user_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]
) -> None:
    require("setpriv", *PROGRAMS)
    team = Team(folder, monkeypatch)
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    homes = {}
    for who, name in ((ALICE, "alice"), (BOB, "bob")):
        user = pwd.getpwnam(LOGINS[who])
        homes[who] = folder / name
        homes[who].mkdir()
        shutil.copy(team.key(name), homes[who] / "key")
        for path in (homes[who], homes[who] / "key"):
            os.chown(path, user.pw_uid, user.pw_gid)
    with SandboxThread(SandboxOptions(users=9)) as sandbox:
        rest = sandbox.url.removeprefix("http")
        text = CONFIG.format(url=sandbox.url, service_id=sandbox.service_id, rest=rest)

        def run(who: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
            user, home = pwd.getpwnam(LOGINS[who]), homes[who]
            (home / "config.toml").write_text(text, encoding="utf-8")
            os.chown(home / "config.toml", user.pw_uid, user.pw_gid)
            # Reads what root may: the interpreter of the tests may lie below root's home.
            become = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
            may_read = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
            command = [sys.executable, "-c", _MAIN, str(team.policy), "bulk", *words]
            return subprocess.run(
                ["setpriv", *become, *may_read, *command],
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                cwd=shared,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    "DFN_TUI_CONFIG": str(home / "config.toml"),
                    "DFN_TUI_STATE": str(home / "state"),
                    "DFN_TUI_TOKEN": sandbox.token,
                    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
                    "SUDO_USER": LOGINS[BOB],
                },
            )

        ids = "\n".join(f"user-{number:04}" for number in range(1, 10))
        made = run(ALICE, "plan", "-", "points:number=7", "-o", "a.plan", stdin=ids)
        assert made.returncode == 0, made.stderr
        (shared / "a.plan").chmod(0o644)  # Alice hands it on, and it comes back with a signature
        apply = ("apply", "a.plan", "--yes", "--reason", "INC-7", "--key", str(homes[ALICE] / "key"))
        refused = run(ALICE, *apply)
        assert (refused.returncode, "Nobody has signed it." in refused.stderr) == (3, True)
        signed = run(BOB, "approve", "a.plan", "--confirm", "9", "--key", str(homes[BOB] / "key"))
        assert signed.returncode == 0, signed.stderr
        file = shared / "a.plan.sig"
        assert file.stat().st_uid == pwd.getpwnam(LOGINS[BOB]).pw_uid
        done = run(ALICE, *apply)
        assert done.returncode == 0, done.stderr
        assert f"Approved by {BOB}" in done.stderr
