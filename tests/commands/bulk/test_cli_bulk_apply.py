"""`dfn-tui bulk apply`: what it asks, sends and prints, and how it ends."""

import csv
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import APPLY, GIVE, REASON, STOP, Bulk, Users, state_of, stop_one, writes
from tests.commands.running import Run, Typed
from tests.sandbox_thread import SandboxThread


def test_all_are_confirmed(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    one, other = users(2)
    bulk.plan([one, other])
    ran = bulk(*APPLY)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        "For here (sandbox), made by WHO at TIME KST.",
        "Of standard input (ids, UTF-8).",
        "2 users: to be changed",
        "mkt_sms_flag withdrawn: 2 users",
        "To be sent: 2 users",
        "About 3 requests, 1 s at the least.",
        "Digest: DIGEST",
        "Job JOB: finished",
        "2 users: 2 ✓ confirmed",
        "How each user ended: dfn-tui bulk status JOB --results results.csv -c here",
        "Read all users again: dfn-tui bulk verify JOB -c here",
        "Take it back: dfn-tui bulk undo JOB -o undo.plan -c here",
    ]
    assert [state_of(sandbox, user) for user in (one, other)] == ["Unsubscribed"] * 2
    assert writes(sandbox) == 1


def test_an_object_for_each_user(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    one, other = users(2)
    bulk.plan([one, other, "nobody", one])
    sandbox.state.write_profiles([(other, {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    ran = run("bulk", *APPLY, "--json")
    assert ran.code == 0
    assert ran.outcomes == [(one, "confirmed"), (other, "unchanged"), ("nobody", "not-sent")]
    assert ran.objects[0] == {
        "user_id": one,
        "outcome": "confirmed",
        "code": None,
        "message": "",
        "before": "mkt_sms_flag=Subscribed",
        "after": "mkt_sms_flag=Unsubscribed",
    }
    assert ran.objects[2]["code"] == "unknown-user"


def test_the_results_are_a_new_file(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    bulk.plan([user], "note==1+1")
    Path("taken.csv").write_text("kept", encoding="utf-8")
    refused = bulk(*APPLY, "--results", "taken.csv")
    assert refused.code == 2
    assert Path("taken.csv").read_text(encoding="utf-8") == "kept"
    assert bulk(*APPLY, "--results", "-", "--json").code == 2
    assert writes(sandbox) == 0
    ran = bulk(*APPLY, "--results", "results.csv")
    assert ran.code == 0
    assert ran.err.endswith(f"How each user ended is in {Path('results.csv').absolute()}\n")
    assert Path("results.csv").stat().st_mode & 0o777 == 0o600
    with Path("results.csv").open(encoding="utf-8", newline="") as file:
        header, row = csv.reader(file)
    assert header == ["user", "before", "after", "outcome", "code", "reason", "now"]
    assert row[:4] == [
        user,
        "mkt_sms_flag=Subscribed",
        "mkt_sms_flag=Unsubscribed; note==1+1",
        "confirmed",
    ]


def test_what_is_there_now_stands_beside_what_came_out_different(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    bulk.plan([one, other], "visits:number=7")
    sandbox.faults.normalise, sandbox.faults.only_users = "text", frozenset([other])
    ran = run("bulk", *APPLY, "--json", "--results", "results.csv")
    assert ran.code == 1
    found = [(each["outcome"], each.get("now")) for each in ran.objects]
    assert found == [("confirmed", None), ("different", "visits=7")]
    with Path("results.csv").open(encoding="utf-8", newline="") as file:
        assert [row[-1] for row in csv.reader(file)] == ["now", "", "visits=7"]


def test_who_was_to_be_read_back_and_was_not_has_the_reason(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    [user] = users()
    bulk.plan([user])
    sandbox.faults.read_back = "401"
    ran = run("bulk", *APPLY, "--on-conflict", "overwrite", "--json")
    assert (ran.code, ran.outcomes) == (6, [(user, "accepted")])
    assert ran.objects[0]["code"] == "not-read-back"
    assert "Accepted, but not read back. Token not accepted." in ran.objects[0]["message"]
    sandbox.faults.read_back = "true"
    Path("a.plan").unlink()
    bulk.plan([user], "visits:number=3")
    blind = run("bulk", *APPLY, "--on-conflict", "overwrite", "--no-read-back", "--json")
    assert (blind.outcomes, blind.objects[0]["code"]) == ([(user, "accepted")], None)


def test_results_that_cannot_be_written(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    [user] = users()
    bulk.plan([user])
    ran = bulk(*APPLY, "--results", "no-such-folder/results.csv")
    assert ran.code == 2
    assert "1 user: 1 ✓ confirmed\n" in ran.err
    assert "Not written\n" in ran.err
    assert bulk(*APPLY, "--results", "-").out.startswith("user,before,after,outcome,code,reason,now\r\n")


def test_some_fail_and_are_sent_again(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    found = users(3)
    bulk.plan(found)
    sandbox.faults.bad_users = frozenset([found[1]])
    ran = run("bulk", *APPLY, "--json")
    assert ran.code == 1
    assert ran.outcomes == [(found[0], "confirmed"), (found[1], "failed"), (found[2], "confirmed")]
    assert ran.objects[1]["code"] == "4007"
    assert f"dfn-tui bulk resume {bulk.job} --failed -c here\n" in ran.err
    sandbox.faults.bad_users = frozenset()
    assert bulk("resume", bulk.job).code == 1
    again = bulk("resume", bulk.job, "--failed")
    assert again.code == 0
    assert "3 users: 3 ✓ confirmed\n" in again.err


@pytest.mark.parametrize(
    ("rule", "code", "outcomes"),
    [
        ("stop", 1, ["conflict", "not-sent"]),
        ("skip", 1, ["conflict", "confirmed"]),
        ("overwrite", 0, ["confirmed", "confirmed"]),
    ],
)
def test_users_whom_somebody_changed_since(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users, rule: str, code: int, outcomes: list[str]
) -> None:
    found = users(2)
    bulk.plan(found, "points=7")
    sandbox.state.write_profiles([(found[0], {}, {"points": "5"})])
    sandbox.requests.clear()
    ran = run("bulk", *APPLY, "--json", "--on-conflict", rule)
    assert ran.code == code
    assert [outcome for _user, outcome in ran.outcomes] == outcomes
    unfinished = f"Go on with it: dfn-tui bulk resume {bulk.job} -c here\n" in ran.err
    assert unfinished is (rule == "stop")
    assert len(sandbox.requests) == {"stop": 1, "skip": 3, "overwrite": 2}[rule]


def test_what_is_not_read_back_is_accepted(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    sandbox.requests.clear()
    ran = bulk(*APPLY, "--no-read-back", "--on-conflict", "overwrite")
    assert ran.code == 0
    assert "2 users: 2 ~ accepted, not verified\n" in ran.err
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("change", "options", "why"),
    [
        (STOP, ["--yes"], "A reason is missing"),
        (STOP, [*REASON], "Not confirmed"),
        (STOP, [*REASON, "--confirm", "1"], "Another number of users"),
        (GIVE, [*REASON, "--yes"], "Evidence is missing"),
        (GIVE, [*REASON, "--evidence", "form 12", "--yes", "--max-grants", "1"], "Too many consents given"),
        (STOP, [*REASON, "--yes", "--max-users", "1"], "Too many users at once"),
        (STOP, [*REASON, "--yes", "--digest", "0123456789ab"], "This is another plan"),
        (STOP, [*REASON, "--yes", "-c", "next"], "The plan is for another connection"),
        ("night_sms_flag=Subscribed", [*REASON, "--evidence", "f", "--yes"], "A warning is not acknowledged"),
    ],
)
def test_guards(
    bulk: Bulk, sandbox: SandboxThread, users: Users, change: str, options: list[str], why: str
) -> None:
    sms = State.UNSUBSCRIBED if change == GIVE else State.SUBSCRIBED
    bulk.plan(users(2, sms), change=change)
    ran = bulk("apply", "a.plan", *options)
    assert (ran.code, ran.out) == (3, "")
    assert f"dfn-tui: {why}" in ran.err
    assert writes(sandbox) == 0
    assert bulk.jobs() == []


def test_a_night_consent(bulk: Bulk, users: Users) -> None:
    bulk.plan(users(2), change="night_sms_flag=Subscribed")
    answers = ("--evidence", "form 12", "--acknowledge", "night-rule")
    assert bulk(*APPLY, *answers).code == 0
    [job] = bulk.jobs()
    assert (job["reason"], job["evidence"]) == ("INC-7", "form 12")
    assert "Network Act" in bulk("status", bulk.job).out


def test_read_only(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    assert run("--read-only", "bulk", *APPLY).code == 3
    assert bulk.jobs() == []
    stop_one(bulk, sandbox, users)
    sandbox.requests.clear()
    assert run("--read-only", "bulk", "resume").code == 3
    assert sandbox.requests == []


def test_production_wants_the_number(bulk: Bulk, users: Users) -> None:
    bulk.plan(users(2), "-c", "prod")
    production = ("apply", "a.plan", *REASON, "-c", "prod")
    refused = bulk(*production, "--yes")
    assert refused.code == 3
    assert refused.err.endswith(
        "In production give --confirm 2. Look at them first: dfn-tui bulk show a.plan --users\n"
    )
    assert bulk(*production, "--confirm", "3").code == 3
    assert bulk(*production, "--confirm", "2").code == 0


def test_the_token_is_refused_meanwhile(
    bulk: Bulk, sandbox: SandboxThread, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.plan(users(2))
    monkeypatch.setenv("DFN_TUI_TOKEN", "tok-3f81c6")
    ran = bulk(*APPLY)
    assert ran.code == 4
    assert "Token not accepted\n" in ran.err
    assert "tok-3f81c6" not in ran.out + ran.err
    monkeypatch.setenv("DFN_TUI_TOKEN", sandbox.token)
    assert bulk("resume").code == 0


def test_the_server_fails(bulk: Bulk, sandbox: SandboxThread, users: Users, quick: None) -> None:
    bulk.plan(users(2))
    sandbox.faults.error_rate = 1.0
    ran = bulk(*APPLY)
    assert ran.code == 5
    assert "2 users: 2 still to be done\n" in ran.err
    sandbox.faults.error_rate = 0.0
    assert bulk("resume").code == 0


def test_an_outcome_that_nobody_knows(bulk: Bulk, run: Run, sandbox: SandboxThread) -> None:
    bulk.plan(["user-0001", "user-0002"], "-c", "next")
    sandbox.faults.drop_rate = 1.0
    ran = run("bulk", *APPLY, "-c", "next", "--json")
    assert ran.code == 6
    assert ran.outcomes == [("user-0001", "unknown"), ("user-0002", "unknown")]


def test_version_2_accepts(bulk: Bulk, run: Run) -> None:
    piped = b"phone_no\n010-2345-6789\n"
    assert bulk("plan", "-", STOP, "-o", "a.plan", "-c", "next", stdin=piped).code == 0
    ran = run("bulk", *APPLY, "-c", "next", "--json")
    assert (ran.code, ran.outcomes) == (0, [("821023456789", "accepted")])
    verified = bulk("verify", "a.plan", "-c", "next")
    assert verified.code == 2
    assert "Users cannot be read here\n" in verified.err


# In a terminal.


def test_the_terminal_asks_and_takes_a_yes(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    with Typed(sandbox, "bulk", "apply", "a.plan", *REASON, "--json") as typed:
        typed.see("To be sent: 2 users")
        typed.see("Type yes to send: ")
        typed.type("yes")
        ran = typed.ended()
    assert ran.code == 0
    assert [outcome for _user, outcome in ran.outcomes] == ["confirmed", "confirmed"]
    assert "0 of 2 · 0 failed" in ran.err


def test_the_number_may_be_typed_as_it_is_shown(bulk: Bulk, sandbox: SandboxThread) -> None:
    bulk.plan([f"new-{number}" for number in range(1000)], "--create", "-c", "prod")
    words = (
        "bulk",
        "apply",
        "a.plan",
        *REASON,
        "-c",
        "prod",
        "--max-users",
        "1000",
        "--on-conflict",
        "overwrite",
    )
    with Typed(sandbox, *words, "--no-read-back") as typed:
        typed.see("To be sent: 1,000 users")
        typed.see("This is production. Type the number of users to send: ")
        typed.type("1,000")
        assert typed.ended().code == 0


def test_another_answer_sends_nothing(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    with Typed(sandbox, "bulk", "apply", "a.plan", *REASON) as typed:
        typed.see("Type yes to send: ")
        typed.type("2")
        assert typed.ended().code == 3
    assert bulk.jobs() == []
    assert writes(sandbox) == 0
