"""`dfn-tui bulk plan`: what it reads and says, and how it ends. Nothing is ever written to the server."""

from pathlib import Path

import pytest

from dfn_tui.consent.flags import State
from tests.commands.bulk.using import GIVE, STOP, Bulk, Users, writes
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread


def test_a_list_becomes_a_plan(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    one, other = users(2)
    [already] = users(sms=State.UNSUBSCRIBED)
    Path("stop.txt").write_text("\n".join([one, other, already, "nobody-here", one, ""]), encoding="utf-8")
    ran = bulk("plan", "stop.txt", STOP, "-o", "stop.plan")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        f"Line 5, {one}: The same as in line 1.",
        "For here (sandbox), made by WHO at TIME KST.",
        "Of stop.txt (ids, UTF-8).",
        "2 users: to be changed",
        "1 user: already as wanted",
        "1 user: nothing set, not sent",
        "Nothing set: unknown to the server, or never asked. --create adds them.",
        "1 row: the same user again, counted once",
        "mkt_sms_flag withdrawn: 2 users",
        "To be sent: 2 users",
        "About 3 requests, 1 s at the least.",
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
    ran = bulk("plan", "명단.csv", "-o", "a.plan")
    assert ran.code == 0
    assert "Of 명단.csv (csv, CP949).\n" in ran.err
    assert f"Line 3, {other}: mkt_sms_flag: This is neither Subscribed nor Unsubscribed.\n" in ran.err
    assert "1 row: cannot be done\n" in ran.err


def test_bad_rows_are_shown_up_to_twenty_and_as_objects(bulk: Bulk, run: Run, users: Users) -> None:
    [user] = users()
    rows = "".join(f"{user}x{number},on\n" for number in range(23))
    piped = f"user_id,mkt_sms_flag\n{user},Unsubscribed\n{rows}".encode()
    ran = bulk("plan", "-", "-o", "a.plan", stdin=piped)
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
    assert "To be sent: 0 users\n" in ran.err
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
    assert ran.code == 0
    assert "1 user: to be sent blind, their values cannot be read\n" in ran.err
    assert "Line 3, k••@example.com: mkt_sms_flag: " in ran.err
    assert sandbox.requests == []
    shown = bulk("show", "a.plan", "--users")
    assert shown.out == (
        "l••@example.com  to be sent blind, their values cannot be read\n"
        "  mkt_sms_flag  not readable → ○ unsubscribed\n"
    )
    assert "lee@example.com" in bulk("show", "a.plan", "--users", "--reveal").out
