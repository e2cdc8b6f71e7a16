"""The exit codes of all commands, by the one table: a later line never hides an earlier one."""

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from dfn_tui.api.retry import BULK, SINGLE
from tests.commands.running import Run, Typed, configure
from tests.sandbox_thread import SandboxThread

STOP = "mkt_sms_flag=Unsubscribed"
YES = "--reason INC-7 --yes"
Users = Callable[..., list[str]]


@dataclass(frozen=True)
class Case:
    """`command` with {one} and {other} for users, in a situation; `before` are the commands before it."""

    code: int
    command: str
    before: tuple[str, ...] = ()
    stdin: str = ""
    faults: tuple[tuple[str, object], ...] = ()
    changed: bool = False
    """Whether somebody else changes user `one` before the command."""

    def __str__(self) -> str:
        return f"{self.code} {self.command} {[*dict(self.faults)] or ''}{self.stdin[:20]!r}"


def plan(rows: str, *options: str) -> str:
    return f"bulk plan {rows} {STOP} -o a.plan {' '.join(options)}"


PLANNED, POINTS = plan("list.txt"), plan("list.txt", "points=7")
APPLY = f"bulk apply a.plan {YES}"
REFUSED, DENIED = (("refuse", "4001"),), (("refuse", "4004"),)
DOWN = (("error_rate", 1.0),)
BAD_USER = (("bad_users", "one"),)
CASES = [
    # get, ci get
    Case(0, "get {one}"),
    Case(1, "get {one} nobody"),
    Case(1, "get nobody --json"),
    Case(0, "get {one} nobody --allow-unknown"),
    Case(0, "ci get {one}"),
    Case(1, "ci get nobody"),
    Case(0, "ci get nobody --allow-unknown"),
    Case(2, "get"),
    Case(2, "get {one} --kind phone_no"),
    Case(4, "get {one}", faults=REFUSED),
    Case(4, "get {one} nobody", faults=DENIED),
    Case(5, "get {one}", faults=DOWN),
    Case(1, "get {one} {other}", faults=(("busy_users", "one"),)),
    # set, ci set
    Case(0, f"set {{one}} {STOP} {YES}"),
    Case(1, f"set {{one}} nobody {STOP} {YES}"),
    Case(0, f"set {{one}} nobody {STOP} {YES} --allow-unknown"),
    Case(1, f"set {{one}} {{other}} {STOP} {YES}", faults=BAD_USER),
    Case(1, f"set {{one}} {{other}} {STOP} {YES} --allow-unknown", faults=BAD_USER),
    Case(2, "set {one}"),
    Case(2, "set {one} mkt_sms_flag=perhaps"),
    Case(3, f"set {{one}} {STOP}"),
    Case(3, f"--read-only set {{one}} {STOP} {YES}"),
    Case(4, f"set {{one}} {STOP} {YES}", faults=REFUSED),
    Case(5, f"set {{one}} {STOP} {YES}", faults=DOWN),
    Case(6, f"set {{one}} {STOP} {YES}", faults=(("read_back", "401"),)),
    Case(1, f"ci set nobody phone_number=+821012345678 {YES}"),
    Case(0, f"ci set nobody phone_number=+821012345678 {YES} --allow-unknown"),
    # bulk plan
    Case(0, PLANNED),
    Case(0, plan("- --json"), stdin="{one}\n{one}\n"),  # the same user again, counted once
    Case(1, plan("-"), stdin="{one}\nnobody\n"),
    Case(0, plan("-", "--allow-unknown"), stdin="{one}\nnobody\n"),
    Case(0, plan("-", "--create"), stdin="{one}\nnobody\n"),
    Case(1, "bulk plan - -o a.plan", stdin="user_id,mkt_flag\n{one},Unsubscribed\n{other},perhaps\n"),
    Case(0, "bulk plan - -o a.plan --allow-bad", stdin="user_id,mkt_flag\n{one},Unsubscribed\nu,perhaps\n"),
    Case(1, plan("- --allow-bad"), stdin="{one}\nnobody\na, b\n"),
    Case(2, "bulk plan - -o a.plan --allow-bad", stdin="user_id,mkt_flag\n{one},perhaps\n"),
    Case(2, PLANNED, (PLANNED,)),
    Case(2, plan("list.txt", "--force").replace("a.plan", "list.txt")),
    Case(2, plan("no-such-list.txt")),
    Case(4, PLANNED, faults=REFUSED),
    Case(5, PLANNED, faults=DOWN),
    # bulk show, apply, resume
    Case(0, "bulk show a.plan", (PLANNED,)),
    Case(2, "bulk show list.txt"),
    Case(0, APPLY, (PLANNED,)),
    Case(1, APPLY, (PLANNED,), faults=BAD_USER),
    Case(1, APPLY, (POINTS,), changed=True),
    Case(1, f"{APPLY} --on-conflict skip", (POINTS,), changed=True),
    Case(0, f"{APPLY} --on-conflict overwrite", (POINTS,), changed=True),
    Case(2, f"{APPLY} --results list.txt", (PLANNED,)),
    Case(2, f"{APPLY} --results none/results.csv", (PLANNED,)),
    Case(2, f"bulk apply list.txt {YES}"),
    Case(3, "bulk apply a.plan --reason INC-7", (PLANNED,)),
    Case(4, APPLY, (PLANNED,), faults=REFUSED),
    Case(5, APPLY, (PLANNED,), faults=DOWN),
    Case(6, f"{APPLY} --on-conflict overwrite", (PLANNED,), faults=(("read_back", "401"),)),
    Case(0, f"{APPLY} --no-read-back", (PLANNED,)),
    Case(1, "bulk resume", (POINTS, APPLY), changed=True),
    Case(2, "bulk resume"),
    Case(2, "bulk resume 2026"),
    # preflight
    Case(0, "preflight - --channel sms --at 12:00", stdin="{one}\n{other}\n"),
    Case(1, "preflight - --channel sms --at 02:00", stdin="{one}\n"),
    Case(1, "preflight - --channel sms --at 12:00", stdin="{one}\nnobody\n"),
    Case(1, "preflight - --channel sms --at 12:00", stdin="{one}\na, b\n"),
    Case(2, "preflight list.txt"),
    Case(2, "preflight list.txt --channel email"),
    Case(2, "preflight list.txt --channel sms --may list.txt"),
    Case(2, "preflight list.txt --channel sms -c next"),
    Case(4, "preflight list.txt --channel sms", faults=REFUSED),
    Case(5, "preflight list.txt --channel sms", faults=DOWN),
    # bulk list, status, clean, verify, undo
    Case(0, "bulk list"),
    Case(0, "bulk status"),
    Case(2, "bulk status 2026"),
    Case(0, "bulk clean --older-than 3"),
    Case(2, "bulk clean"),
    Case(1, "bulk verify a.plan", (PLANNED,)),
    Case(0, "bulk verify a.plan", (PLANNED, APPLY)),
    Case(4, "bulk verify a.plan", (PLANNED,), faults=REFUSED),
    Case(2, "bulk undo 2026 -o back.plan"),
    # the others
    Case(0, "journal list"),
    Case(1, "journal show 7"),
    Case(0, "journal verify"),
    Case(2, "journal list --since yesterday"),
    Case(2, "journal export --format json --bom"),
    Case(1, "doctor -c untrusted"),
    Case(2, "doctor -c nowhere"),
    Case(0, "completion bash"),
    Case(2, "completion"),
    Case(2, "help no-such-topic"),
    Case(2, "get {one} -c nowhere"),
    Case(2, "nothing"),
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dfn_tui.api.retry.BULK", BULK._replace(longest=0.0))
    monkeypatch.setattr("dfn_tui.api.retry.SINGLE", SINGLE._replace(base=0.0))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_table(run: Run, sandbox: SandboxThread, users: Users, case: Case) -> None:
    one, other = users(2)
    Path("list.txt").write_text(f"{one}\n{other}\n", encoding="utf-8")

    def ran(command: str) -> int:
        piped = case.stdin.format(one=one, other=other).encode()
        return run(*shlex.split(command.format(one=one, other=other)), stdin=piped).code

    for command in case.before:
        ran(command)
        if case.changed:
            sandbox.state.write_profiles([(one, {}, {"points": "5"})])
    for name, value in case.faults:
        setattr(sandbox.faults, name, frozenset([one]) if value == "one" else value)
    assert ran(case.command) == case.code


def test_a_stop_is_told_before_what_is_unknown(sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    sandbox.requests.clear()
    sandbox.faults.read_answer = "silent"
    with Typed(sandbox, "get", user, "nobody") as typed:
        typed.wait_for(lambda: sandbox.requests)
        typed.signal(signal.SIGINT)
        assert typed.ended().code == 130


def test_a_defect_is_one_line_and_a_report_without_values(
    run: Run, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    [user] = users()

    def fail(*_given: object, **_named: object) -> NoReturn:
        try:
            raise KeyError(f"{user}-inner")
        except KeyError as error:
            raise ExceptionGroup(user, [ValueError(f"lee@example.com {user}")]) from error

    monkeypatch.setattr("dfn_tui.cli.reading.identities", fail)
    ran = run("get", user)
    assert (ran.code, ran.out) == (70, "")
    [line] = ran.err.splitlines()
    [report] = Path(os.environ["DFN_TUI_STATE"]).glob("defect-*.txt")
    assert line == (
        f"dfn-tui: a defect of this program (ExceptionGroup). Report it with {report}: no value is in it."
    )
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text(encoding="utf-8")
    assert user not in text
    assert "lee" not in text
    assert {"builtins.ExceptionGroup", "builtins.KeyError", "builtins.ValueError"} <= set(text.splitlines())
    assert f"  tests/commands/{Path(__file__).name}:" in text
    assert "  dfn_tui/cli/reading.py:" in text


def test_a_defect_whose_report_cannot_be_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_given: object) -> NoReturn:
        raise ValueError("lee@example.com")

    monkeypatch.setattr("dfn_tui.cli.session.load", fail)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DFN_TUI_STATE", str(tmp_path / "file" / "state"))
    ran = run("get", "user-1")
    assert ran.code == 70
    assert ran.err == "dfn-tui: a defect of this program (ValueError). A report of it could not be written.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("code", "command"),
    [
        (0, f"set {{one}} {STOP} {YES}"),
        (1, f"set {{one}} nobody {STOP} {YES} --json"),
        (0, "bulk plan list.txt mkt_flag=Unsubscribed -o a.plan --json"),
        (1, "bulk plan bad.csv -o a.plan --json"),
        (0, f"bulk apply ready.plan {YES} --json"),
        (0, "bulk show ready.plan --only-first 1 --users"),
        (0, f"bulk apply ready.plan {YES} --results -"),
    ],
)
def test_what_cannot_be_printed_changes_no_code(
    run: Run, sandbox: SandboxThread, users: Users, stream: str, code: int, command: str
) -> None:
    one, other = users(2)
    Path("list.txt").write_text(f"{one}\n{other}\n", encoding="utf-8")
    Path("bad.csv").write_text(f"user_id,mkt_flag\n{one},Unsubscribed\n{other},perhaps\n", encoding="utf-8")
    assert run("bulk", "plan", "list.txt", STOP, "-o", "ready.plan").code == 0
    configure(sandbox)
    with Path("/dev/full").open("wb") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: full}
        ended = subprocess.run(
            [sys.executable, "-m", "dfn_tui", *shlex.split(command.format(one=one))],
            stdin=subprocess.DEVNULL,
            env=os.environ
            | {"DFN_TUI_TOKEN": sandbox.token, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
            check=False,
            **streams,  # type: ignore[call-overload]
        )
    assert ended.returncode == code, json.dumps(str(ended.stderr))
