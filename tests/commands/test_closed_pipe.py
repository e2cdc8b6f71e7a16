"""`dfn-tui … | head`: what nobody reads any more changes neither what is done nor the exit code."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import Users, state_of
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread


@contextmanager
def nobody_reads() -> Iterator[None]:
    """The standard output is a pipe that is closed at its other end."""
    reader, writer = os.pipe()
    os.close(reader)
    before, sys.stdout = sys.stdout, os.fdopen(writer, "w", encoding="utf-8")
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        sys.stdout = before


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, sandbox: SandboxThread) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("user_id,mkt_flag\nuser-0001,Maybe\n", encoding="utf-8")
    Path("asked.csv").write_text("회원번호,mkt_flag\nuser-0001,Unsubscribed\n", encoding="utf-8")
    Path("ids.txt").write_text("drifts\n", encoding="utf-8")
    sandbox.state.write_profiles([("drifts", {Flag.MKT: State.SUBSCRIBED}, {})])
    assert run("bulk", "plan", "ids.txt", "mkt_flag=Unsubscribed", "-o", "a.plan").code == 0


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("code", "command"),
    [
        (0, "get user-0001"),
        (1, "get nobody-at-all user-0001"),
        (1, "ci get --json nobody-at-all user-0001"),
        (1, "get --json user-0001 --kind user_id nobody-at-all"),
        (1, "bulk inspect bad.csv --json"),
        (2, "bulk inspect asked.csv --json"),
        (1, "bulk verify a.plan"),
        (1, "bulk verify a.plan --json"),
        (1, "doctor -c untrusted"),
        (5, "connections test untrusted"),
    ],
)
def test_a_pipe_that_is_closed_changes_no_code(run: Run, code: int, command: str) -> None:
    open_ended = run(*command.split())
    with nobody_reads():
        ran = run(*command.split())
    # Whoever was not read any more is nobody's failure.
    assert (open_ended.code, ran.code) == (code, 0 if command.startswith("get --json user-0001") else code)
    assert "Traceback" not in ran.err and "Broken pipe" not in ran.err


def test_nobody_is_asked_for_whom_nobody_reads(run: Run, sandbox: SandboxThread) -> None:
    with nobody_reads():
        ran = run("get", "--json", *(f"user-{n:04}" for n in range(1, 41)), *(f"no-{n}" for n in range(2000)))
    assert (ran.code, ran.err) == (0, "")  # who was read was there
    assert 0 < len(sandbox.requests) < 20


@pytest.mark.slow
def test_a_stream_that_is_closed_is_no_defect(run: Run, sandbox: SandboxThread, users: Users) -> None:
    told, changed = users(2)
    before = run("get", told).out
    command = (
        f"{sys.executable} -m dfn_tui get {told} 2>&- || exit 9; "
        f"{sys.executable} -m dfn_tui set {changed} mkt_sms_flag=Unsubscribed --reason x --yes <&- >&- 2>&-"
    )
    ended = subprocess.run(
        ["bash", "-c", command],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, before, "")
    assert state_of(sandbox, changed) == "Unsubscribed"
    assert run("journal", "verify").out.startswith("The journal is whole: 2 entries.")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_what_has_nothing_to_write_needs_no_room(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("bulk", "clean", "--older-than", "1").code == 0
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        ran = run("bulk", "clean", "--older-than", "1")
        monkeypatch.undo()
    assert ran.code == 0
