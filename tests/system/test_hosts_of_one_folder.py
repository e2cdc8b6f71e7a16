"""Two real hosts, by their names, over one state folder: writing at once, nobody loses an entry."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import AllJournals, Filter, Journal
from tests.commands.running import configure
from tests.sandbox_thread import SandboxThread

pytestmark = pytest.mark.slow

_AS = ("unshare", "-r", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')
_TIMES = 6


@pytest.fixture(autouse=True)
def may_be_called_otherwise() -> None:
    if shutil.which("unshare") is None or subprocess.run([*_AS, "a", "true"], check=False).returncode:
        pytest.skip("no host can be given another name here")


def test_two_hosts_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    state = Path(os.environ["DFN_TUI_STATE"])
    (state / "hosts").mkdir(parents=True, mode=0o700)
    with SandboxThread(SandboxOptions(users=20)) as sandbox:
        configure(sandbox)
        quiet = {"DFN_TUI_TOKEN": sandbox.token, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

        def begin(host: str, *arguments: str) -> "subprocess.Popen[str]":
            command = [*_AS, host, sys.executable, "-m", "dfn_tui", *arguments]
            return subprocess.Popen(
                command, env=os.environ | quiet, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )

        for time in range(_TIMES):
            value = "Subscribed" if time % 2 else "Unsubscribed"
            more = ["--yes", "--reason", "INC-7", "--evidence", "form"]
            both = [
                begin(host, "set", user, f"mkt_sms_flag={value}", *more)
                for host, user in (("east", "user-0001"), ("west", "user-0003"))
            ]
            for one in both:
                _out, said = one.communicate(timeout=120)
                assert one.returncode == 0, said
        for host in ("east", "west"):
            shown = begin(host, "journal", "verify")
            out, said = shown.communicate(timeout=120)
            assert (shown.returncode, out.count(f"{2 * _TIMES} entries")) == (0, 2), said
    east, west = (state / "hosts" / host / "journal.db" for host in ("east", "west"))
    for path in (east, west):
        with Journal(path) as journal:
            assert {one.intent.operator.host for one in journal.find(Filter())} == {path.parent.name}
    with AllJournals(east) as every:
        assert len(every.find(Filter())) == 2 * _TIMES
