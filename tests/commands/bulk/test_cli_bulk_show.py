"""`dfn-tui bulk show`: a plan looked through, and users left out of it. No server is asked."""

import sqlite3
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import APPLY, GIVE, REASON, Bulk, Users
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread


def test_a_plan_as_a_whole(bulk: Bulk, run: Run, users: Users) -> None:
    found = users(3)
    bulk.plan([*found, "nobody"])
    ran = bulk("show", "a.plan")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "For here (sandbox), made by WHO at TIME KST.",
        "Of standard input (ids, UTF-8).",
        "3 users: to be changed",
        "1 user: nothing set, not sent",
        "Nothing set: unknown to the server, or never asked. --create adds them.",
        "on the ground of: the person's word, said on DAY",
        "mkt_sms_flag withdrawn: 3 users",
        "To be sent: 3 users (user_id)",
        "About 3 requests, 1 s at the least.",
        "Begun now: until CLOCK KST at 10,000 a minute, CLOCK at 5,000.",
        "Digest: DIGEST",
        "Group 1: 3 users (user_id), to be changed",
        "  mkt_sms_flag  ● given → ○ withdrawn",
        "Group 2: 1 user (user_id), nothing set, not sent",
    ]
    [told] = run("bulk", "show", "a.plan", "--json").objects
    assert (told["to_send"], told["withdrawn"], told["granted"]) == (3, 3, 0)
    assert told["standings"] == {"change": 3, "unknown": 1}
    assert told["flags"] == [{"name": "mkt_sms_flag", "direction": "withdraw", "users": 3}]
    assert len(told["digest"]) == 64


def test_its_users(bulk: Bulk, run: Run, users: Users) -> None:
    one, other = users(2)
    bulk.plan([one, other, "nobody"], "work_email=lee@example.com")
    assert bulk("show", "a.plan", "--users").out.splitlines() == [
        f"{one}  to be changed",
        "  mkt_sms_flag  ● given → ○ withdrawn",
        "  work_email  (none) → l••@example.com",
        f"{other}  to be changed",
        "  mkt_sms_flag  ● given → ○ withdrawn",
        "  work_email  (none) → l••@example.com",
        "nobody  nothing set, not sent",
    ]
    objects = run("bulk", "show", "a.plan", "--find", other, "--json").objects
    assert [(each["user_id"], each["outcome"], each["standing"]) for each in objects] == [
        (other, "planned", "change")
    ]
    assert objects[0]["changes"] == [
        {"name": "mkt_sms_flag", "before": "Subscribed", "after": "Unsubscribed", "readable": True},
        {"name": "work_email", "before": None, "after": "l••@example.com", "readable": True},
    ]
    revealed = run("bulk", "show", "a.plan", "--users", "--json", "--reveal").objects
    assert revealed[0]["changes"][1]["after"] == "lee@example.com"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--withdrawals"], [0, 1]),
        (["--grants"], [2]),
        (["--flag", "mkt_sms_flag"], [0, 1]),
        (["--flag", "mkt_push_flag", "--grants"], [2]),
        (["--flag", "mkt_push_flag", "--withdrawals"], []),
        (["--status", "unknown"], [3]),
        (["--warned"], [1]),
        (["--users"], [0, 1, 2, 3]),
    ],
)
def test_filters(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users, options: list[str], shown: list[int]
) -> None:
    ids = [*users(3), "nobody"]
    sandbox.state.write_profiles([(ids[1], {Flag.NIGHT_SMS: State.SUBSCRIBED}, {})])
    edits = ["Unsubscribed,", "Unsubscribed,", ",Subscribed", "Unsubscribed,"]
    rows = "".join(f"{user},{edit}\n" for user, edit in zip(ids, edits, strict=True))
    table = f"user_id,mkt_sms_flag,mkt_push_flag\n{rows}".encode()
    assert bulk("plan", "-", "-o", "a.plan", "--allow-unknown", stdin=table).code == 0
    objects = run("bulk", "show", "a.plan", "--json", *options).objects
    assert [each["user_id"] for each in objects] == [ids[place] for place in shown]


def test_users_are_left_out_and_put_back(bulk: Bulk, run: Run, users: Users) -> None:
    found = users(4)
    bulk.plan(found)
    ran = bulk("show", "a.plan", "--exclude", *found[:2])
    assert (ran.code, ran.err) == (0, "2 users were left out.\n")
    assert "TIME KST, WHO: left out: users by id (2 users)\n" in ran.out
    assert "To be sent: 2 users (user_id)\n" in ran.out
    assert bulk("show", "a.plan", "--include", "-", stdin=found[0].encode()).err == "1 user was put back.\n"
    assert bulk("show", "a.plan", "--only-first", "1").err == "2 users were left out.\n"
    objects = run("bulk", "show", "a.plan", "--users", "--json").objects
    assert [each["left_out"] for each in objects] == [False, True, True, True]
    assert objects[1]["outcome"] == "not-sent"
    assert bulk("show", "a.plan", "--flag", "mkt_sms_flag", "--include").err == "3 users were put back.\n"


