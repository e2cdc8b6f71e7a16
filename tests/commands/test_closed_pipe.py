"""`dfn-tui … | head`, `… > /dev/full`: what cannot be printed changes neither what is done nor the code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import Users, state_of
from tests.commands.running import Run, needs_full, no_room, nobody_reads
from tests.sandbox_thread import SandboxThread


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, sandbox: SandboxThread) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)
    Path("bad.csv").write_text("user_id,mkt_flag\nuser-0001,Maybe\n", encoding="utf-8")
    Path("asked.csv").write_text("회원번호,mkt_flag\nuser-0001,Unsubscribed\n", encoding="utf-8")
    Path("ids.txt").write_text("drifts\n", encoding="utf-8")
    sandbox.state.write_profiles([("drifts", {Flag.MKT: State.SUBSCRIBED}, {})])
    assert run("bulk", "plan", "ids.txt", "mkt_flag=Unsubscribed", "-o", "a.plan").code == 0
    assert run("snapshot", "take", "-c", "next").code == 0
    Path("many.txt").write_text("".join(f"nobody-{n}\n" for n in range(200)), encoding="utf-8")


READING = pytest.mark.parametrize(
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
        (0, "bulk show a.plan"),
        (0, "bulk list"),
        (0, "bulk status"),
        (0, "history user-0001"),
        (0, "journal list"),
        (0, "journal head"),
        (0, "journal verify"),
        (1, "journal show 7"),
        (0, "journal export -o - --format csv"),
        (0, "connections list"),
        (0, "receipt user-0001"),
        (1, "sending user-0001 nobody-at-all"),
        (0, "snapshot status -c next"),
        (1, "snapshot show -c next --from many.txt"),  # more than is kept back before it is written
        (1, "preflight ids.txt --channel sms --at 12:00"),
        (0, "watch user-0001 --times 1"),
        (0, "completion bash"),
        (0, "help"),
    ],
)


@pytest.mark.usefixtures("files")
@READING
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


@needs_full
@pytest.mark.usefixtures("files")
@READING
def test_a_full_disk_hides_no_code(run: Run, code: int, command: str) -> None:
    open_ended = run(*command.split())
    with no_room():
        ran = run(*command.split())
    # Where all was as asked, that nothing could be printed is all there is to tell.
    assert ran.code == (code or (2 if open_ended.out else 0)), ran.err
    if "What are these columns?" not in ran.err:
        assert bool(open_ended.out) == ("The output could not be written" in ran.err)
    assert "Traceback" not in ran.err


@needs_full
def test_a_full_disk_keeps_nobody_from_being_read(run: Run) -> None:
    """The code is that of all users, as it is with room."""
    with no_room():
        assert run("get", "user-0001", "nobody-at-all").code == 1


@needs_full
def test_what_has_nothing_to_write_needs_no_room(run: Run) -> None:
    assert run("bulk", "clean", "--older-than", "1").code == 0
    with no_room():
        assert run("bulk", "clean", "--older-than", "1").code == 0
