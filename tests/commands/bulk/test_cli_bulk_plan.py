"""`dfn-tui bulk plan`: what it reads and says, and how it ends. Nothing is ever written to the server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import GIVE, STOP, Bulk, Users, writes
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread


def test_a_list_becomes_a_plan(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    one, other = users(2)
    [already] = users(sms=State.UNSUBSCRIBED)
    Path("stop.txt").write_text("\n".join([one, other, already, "nobody-here", one, ""]), encoding="utf-8")
    ran = bulk("plan", "stop.txt", STOP, "-o", "stop.plan")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"Line 5, {one}: The same as in line 1.",
        "For here (sandbox), made by WHO at TIME KST.",
        "Of stop.txt (ids, UTF-8).",
        "2 users: to be changed",
        "1 user: already as wanted",
        "1 user: nothing set, not sent",
        "Nothing set: unknown to the server, or never asked. --create adds them.",
        "on the ground of: the person's word, said on DAY",
        "1 row: the same user again, counted once",
        "mkt_sms_flag withdrawn: 2 users",
        "To be sent: 2 users (user_id)",
        "About 3 requests, 1 s at the least.",
        "Begun now: until CLOCK KST at 10,000 a minute, CLOCK at 5,000.",
        "Digest: DIGEST",
        "Look through it: dfn-tui bulk show stop.plan --users",
        "Send it: dfn-tui bulk apply stop.plan --reason '…' --digest DIGEST -c here",
    ]
    assert writes(sandbox) == 0
    assert Path("stop.plan").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in Path().iterdir()) == ["stop.plan", "stop.txt"]


def test_a_table_of_korean_excel(bulk: Bulk, users: Users) -> None:
    one, other = users(2)
    table = f"user_id,mkt_sms_flag,등급\n{one},Unsubscribed,골드\n{other},maybe,은\n"
    Path("명단.csv").write_bytes(table.encode("cp949"))
    asked = bulk("plan", "명단.csv", "-o", "a.plan")
    assert asked.code == 2
    assert "Say it: dfn-tui bulk plan '명단.csv' -o a.plan --ignore '등급'\n" in asked.err
    named = bulk("plan", "명단.csv", "-o", "a.plan", "--map", "등급=등급")
    assert named.code == 2
    assert "NEW: 등급. None of the users has it." in named.err
    assert not Path("a.plan").exists()
    ran = bulk("plan", "명단.csv", "-o", "a.plan", "--map", "등급=등급", "--new-property", "등급")
    assert ran.code == 1
    assert "As was said: 등급 = 등급.\n" in ran.err
    assert "Of 명단.csv (csv, CP949).\n" in ran.err
    assert f"Line 3, {other}: mkt_sms_flag: This is neither Subscribed nor Unsubscribed.\n" in ran.err
    assert "1 row: cannot be done\n" in ran.err


def test_bad_rows_are_shown_up_to_twenty_and_as_objects(bulk: Bulk, run: Run, users: Users) -> None:
    [user] = users()
    rows = "".join(f"{user}x{number},on\n" for number in range(23))
    piped = f"user_id,mkt_sms_flag\n{user},Unsubscribed\n{rows}".encode()
    ran = bulk("plan", "-", "-o", "a.plan", "--allow-bad", stdin=piped)
    assert ran.code == 0
    assert ran.err.count("This is neither Subscribed nor Unsubscribed.") == 20
    assert "… and 3 more rows. All of them: dfn-tui bulk show a.plan --bad\n" in ran.err
    assert bulk("show", "a.plan", "--bad").out.count("\n") == 23
    as_objects = run("bulk", "plan", "-", "-o", "b.plan", "--json", stdin=piped)
    assert len(as_objects.objects) == 23
    assert as_objects.objects[0] == {
        "line": 3,
        "user_id": f"{user}x0",
        "outcome": "invalid",
        "code": "impossible-value",
        "message": "mkt_sms_flag: This is neither Subscribed nor Unsubscribed.",
    }


def test_no_user_is_left(bulk: Bulk) -> None:
    ran = bulk("plan", "-", "-o", "a.plan", stdin=b"user_id,mkt_sms_flag\nu-1,on\n")
    assert ran.code == 2
    assert "To be sent: 0 users (user_id)\n" in ran.err
    assert "bulk apply" not in ran.err


def test_it_stops_at_a_bad_row_where_that_is_asked_for(bulk: Bulk) -> None:
    ran = bulk("plan", "-", "-o", "a.plan", "--stop-at-bad", stdin=b"user_id,mkt_sms_flag\nu-1,on\n")
    assert ran.code == 2
    assert ran.err.startswith("dfn-tui: Stopped at a bad row\nLine 2: ")
    assert not Path("a.plan").exists()


def test_a_plan_in_the_way_is_left_alone(bulk: Bulk, users: Users) -> None:
    [user] = users()
    bulk.plan([user])
    before = Path("a.plan").read_bytes()
    refused = bulk("plan", "-", STOP, "-o", "a.plan", stdin=b"u-1")
    assert refused.code == 2
    assert refused.err.startswith("dfn-tui: This file is there already\n")
    assert Path("a.plan").read_bytes() == before
    bulk.plan([user], "--force")
    assert Path("a.plan").read_bytes() != before


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "ids.txt", STOP],
        ["plan", "ids.txt", "-o", "a.plan"],
        ["plan", "ids.txt", STOP, GIVE, "-o", "a.plan"],
        ["plan", "ids.txt", "mkt_sms_flag", "-o", "a.plan"],
        ["plan", "ids.txt", "mkt_sms_flg=Unsubscribed", "-o", "a.plan"],
        ["plan", "ids.txt", "note=\udcff", "-o", "a.plan"],
        ["plan", "not-there\x1b.txt", STOP, "-o", "a.plan"],
        ["plan", "ids.txt", STOP, "-o", "no-such-folder/a.plan"],
        ["plan", "ids.txt", STOP, "-o", "a.plan", "--kind", "email"],
        ["plan", "ids.txt", STOP, "-o", "a.plan", "--limit", "10001"],
        ["plan", "ids.txt", STOP, "-o", "a.plan", "--limit", "0"],
        ["plan", "ids.txt", STOP, "-o", "a.plan", "-c", "nowhere"],
        ["undo", "no-such-job", "-o", "a.plan"],
        ["show", "not-there"],
        ["show", "ids.txt"],
        ["verify", "not-there"],
        ["status", "no-such-job"],
        ["status", "--results", "r.csv"],
        ["resume"],
        ["apply", "not-there", "--reason", "x"],
        ["apply", "a.plan", "--digest", "12ab"],
        [],
    ],
)
def test_bad_usage(bulk: Bulk, sandbox: SandboxThread, words: list[str]) -> None:
    Path("ids.txt").write_text("user-0001\n", encoding="utf-8")
    ran = bulk(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "\x1b" not in ran.err
    assert "Traceback" not in ran.err
    assert not Path("a.plan").exists()
    assert sandbox.requests == []


def test_users_who_cannot_be_read(bulk: Bulk, sandbox: SandboxThread, users: Users, quick: None) -> None:
    one, other = users(2)
    sandbox.faults.busy_users = frozenset([other])
    ran = bulk("plan", "-", STOP, "-o", "a.plan", stdin=f"{one}\n{other}".encode())
    assert ran.code == 1
    assert "1 user: could not be read, not sent\n" in ran.err
    assert "5003" in bulk("show", "a.plan", "--status", "unreadable").out


def test_a_token_that_is_refused(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", "tok-3f81c6")
    ran = bulk("plan", "-", STOP, "-o", "a.plan", stdin=b"u-1")
    assert (ran.code, ran.out) == (4, "")
    assert not Path("a.plan").exists()


def test_a_server_that_is_not_reached(bulk: Bulk, quick: None) -> None:
    ran = bulk("plan", "-", STOP, "-o", "a.plan", "-c", "untrusted", stdin=b"u-1")
    assert ran.code == 5
    assert not Path("a.plan").exists()


def test_version_2_plans_blind(bulk: Bulk, sandbox: SandboxThread) -> None:
    piped = b"email,mkt_sms_flag\nlee@example.com,Unsubscribed\nkim@example.com,on\n"
    ran = bulk("plan", "-", "-o", "a.plan", "-c", "next", stdin=piped)
    assert ran.code == 1
    assert "1 user: to be sent blind, their values cannot be read\n" in ran.err
    assert "Line 3, k••@example.com: mkt_sms_flag: " in ran.err
    assert sandbox.requests == []
    shown = bulk("show", "a.plan", "--users")
    assert shown.out == (
        "l••@example.com  to be sent blind, their values cannot be read\n"
        "  mkt_sms_flag  not readable → ○ withdrawn\n"
    )
    assert "lee@example.com" in bulk("show", "a.plan", "--users", "--reveal").out


def test_who_had_said_no_is_left_out_or_taken_in(bulk: Bulk, users: Users) -> None:
    off = users(2, State.UNSUBSCRIBED)
    made = bulk.plan([*off, "new-1"], "--create", change=GIVE)
    assert "said no → yes: 2 users, left out (--resubscribe takes them in)" in made.err
    assert "To be sent: 1 user (user_id)\n" in made.err
    ran = bulk("apply", "a.plan", "--reason", "INC-7", "--evidence", "form 12", "--yes")
    assert ran.code == 0
    assert "1 user (user_id): 1 ✓ confirmed, 2 had said no, not sent\n" in ran.err
    assert bulk.jobs()[0]["set_aside"] == {"said-no": 2}
    made = bulk.plan([*off, "new-2"], "--create", "--resubscribe", "--force", change=GIVE)
    assert "never asked → yes: 1 user · said no → yes: 2 users" in made.err
    made = bulk.plan([*off, "new-2"], "--create", "--was", "never-set", "--force", change=GIVE)
    assert "To be sent: 1 user (user_id)\n" in made.err


def test_what_was_leaves_out_is_counted_by_what_they_were(bulk: Bulk, sandbox: SandboxThread) -> None:
    on, off, asked = State.SUBSCRIBED, State.UNSUBSCRIBED, {Flag.MKT: State.SUBSCRIBED}
    sandbox.state.write_profiles(
        [
            ("was-none", asked, {}),
            ("was-on", {**asked, Flag.MKT_SMS: on, Flag.MKT_KAKAO: on}, {}),
            ("was-on-too", {**asked, Flag.MKT_SMS: on}, {}),
            ("was-mixed", {**asked, Flag.MKT_SMS: on, Flag.MKT_KAKAO: off}, {}),
            ("was-off", {**asked, Flag.MKT_SMS: off, Flag.MKT_KAKAO: off}, {}),
        ]
    )
    table = b"user_id,mkt_sms_flag,mkt_kakao_flag,nick\n"
    table += b"was-none,Unsubscribed,Unsubscribed,\nwas-on,Unsubscribed,Unsubscribed,\n"
    table += b"was-on-too,Unsubscribed,Unsubscribed,\nwas-mixed,Unsubscribed,Subscribed,\n"
    table += b"was-off,,,kim\n"
    words = ("plan", "-", "-o", "a.plan", "--map", "nick=nick", "--new-property", "nick", "--resubscribe")
    ran = bulk(*words, "--was", "Subscribed", stdin=table)
    assert (
        "--was: only users whose consents to be changed were all given before; left out: "
        "differently before (2), never set (1), no consent to be changed (1) (4 users)\n"
    ) in ran.err
    assert "To be sent: 1 user (user_id)\n" in ran.err
    assert bulk("show", "a.plan", "--users", "--was", "subscribed").out.startswith("was-on  to be changed\n")
    everybody = bulk("plan", "-", STOP, "-o", "a.plan", "--force", "--was", "never-set", stdin=b"was-none\n")
    assert "were all never set before; left out: nobody (0 users)\n" in everybody.err


@pytest.mark.parametrize("word", ["given", "Undefined", "neverset", "ever-set", ""])
def test_a_state_that_was_does_not_know_lists_the_right_ones(bulk: Bulk, word: str) -> None:
    for words in (["plan", "-", GIVE, "-o", "a.plan"], ["show", "a.plan"]):
        ran = bulk(*words, "--was", word, stdin=b"a\n")
        assert (ran.code, ran.out) == (2, "")
        assert "(choose from 'never-set', 'subscribed', 'unsubscribed')" in ran.err


def test_what_version_2_users_were_is_not_known(bulk: Bulk) -> None:
    ran = bulk("plan", "-", GIVE, "-o", "a.plan", "--was", "never-set", "-c", "next", stdin=b"a\n")
    assert ran.code == 2
    assert "What they were cannot be read" in ran.err


@pytest.mark.parametrize("how", ["itself", "another spelling", "symlink", "hard link", "standard input"])
def test_no_plan_takes_the_place_of_its_own_input(run: Run, tmp_path: Path, how: str) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("user-0001\n", encoding="utf-8")
    output = tmp_path / "output"
    if how == "symlink":
        output.symlink_to(listed)
    elif how == "hard link":
        output.hardlink_to(listed)
    else:
        output = tmp_path / "." / ".." / tmp_path.name / "list.txt" if how == "another spelling" else listed
    if how == "standard input":
        with listed.open("rb") as file:
            command = [
                sys.executable,
                "-m",
                "dfn_tui",
                "bulk",
                "plan",
                "-",
                STOP,
                "-o",
                str(output),
                "--force",
            ]
            ended = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
        code, said = ended.returncode, ended.stderr
    else:
        ran = run("bulk", "plan", str(listed), STOP, "-o", str(output), "--force")
        code, said = ran.code, ran.err
    assert code == 2
    assert "The plan would take the place of its own input" in said
    assert listed.read_text(encoding="utf-8") == "user-0001\n"


def test_no_undo_takes_the_place_of_its_job(bulk: Bulk, users: Users) -> None:
    bulk.plan(users())
    bulk("apply", "a.plan", "--reason", "INC-7", "--yes")
    file = Path(os.environ["DFN_TUI_STATE"]) / "jobs" / f"{bulk.job}.db"
    ran = bulk("undo", bulk.job, "-o", str(file), "--force")
    assert ran.code == 2
    assert "its own input" in ran.err
    assert bulk("status", bulk.job).code == 0


def test_files_of_like_names_are_left_alone(bulk: Bulk, users: Users) -> None:
    for name in ("a.plan.rows", "a.plan.part"):
        Path(name).write_text("mine", encoding="utf-8")
    bulk.plan(users())
    bulk.plan(users(), "--force")
    assert sorted(path.name for path in Path().iterdir()) == ["a.plan", "a.plan.part", "a.plan.rows"]
    assert Path("a.plan.rows").read_text(encoding="utf-8") == "mine"
