"""`dfn-tui set`: what it asks, sends and prints, and how it ends. Each test has users of its own."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.consent.duties import korean_day
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.addresses import addresses_file
from dfn_tui.service.changes.pipeline import send
from dfn_tui.store import Entry, Filter, Journal, journal_file
from dfn_tui.store.known_head import remembered, remembered_file
from tests.commands.running import EACH_SPELLING, Run, Typed
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, entries
from tests.unit.journals import again

pytestmark = EACH_SPELLING
GOLDEN = Path(__file__).parents[1] / "data" / "users"
WRITE = "/api/v1/users/profile/update"
STOP, GIVE, GIVE_NIGHT = "mkt_sms_flag=Unsubscribed", "mkt_sms_flag=Subscribed", "night_sms_flag=Subscribed"


Users = Callable[..., list[str]]


def state_of(sandbox: SandboxThread, user: str, flag: Flag = Flag.MKT_SMS) -> str:
    return sandbox.state.profiles([user])[user][0][flag]


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path in (WRITE, "/api/v1/user-profile") for request in sandbox.requests)


def test_confirmed_unchanged_and_unknown_to_the_server(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    sandbox.state.write_profiles([(other, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    ran = run("set", one, "nobody-here", other, STOP, "--yes", "--json", "--reason", "INC-7")
    assert ran.code == 1
    assert ran.outcomes == [(one, "confirmed"), ("nobody-here", "failed"), (other, "unchanged")]
    assert ran.objects[0] == {
        "user_id": one,
        "kind": "user_id",
        "outcome": "confirmed",
        "code": None,
        "message": "",
        "changes": [
            {
                "name": "mkt_sms_flag",
                "before": "Subscribed",
                "after": "Unsubscribed",
                "readable": True,
                "outcome": "confirmed",
            }
        ],
    }
    assert ran.objects[1]["code"] == "unknown-user"
    assert state_of(sandbox, one) == "Unsubscribed"
    assert writes(sandbox) == 1
    [entry] = entries(journal_file())
    assert (entry.intent.reason, entry.intent.subject.value) == ("INC-7", one)
    today = korean_day(entry.at)
    assert (entry.intent.ground, entry.intent.expressed_on) == ("expressed", today.isoformat())
    assert ran.err.splitlines() == [
        "1 user has nothing set (unknown to the server, or never asked): nothing is sent for them, "
        "unless --create.",
        "Over here (sandbox), users by user_id:",
        one,
        "  mkt_sms_flag  ● given → ○ withdrawn",
        f"Said on {today}: tell 1 person the outcome by {today + timedelta(days=14)}.",
        "3 users (user_id): 1 ✓ confirmed, 1 = as wanted already, 1 ✗ failed",
    ]


def test_the_result_as_text(run: Run) -> None:
    ran = run("set", "user-0001", "user-0007", "nobody-here", STOP, "points:number=7", "--yes")
    assert ran.code == 1
    assert ran.out == (GOLDEN / "set.txt").read_text(encoding="utf-8")


def test_options_may_stand_anywhere(run: Run, users: Users) -> None:
    one, other = users(2)
    ran = run("set", "--yes", one, "--json", STOP, "--reason", "INC-7", other)
    assert (ran.code, ran.outcomes) == (0, [(one, "confirmed"), (other, "confirmed")])
    unknown = run("set", one, "--yes", STOP, "--zzz\x1b")
    assert unknown.code == 2
    assert unknown.err.endswith("unrecognized arguments: --zzz\\x1b\n")


def test_nothing_to_change_asks_nothing(run: Run, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    ran = run("-c", "prod", "set", user, GIVE, "--json")
    assert (ran.code, ran.outcomes) == (0, [(user, "unchanged")])
    assert writes(sandbox) == 0


def test_a_dry_run_tells_all_and_sends_nothing(run: Run, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    ran = run("--read-only", "set", user, STOP, "email=lee@example.com", "--dry-run", "--json")
    assert (ran.code, ran.outcomes) == (0, [(user, "planned")])
    changes = {change["name"]: (change["before"], change["after"]) for change in ran.objects[0]["changes"]}
    assert changes["mkt_sms_flag"] == ("Subscribed", "Unsubscribed")
    assert changes["email"][1] == "l••@example.com"
    assert "It would be refused. Read-only" in ran.err
    assert "lee@" not in ran.out + ran.err
    assert writes(sandbox) == 0
    assert not journal_file().exists()


def test_a_user_is_created_only_where_that_is_asked_for(run: Run, sandbox: SandboxThread) -> None:
    refused = run("set", "new-1", STOP, "--yes", "--json")
    assert (refused.code, refused.objects[0]["code"]) == (1, "unknown-user")
    assert writes(sandbox) == 0
    created = run("set", "new-1", STOP, "--yes", "--create", "--json")
    assert (created.code, created.outcomes) == (0, [("new-1", "confirmed")])
    assert "! Nothing is set for new-1: where the server does not know this user" in created.err


def test_a_user_of_whom_only_an_identifier_is_known_is_no_unknown_one(
    run: Run, sandbox: SandboxThread
) -> None:
    sandbox.state.write_ci([("only-ci", {"kakao_id": "0123456789"})])
    ran = run("set", "only-ci", STOP, "--yes", "--json")
    assert (ran.code, ran.outcomes) == (0, [("only-ci", "confirmed")])


def test_ids_are_piped_in(run: Run, sandbox: SandboxThread, users: Users) -> None:
    found = users(25)
    piped = "\n".join([*found, "a=b"]).encode()
    ran = run("set", "-", STOP, "--yes", "--json", stdin=piped)
    assert ran.outcomes == [*((user, "confirmed") for user in found), ("a=b", "failed")]
    assert writes(sandbox) == 2


@pytest.mark.parametrize("head", ["회원번호", "user_id"])
def test_the_head_of_a_list_is_no_user_even_to_be_created(
    run: Run, sandbox: SandboxThread, users: Users, head: str
) -> None:
    [user] = users(1)
    piped = f"{head}\n{user}\n".encode()
    ran = run("set", "-", STOP, "--create", "--yes", stdin=piped)
    assert (ran.code, ran.out) == (2, "")
    assert f"{head}, the first of them, reads like the head of a column" in ran.err
    assert state_of(sandbox, user) != "Unsubscribed"
    assert head not in sandbox.state.profiles([head])


@pytest.mark.parametrize(
    "words",
    [
        ["user-0001"],
        [STOP, "user-0001"],
        ["user-0001", "mkt_sms_flag=on"],
        ["user-0001", "mkt_sms_flag=Undefined"],
        ["user-0001", "mkt_sms_flg=Unsubscribed"],
        ["user-0001", "mkt_sms_flag="],
        ["user-0001", "=x"],
        ["user-0001", STOP, GIVE],
        ["user-0001", "user_id=x"],
        ["user-0001", "\x1b[2J=x"],
        ["user-0001", "note=\udcff"],
        ["user-0001", STOP, "--confirm", "0"],
    ],
)
def test_bad_usage(run: Run, sandbox: SandboxThread, words: list[str]) -> None:
    ran = run("set", *words, "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "\x1b" not in ran.err
    assert sandbox.requests == []


@pytest.mark.parametrize("word", ["NULL", "nan", "\\N", "-", "회원번호", "user_id", "***", "|---|"])
def test_what_stands_for_no_id_is_no_user(run: Run, sandbox: SandboxThread, word: str) -> None:
    ran = run("set", "-", STOP, stdin=f"U-1\n{word}\n".encode())
    assert ran.code == 2
    assert ran.err.startswith("dfn-tui: Is this an id?\n")
    assert word in ran.err
    assert run("ci", "set", "-", "kakao_id=0123456789", stdin=word.encode()).code == 2
    assert sandbox.requests == []
    # Where that is said, a user may be called so.
    assert "Is this an id?" not in run("set", "--kind", "user_id", "-", STOP, stdin=word.encode()).err


@pytest.mark.parametrize(
    "word", ["•U-1", "U\u200b-1", "U-1\u2019s\u2003x", "1001.0", "(edited)", "U-1.", "동의", "Ｕ－1"]
)
@pytest.mark.parametrize("over", ["here", "next"])
def test_an_id_with_marks_of_where_it_was_copied_from_is_asked_about(
    run: Run, sandbox: SandboxThread, word: str, over: str
) -> None:
    refused = run("-c", over, "set", word, STOP, "--yes", "--reason", "INC-7")
    assert refused.code == 2
    assert refused.err.startswith("dfn-tui: Is this an id?\n")
    assert sandbox.requests == []
    kind = {"here": "user_id", "next": "external_id"}[over]
    words = ("-c", over, "set", "--kind", kind, word, STOP, "--yes", "--reason", "INC-7")
    assert "Is this an id?" not in run(*words).err


def test_identifiers_are_for_the_other_command(run: Run) -> None:
    for connection, name in (("here", "phone_number"), ("next", "phone_no")):
        ran = run("set", "-c", connection, "user-0001", f"{name}=01012345678", "--yes")
        assert ran.code == 2
        assert "Use “dfn-tui ci set”." in ran.err
        assert "0101234" not in ran.err


def test_where_nobody_can_be_asked_nothing_is_sent(run: Run, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    ran = run("set", user, STOP)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.endswith("Give --yes, or --confirm 1.\n")
    in_production = run("set", "-c", "prod", user, STOP, "--yes", "--reason", "INC-7")
    assert in_production.code == 3
    assert "In production give --confirm 1" in in_production.err
    other_number = run("set", "-c", "prod", user, STOP, "--confirm", "2", "--reason", "INC-7")
    assert other_number.code == 3
    assert writes(sandbox) == 0
    confirmed = run("set", "-c", "prod", user, STOP, "--confirm", "1", "--reason", "INC-7")
    assert confirmed.code == 0


def test_what_the_gate_refuses(run: Run, sandbox: SandboxThread, users: Users) -> None:
    found = users(4)
    night = ["set", found[0], GIVE_NIGHT, "--yes"]
    unread = run(*night, "--evidence", "form 12")
    assert unread.code == 3
    assert "Network Act" in unread.err
    assert unread.err.endswith("Read it, then give: --acknowledge night-rule\n")
    without_evidence = run(*night, "--acknowledge", "night-rule")
    assert without_evidence.code == 3
    assert "Evidence is missing" in without_evidence.err
    assert run("-c", "prod", "set", found[0], STOP, "--confirm", "1").code == 3  # no reason
    assert run("--read-only", "set", found[0], STOP, "--yes").code == 3
    four = ("-c", "prod", "set", *found, "--confirm", "4", "--reason", "INC-7")
    too_many = run(*four, "points=7")
    assert too_many.code == 3
    assert "4 users would be written to; 3 at most are allowed." in too_many.err
    assert writes(sandbox) == 0
    read = run(*night, "--evidence", "form 12", "--acknowledge", "night-rule", "--json")
    assert (read.code, read.outcomes) == (0, [(found[0], "confirmed")])
    assert run(*four, STOP).code == 0  # withdrawals have no such cap


def test_consents_are_given_to_so_many_only_where_that_is_said(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    found = users(101)
    wanted = ["set", *found, "mkt_push_flag=Subscribed", "--yes", "--json"]
    refused = run(*wanted)
    assert refused.code == 3
    assert "101 users would be given a consent; 100 at most are allowed." in refused.err
    assert run(*wanted, "--max-grants", "100").code == 3
    assert writes(sandbox) == 0
    assert run(*wanted, "--max-grants", "101").code == 0


def test_a_server_that_takes_a_write_and_does_not_answer(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.drop_rate = 1.0
    ran = run("set", "-c", "next", "user-0001", STOP, "--yes", "--json")
    assert (ran.code, ran.outcomes) == (6, [("user-0001", "unknown")])
    assert ran.objects[0]["code"] == "cut"


def test_what_an_earlier_run_left_open_is_told(run: Run, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    run("set", user, STOP, "--yes")
    [entry] = entries(journal_file())
    with Journal(journal_file(), KEY) as journal:
        journal.begin([again(entry.intent)])  # of this process, so it is not under way in another
    ran = run("get", user)
    assert ran.err == f"Left open by an earlier run. Entry 3, {user}: it was applied.\n"


def test_the_token_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", "tok-3f81c6")
    ran = run("set", "-c", "next", "user-0001", STOP, "--yes", "--json")
    assert (ran.code, ran.outcomes) == (4, [("user-0001", "failed")])
    assert run("set", "user-0001", STOP, "--yes").code == 4


def test_the_server_is_not_reached(run: Run) -> None:
    assert run("set", "-c", "untrusted", "user-0001", STOP, "--yes").code == 5


def test_version_2_accepts(run: Run, sandbox: SandboxThread) -> None:
    ran = run("-c", "next", "set", "010-2345-6789", "--kind", "phone_no", STOP, "--yes", "--json")
    assert (ran.code, ran.outcomes) == (0, [("821023456789", "accepted")])
    assert ran.objects[0]["changes"][0]["before"] is None
    assert ran.objects[0]["changes"][0]["readable"] is False
    assert "This API version cannot be read back" in ran.err
    # Which of five kinds an id is decides who is written to.
    assert ran.objects[0]["kind"] == "phone_no"
    assert "Over next (sandbox), users by phone_no:" in ran.err
    assert "1 user (phone_no): 1 ~ accepted, not verified" in ran.err


@pytest.mark.parametrize("count", [1, 100])
def test_how_it_ended_is_told_though_nobody_reads_it(
    run: Run, sandbox: SandboxThread, users: Users, count: int
) -> None:
    read_by, writable = os.pipe()
    os.close(read_by)
    ended = subprocess.run(
        [sys.executable, "-m", "dfn_tui", "set", *users(count), "nobody", STOP, "--yes", "--json"],
        check=False,
        stdout=writable,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )
    os.close(writable)
    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr


# In a terminal.


def test_the_terminal_asks_and_takes_a_yes(sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP, "--json") as typed:
        typed.see("Type yes to send: ")
        typed.type("yes")
        ran = typed.ended()
    assert (ran.code, ran.outcomes) == (0, [(user, "confirmed")])
    assert "mkt_sms_flag  ● given → ○ withdrawn" in ran.err


@pytest.mark.parametrize("answer", ["no", "", "\x04"])
def test_the_terminal_takes_no_other_answer(sandbox: SandboxThread, users: Users, answer: str) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP) as typed:
        typed.see("Type yes to send: ")
        typed.type(answer)
        ran = typed.ended()
    assert (ran.code, ran.out) == (3, "")
    assert state_of(sandbox, user) == "Subscribed"


def test_production_wants_the_number_typed_and_the_night_its_word(
    sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    words = ["-c", "prod", "set", one, other, GIVE_NIGHT, "--reason", "INC-7", "--evidence", "form 12"]
    with Typed(sandbox, *words, "--yes") as typed:
        typed.see("When you have read this, type night: ")
        typed.type("night")
        typed.see("This is production. Type the number of users to send: ")
        typed.type("2")
        ran = typed.ended()
    assert ran.code == 0
    assert state_of(sandbox, other, Flag.NIGHT_SMS) == "Subscribed"
    [first, _second] = entries_of_a_host_without_a_keyring()
    assert "Network Act" in first.intent.warnings[0]


def entries_of_a_host_without_a_keyring() -> list[Entry]:
    with Journal(journal_file(), None) as journal:
        return journal.find(Filter())[::-1]


def test_a_user_whom_somebody_else_changed_meanwhile_is_left_out(
    sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    with Typed(sandbox, "set", one, other, STOP, "--json") as typed:
        typed.see("Type yes to send: ")
        sandbox.state.write_profiles([(one, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
        typed.type("yes")
        ran = typed.ended()
    assert ran.code == 1
    assert ran.outcomes == [(one, "conflict"), (other, "confirmed")]
    assert "mkt_sms_flag is now ○ withdrawn" in ran.objects[0]["message"]


def test_ctrl_c_before_sending_sends_nothing(sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP) as typed:
        typed.see("Type yes to send: ")
        typed.signal(signal.SIGINT)
        ran = typed.ended()
    assert (ran.code, ran.out) == (130, "")
    assert "Stopped. Nothing was sent." in ran.err
    assert state_of(sandbox, user) == "Subscribed"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_sending_waits_for_what_was_sent(
    sandbox: SandboxThread, users: Users, kind: int
) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP, "--json") as typed:
        typed.see("Type yes to send: ")
        sandbox.requests.clear()
        sandbox.faults.latency_ms = 300
        typed.type("yes")
        typed.wait_for(lambda: any(request.path.endswith("/update") for request in sandbox.requests))
        typed.signal(kind)
        typed.see("waiting for the server's last answer.")
        ran = typed.ended()
    sandbox.faults.latency_ms = 0
    assert (ran.code, ran.outcomes) == (0, [(user, "confirmed")])


def test_a_signal_before_the_change_went_out_lets_nothing_go_out(
    sandbox: SandboxThread, users: Users
) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP, "--json") as typed:
        typed.see("Type yes to send: ")
        sandbox.requests.clear()
        sandbox.faults.latency_ms = 300
        typed.type("yes")
        typed.wait_for(lambda: sandbox.requests)  # it looks at the user once more first
        typed.signal(signal.SIGINT)
        ran = typed.ended()
    sandbox.faults.latency_ms = 0
    assert (ran.code, ran.outcomes) == (130, [(user, "failed")])
    assert ran.objects[0]["code"] == "not-sent"
    assert state_of(sandbox, user) == "Subscribed"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_leaves_a_server_that_does_not_answer(
    sandbox: SandboxThread, users: Users, kind: int
) -> None:
    [user] = users()
    with Typed(sandbox, "set", user, STOP, "--json") as typed:
        typed.see("Type yes to send: ")
        sandbox.requests.clear()
        sandbox.faults.latency_ms = 300
        typed.type("yes")
        typed.wait_for(lambda: sandbox.requests)
        sandbox.faults.latency_ms = 600_000
        typed.wait_for(lambda: any(request.path.endswith("/update") for request in sandbox.requests))
        typed.signal(kind)
        typed.see("waiting for the server's last answer.")
        typed.signal(kind)
        ran = typed.ended()
    sandbox.faults.latency_ms = 0
    assert (ran.code, ran.out) == (130, "")
    assert "its outcome is unknown" in " ".join(ran.err.split())
    assert entries(journal_file())[-1].outcome is None


@pytest.mark.parametrize(("user", "kind"), [("010-0000-1234", "phone_no"), ("lee@example.com", "email")])
def test_contact_data_is_no_external_id_unless_somebody_says_so(
    run: Run, sandbox: SandboxThread, user: str, kind: str
) -> None:
    words = ("-c", "next", "set", user, "df_sms_ads_optin=false", "--yes", "--json")
    refused = run(*words)
    assert (refused.code, refused.out) == (2, "")
    assert f"--kind {kind}" in refused.err
    assert sandbox.requests == []
    assert run(*words, "--kind", kind).code == 0
    assert run(*words, "--kind", "external_id").code == 0


def test_a_field_that_cannot_be_read_is_named_and_the_user_is_not_blamed(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    [user] = users()
    sandbox.faults.odd_values, sandbox.faults.only_users = {"memo": '["x"]'}, frozenset([user])
    ran = run("set", user, "memo=y", "--yes", "--json", "--reason", "x")
    assert (ran.code, ran.outcomes) == (1, [(user, "failed")])
    assert ran.objects[0]["message"] == "Not sent. memo is not readable: a list."
    assert ran.objects[0]["changes"][0]["readable"] is False
    assert "memo  not readable → y" in ran.err
    assert f"! {user}: memo is not readable, and is not sent as long as that is so." in ran.err
    assert writes(sandbox) == 0
    dry = run("set", user, "memo=y", STOP, "--dry-run", "--json")
    assert (dry.code, dry.outcomes) == (1, [(user, "failed")])
    ended = {change["name"]: change["outcome"] for change in dry.objects[0]["changes"]}
    assert ended == {"mkt_sms_flag": "planned", "memo": "failed"}


def test_all_else_is_sent_though_a_field_of_the_user_cannot_be_read(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    [user] = users()
    sandbox.faults.odd_values = {"memo": '["x"]', Flag.MKT_PUSH: '"Paused"'}
    sandbox.faults.only_users = frozenset([user])
    changes = ("memo=y", "town=Busan", STOP, "mkt_push_flag=Unsubscribed", "mkt_kakao_flag=Subscribed")
    ran = run("set", user, *changes, "--yes", "--json", "--reason", "x", "--evidence", "form")
    assert (ran.code, ran.outcomes) == (1, [(user, "failed")])
    ended = {change["name"]: change["outcome"] for change in ran.objects[0]["changes"]}
    assert ended == {
        "mkt_sms_flag": "confirmed",
        "mkt_kakao_flag": "confirmed",
        "town": "confirmed",
        "memo": "failed",
        "mkt_push_flag": "failed",
    }
    assert state_of(sandbox, user) == "Unsubscribed"
    assert sandbox.state.profiles([user])[user][1]["town"] == "Busan"
    ran = run("set", user, *changes[3:4], "--yes", "--reason", "x")
    assert "Have it corrected at DFINERY" in ran.out and "leave this user out of what is sent" in ran.out


def test_it_is_said_that_a_property_becomes_of_another_type(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    first, second = users(2)
    sandbox.state.write_profiles([(first, {}, {"steps": 41}), (second, {}, {"steps": "41"})])
    ran = run("set", first, second, "steps=7", "--yes", "--reason", "x")
    assert ran.code == 0
    assert f"! {first} after this change: steps is a text, no longer a number." in ran.err
    assert f"{second} after this change" not in ran.err
    assert sandbox.state.profiles([first])[first][1]["steps"] == "7"
    ran = run("set", first, second, "steps:number=7", "--yes", "--reason", "x")
    assert ran.err.count("after this change: steps is a number, no longer a text.") == 2


def test_a_property_that_none_of_the_users_has_is_called_new(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    sandbox.state.write_profiles([(other, {}, {"grade": "A"})])
    words = ["user_name=Han", "grade=B", "grad=B", "--yes", "--reason", "INC-7"]
    told = "NEW: grad. None of these users has it yet."
    assert told in run("set", one, other, *words).err
    assert "NEW" not in run("set", one, *words[:-4], "grad=C", *words[-3:]).err
    assert "NEW" not in run("set", "nobody-yet", "grad=B", *words[-3:], "--create").err


def test_a_run_notes_how_far_the_journal_goes_and_says_what_is_missing(run: Run, users: Users) -> None:
    one, two, three = users(3)
    assert run("set", one, STOP, "--yes").code == 0
    known = remembered(journal_file(), KEY)
    assert known is not None and known.seq == len(entries(journal_file())) * 2 and known.since
    assert "does not hold entry" not in run("set", two, STOP, "--yes").err
    for file in journal_file().parent.glob("journal.db*"):
        if file != remembered_file(journal_file()):
            file.unlink()
    after = run("set", three, STOP, "--yes")
    assert after.code == 0, "a withdrawal is held up by nothing of it"
    assert "The journal does not hold entry" in after.err
    last = remembered(journal_file(), KEY)
    assert last is not None and last.seq > len(entries(journal_file())) * 2, "what was known stays known"
    remembered_file(journal_file()).unlink()


def test_what_is_personal_in_the_reason_is_masked_before_it_is_kept(run: Run, users: Users) -> None:
    [user] = users(1)
    said = "called 010-0000-1234, lee@example.com, INC-20261127001"
    ran = run("set", user, STOP, "--yes", "--reason", said)
    assert ran.code == 0
    kept = "called 01•••••••••34, l••@example.com, INC-20261127001"
    assert f"Kept as: {kept}" in ran.err
    with Journal(journal_file()) as journal:
        [entry] = journal.find(Filter(user=user))
    assert entry.intent.reason == kept
    for file in journal_file().parent.rglob("*"):
        assert not file.is_file() or b"0000-1234" not in file.read_bytes()


def test_an_outcome_that_the_journal_could_not_take_is_told_in_json_and_code(
    run: Run, sandbox: SandboxThread, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the journal from when the change was sent until the command has ended."""
    monkeypatch.setattr("dfn_tui.service.async_journal.Journal", partial(Journal, timeout=0.1))
    [user] = users(1)
    held: list[sqlite3.Connection] = []

    async def send_and_hold(*given: Any) -> object:
        held.append(sqlite3.connect(journal_file(), isolation_level=None, check_same_thread=False))
        held[0].execute("BEGIN IMMEDIATE")
        return await send(*given)

    monkeypatch.setattr("dfn_tui.service.session.send", send_and_hold)
    try:
        ran = run("set", user, STOP, "--yes", "--json", "--reason", "INC-7")
    finally:
        held[0].close()
    assert ran.code == 6
    [one] = ran.objects
    assert (one["outcome"], one["code"]) == ("confirmed", "not-journalled")
    assert "is not in the journal" in one["message"]
    assert "The journal is locked" in ran.err


def test_a_token_goes_to_no_other_address_until_that_is_accepted(
    run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    file = addresses_file(journal_file().parent)
    assert run("get", one).code == 0
    known = file.read_text()
    assert sandbox.url in known
    file.write_text(known.replace(sandbox.url, "https://openapi.dfinery.io"))
    sandbox.requests.clear()
    for command in (["get", one], ["set", other, STOP, "--yes", "--reason", "INC-7"]):
        ran = run(*command)
        assert ran.code == 3, ran.err
        assert "The address has changed" in ran.err
        assert "dfn-tui auth accept -c here" in ran.err
    assert "its token was for https://openapi.dfinery.io" in run("doctor", "-c", "here").out
    assert not [one for one in sandbox.requests if sandbox.token in str(one.headers)]
    assert run("auth", "accept", "-c", "here").code == 0
    assert run("set", other, STOP, "--yes", "--reason", "INC-7").code == 0
