"""`dfn-tui get`: what it prints where, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.api.retry import SINGLE
from dfn_tui.api.transport import Timeouts
from tests.commands.running import EACH_SPELLING, Run, Typed
from tests.sandbox_thread import SandboxThread

pytestmark = EACH_SPELLING
GOLDEN = Path(__file__).parents[1] / "data" / "users"
HOSTILE = "\x1b]0;owned\x07[/x]\u202ex"


READ_AT = re.compile(r' "read_at": "[^"]+",')
NOTHING_SET = "1 user has nothing set (unknown to the server, or never asked).\n"


def test_users_as_text(run: Run) -> None:
    ran = run("get", "user-0002", "nobody-here", "user-0006")
    assert (ran.code, ran.err) == (1, NOTHING_SET)
    assert ran.out == (GOLDEN / "get.txt").read_text(encoding="utf-8")


def test_users_as_json(run: Run) -> None:
    ran = run("get", "--json", "user-0002", "nobody-here", "user-0006")
    assert (ran.code, ran.err) == (1, NOTHING_SET)
    assert READ_AT.sub("", ran.out) == (GOLDEN / "get.jsonl").read_text(encoding="utf-8")
    known, unknown, _hostile = ran.objects
    assert known["properties"]["mkt_kakao_flag"] == "Undefined"
    assert (known["outcome"], known["code"]) == ("read", None)
    assert (unknown["outcome"], unknown["code"]) == ("read", "unknown-user")


def test_personal_values_are_masked_until_revealed(run: Run) -> None:
    masked, revealed = run("get", "user-0002", "--json"), run("get", "user-0002", "--json", "--reveal")
    assert masked.objects[0]["properties"]["email"] == "u••••@example.com"
    assert revealed.objects[0]["properties"]["email"] == "user2@example.com"


def test_what_a_terminal_would_obey_is_escaped(run: Run) -> None:
    for options in ([], ["--json"]):
        ran = run("get", HOSTILE, "user-0006", "--allow-unknown", *options)
        assert ran.code == 0
        assert ran.out.replace("\n", "").isprintable()
    assert json.loads(run("get", HOSTILE, "--json").out)["user_id"] == HOSTILE


def test_ids_from_the_standard_input_among_others(run: Run) -> None:
    piped = "\ufeffuser-0003\r\nuser-0002, user-0004\n".encode()
    ran = run("get", "user-0001", "-", "user-0005", "--json", stdin=piped)
    assert [user[-1] for user, _outcome in ran.outcomes] == ["1", "3", "2", "4", "5"]


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ([""], b""),
        (["-"], b""),
        (["-"], b"\xff\xfe\xfa"),
        (["user-0001", "--kind", "email"], b""),
        (["user-0001", "--kind", "name"], b""),
        (["user-\udcff"], b""),
        ([], b""),
        (["-c", "nowhere", "user-0001"], b""),
    ],
)
def test_bad_usage_and_input(run: Run, arguments: list[str], stdin: bytes) -> None:
    ran = run("get", *arguments, stdin=stdin)
    assert (ran.code, ran.out) == (2, "")
    assert "dfn-tui" in ran.err


def test_a_user_that_cannot_be_read(
    run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.api.retry.RetryState.again", _no_patience)
    sandbox.faults.busy_users = frozenset({"user-0003"})
    ran = run("get", "--json", "user-0001", "user-0003")
    assert ran.code == 1
    assert ran.outcomes == [("user-0001", "read"), ("user-0003", "failed")]
    assert ran.objects[1]["code"] == "5003"
    as_text = run("get", "user-0003")
    assert (as_text.code, as_text.out) == (1, "")
    assert as_text.err == (
        "user-0003: The server said: “The server was too busy to handle it. Please try again later.” (5003)\n"
    )


async def _no_patience(*_arguments: object) -> bool:
    return False


def test_no_token_and_one_that_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", "tok-3f81c6")
    refused = run("get", "user-0001", "--json")
    assert refused.code == 4
    assert refused.objects[0]["code"] == "4001"
    monkeypatch.delenv("DFN_TUI_TOKEN")
    missing = run("get", "user-0001", "--json")
    assert (missing.code, missing.out) == (4, "")
    assert missing.err.startswith("dfn-tui: Token needed\n")


def test_what_is_not_permitted(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.refuse = "4004"
    assert run("get", "user-0001").code == 4


def test_a_server_that_is_not_reached(run: Run) -> None:
    ran = run("get", "user-0001", "-c", "untrusted", "--json")
    assert ran.code == 5
    assert ran.outcomes == [("user-0001", "failed")]


def test_an_api_version_that_cannot_read_says_so(run: Run, sandbox: SandboxThread) -> None:
    before = len(sandbox.requests)
    for command in (["get"], ["ci", "get"]):
        ran = run(*command, "user-0001", "-c", "next")
        assert (ran.code, ran.out) == (2, "")
        assert "This API version cannot read a single user." in ran.err
    assert len(sandbox.requests) == before


def test_ctrl_c_stops_the_reading(sandbox: SandboxThread) -> None:
    sandbox.requests.clear()
    sandbox.faults.latency_ms = 5_000
    try:
        with Typed(sandbox, "get", "user-0001") as typed:
            typed.wait_for(lambda: sandbox.requests)
            typed.signal(signal.SIGINT)
            ran = typed.ended()
    finally:
        sandbox.faults.latency_ms = 0
    assert (ran.code, ran.out) == (130, "")
    assert "Traceback" not in ran.err


def test_the_connection_may_stand_before_the_command(run: Run) -> None:
    assert run("-c", "prod", "get", "user-0001").code == 0
    assert run("-c", "nowhere", "get", "user-0001").code == 2


def test_an_output_that_is_closed_early_ends_quietly(run: Run) -> None:
    command = f"set -o pipefail; {sys.executable} -m dfn_tui get --json user-{{0001..0200}} | head -c 1"
    ended = subprocess.run(
        ["bash", "-c", command],
        check=False,
        capture_output=True,
        env=_environment(),
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["get", "--help"],
        ["get", "user-0001"],
        ["set", "user-0001", "vip=yes", "--yes"],
        ["ci", "set", "user-0001", "kakao_id=0123456789", "--dry-run"],
        ["completion", "bash"],
    ],
)
def test_no_command_waits_for_the_console(run: Run, arguments: list[str]) -> None:
    script = (
        "import sys\nfrom dfn_tui.cli import main\ntry:\n    code = main()\nexcept SystemExit as end:\n"
        "    code = end.code\nheavy = {'textual', 'dfn_tui.app', 'dfn_tui.screens'}\n"
        "print(code, *(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    assert ended.stderr.splitlines()[-1] == "0"


def test_no_plugin_of_pydantic_sees_what_is_validated(run: Run, tmp_path: Path) -> None:
    """It would see each token and consent; and looking for one means reading every installed package."""
    (tmp_path / "spying.py").write_text("plugin = object()\n")
    (tmp_path / "spying-1.dist-info").mkdir()
    (tmp_path / "spying-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: spying\nVersion: 1\n"
    )
    (tmp_path / "spying-1.dist-info" / "entry_points.txt").write_text("[pydantic]\nspying = spying:plugin\n")
    script = (
        "import sys\nfrom dfn_tui.cli import main\nmain()\nprint(*{'pydantic', 'spying'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "get", "user-0001"],
        check=True,
        capture_output=True,
        text=True,
        env=_environment() | {"PYTHONPATH": str(tmp_path)},
    )
    assert ended.stdout.splitlines()[-1] == "pydantic"


@pytest.mark.parametrize("kind", ["silent", "500", "page", "cut"])
def test_one_user_who_hinders_a_read_costs_nobody_else(
    run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch, patient: None, kind: str
) -> None:
    if kind == "silent":
        monkeypatch.setattr("dfn_tui.api.transport.Timeouts", lambda: Timeouts(read=0.3, total=0.5))
    sandbox.faults.read_answer, sandbox.faults.only_users = kind, frozenset(["user-0005"])
    ids = [f"user-{number:04d}" for number in range(1, 21)]
    ran = run("get", "--json", *ids)
    assert ran.outcomes == [(one, "failed" if one == "user-0005" else "read") for one in ids]
    assert ran.code == 5  # every failure was the server's


def test_a_server_that_answers_nobody_is_asked_little_more(
    run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.api.retry.SINGLE", SINGLE._replace(attempts=1))
    sandbox.faults.read_answer = "502"
    ran = run("get", "--json", *(f"user-{number:04d}" for number in range(1, 21)))
    assert {outcome for _user, outcome in ran.outcomes} == {"failed"}
    assert len(sandbox.requests) == 4  # all together, and three alone


def test_how_a_consent_is_spread_is_counted(
    run: Run, users: Callable[..., list[str]], sandbox: SandboxThread
) -> None:
    given, [odd] = users(2), users(1)
    sandbox.faults.odd_values, sandbox.faults.only_users = {"mkt_sms_flag": '"Perhaps"'}, frozenset([odd])
    ran = run("get", "--counts", *given, odd, "nobody-of-us", "--format", "jsonl")
    sms = next(one for one in ran.objects if one["flag"] == "mkt_sms_flag")
    counted = (sms["subscribed"], sms["unsubscribed"], sms["never_set"], sms["unreadable"], sms["users"])
    assert counted == (2, 0, 1, 1, 4)
    assert (ran.code, run("get", "--counts", *given, "--json").code) == (1, 0)
    assert run("get", "--counts", "nobody-of-us", "--allow-unknown").code == 0


def test_who_could_not_be_read_is_counted_too(run: Run, sandbox: SandboxThread, patient: None) -> None:
    sandbox.faults.read_answer, sandbox.faults.only_users = "cut", frozenset(["user-0005"])
    ran = run("get", "--counts", "user-0004", "user-0005", "--json")
    assert {(one["unreadable"], one["users"]) for one in ran.objects} == {(1, 2)}
    assert "1 user could not be read." in ran.err
    assert ran.code == run("get", "user-0004", "user-0005").code != 0