def test_narrowing_gives_another_digest(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    found = users(2)
    bulk.plan(found)
    [before] = run("bulk", "show", "a.plan", "--json").objects
    bulk("show", "a.plan", "--exclude", found[0])
    [after] = run("bulk", "show", "a.plan", "--json").objects
    assert before["digest"] != after["digest"]
    other = bulk("apply", "a.plan", *REASON, "--yes", "--digest", before["digest"])
    assert other.code == 3
    assert "dfn-tui: This is another plan\n" in other.err
    assert bulk("apply", "a.plan", *REASON, "--yes", "--digest", after["digest"][:12].upper()).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--exclude"],
        ["--exclude", "user-0001", "--withdrawals"],
        ["--exclude", "not-in-it"],
        ["--exclude", "user-0001", "--include", "user-0001"],
        ["--only-first", "0"],
        ["--grants", "--withdrawals"],
        ["--flag", "no_flag"],
        ["--find", "\udcff"],
    ],
)
def test_bad_usage_leaves_the_plan_as_it_is(bulk: Bulk, users: Users, words: list[str]) -> None:
    bulk.plan(users(2))
    before = Path("a.plan").read_bytes()
    ran = bulk("show", "a.plan", *words)
    assert (ran.code, ran.out) == (2, "")
    assert Path("a.plan").read_bytes() == before


def test_a_plan_that_something_else_changed(bulk: Bulk, users: Users) -> None:
    bulk.plan(users(2))
    with sqlite3.connect("a.plan") as db:
        db.execute("UPDATE user SET user = 'user-0001\x1b[2J' WHERE number = 1")
    db.close()
    for words in (["show", "a.plan"], ["apply", "a.plan", *REASON, "--yes"], ["verify", "a.plan"]):
        ran = bulk(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("dfn-tui: The plan is damaged\n")


def test_the_options_of_version_0_1_are_taken_for_one_version_more(bulk: Bulk, users: Users) -> None:
    found = users(3)
    bulk.plan(found)
    assert bulk("show", "a.plan", "--leave-out", found[0]).err == "1 user was left out.\n"
    assert bulk("show", "a.plan", "--put-back", found[0]).err == "1 user was put back.\n"
    assert (
        bulk("show", "a.plan", "--standing", "change").out == bulk("show", "a.plan", "--status", "change").out
    )
    [plan] = bulk("show", "a.plan", "--json").objects
    assert plan["standings"] == plan["statuses"] == {"change": 3}
    help_of_it = bulk("show", "--help").out
    assert "--status" in help_of_it
    assert "--standing" not in help_of_it


def test_its_groups_and_the_users_of_one(bulk: Bulk, run: Run, users: Users) -> None:
    on, off = users(3), users(1, State.UNSUBSCRIBED)
    bulk.plan([*on, *off, "new-1", "new-2"], "--create", change=GIVE)
    lines = bulk("show", "a.plan", "--groups").out.splitlines()
    assert lines == [
        "Group 3: 2 users (user_id), nothing set, to be created",
        "  mkt_sms_flag  ? never set → ● given",
        "Group 1: 3 users (user_id), already as wanted",
        "Group 2: 1 user (user_id), had said no, not sent",
        "  mkt_sms_flag  ○ withdrawn → ● given",
    ]
    assert bulk("show", "a.plan").out.splitlines()[-5:] == lines
    assert bulk("show", "a.plan", "--group", "3").out.splitlines() == [
        "new-1  nothing set, to be created",
        "  mkt_sms_flag  ? never set → ● given",
        "new-2  nothing set, to be created",
        "  mkt_sms_flag  ? never set → ● given",
    ]
    assert bulk("show", "a.plan", "--was", "unsubscribed").out.startswith(off[0])
    groups = run("bulk", "show", "a.plan", "--groups", "--json").objects
    assert [(one["group"], one["users"], one["status"]) for one in groups] == [
        (3, 2, "create"),
        (1, 3, "already"),
        (2, 1, "said-no"),
    ]
    assert bulk("show", "a.plan", "--group", "3", "--exclude").err == "2 users were left out.\n"
    assert "Group 3: 2 users (user_id), 2 left out," in bulk("show", "a.plan").out


def test_more_groups_than_are_looked_at_at_once(bulk: Bulk) -> None:
    rows = "".join(f"new-{number},{number}\n" for number in range(22))
    points = ("--map", "points:number=points:number", "--new-property", "points")
    rows = f"user_id,points:number\n{rows}"
    made = bulk("plan", "-", "--create", *points, "-o", "a.plan", stdin=rows.encode())
    assert made.code == 0
    lines = bulk("show", "a.plan").out.splitlines()
    assert lines[-1] == "… and more groups. All of them: dfn-tui bulk show a.plan --groups"
    assert sum(line.startswith("Group ") for line in lines) == 20
    assert bulk("show", "a.plan", "--groups").out.count("Group ") == 22


def test_the_first_ones_are_those_who_were_not_sent_yet(bulk: Bulk, users: Users) -> None:
    bulk.plan(users(4))
    bulk("show", "a.plan", "--only-first", "1")
    assert bulk(*APPLY).code == 0
    assert bulk("show", "a.plan", "--withdrawals", "--include").err == "3 users were put back.\n"
    assert bulk("show", "a.plan", "--only-first", "1").err == "2 users were left out.\n"
    shown = bulk("show", "a.plan").out
    assert "already sent from this plan: 1 user" in shown
    assert "To be sent: 1 user" in shown
