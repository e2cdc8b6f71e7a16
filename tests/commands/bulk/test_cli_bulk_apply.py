"""`dfn-tui bulk apply`: what it asks, sends and prints, and how it ends."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.export import NotExported
from tests.commands.bulk.using import (
    APPLY,
    GIVE,
    REASON,
    STOP,
    WRITE,
    Bulk,
    Users,
    state_of,
    stop_one,
    writes,
)
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
        "on the ground of: the person's word, said on DAY",
        "mkt_sms_flag withdrawn: 2 users",
        "To be sent: 2 users (user_id)",
        "About 3 requests, 1 s at the least.",
        "Begun now: until CLOCK KST at 10,000 a minute, CLOCK at 5,000.",
        "Digest: DIGEST",
        "Job JOB: finished",
        "2 users (user_id): 2 ✓ confirmed",
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
        "kind": "user_id",
        "outcome": "confirmed",
        "code": None,
        "message": "",
        "before": "mkt_sms_flag=Subscribed",
        "after": "mkt_sms_flag=Unsubscribed",
    }
    assert ran.objects[2]["code"] == "unknown-user"


@pytest.mark.parametrize(
    ("odd", "allowed", "codes"),
    [(False, False, (1, 0)), (False, True, (0, 0)), (True, False, (1, 1)), (True, True, (1, 1))],
)
def test_users_that_the_plan_left_out_are_named_and_no_success_where_nobody_could_allow_it(
    bulk: Bulk,
    run: Run,
    sandbox: SandboxThread,
    users: Users,
    odd: bool,
    allowed: bool,
    codes: tuple[int, int],
) -> None:
    one, other = users(2)
    if odd:
        sandbox.faults.odd_values = {Flag.MKT_SMS: '"Paused"'}
        sandbox.faults.only_users = frozenset({other})
    more = ["--allow-unknown"] if allowed else []
    ids = "\n".join([one, other if odd else "nobody-5"]).encode()
    made = run("bulk", "plan", "-", STOP, "-o", "a.plan", *more, stdin=ids)
    ran = run("bulk", *APPLY)
    assert ((made.code, ran.code), state_of(sandbox, one)) == (codes, "Unsubscribed")
    if odd:
        why = "1 user: mkt_sms_flag is not readable: not one of the three states: “Paused”."
        assert why in made.err and why in bulk("show", "a.plan").out
        assert "1 ✓ confirmed, 1 user could not be read, not sent" in ran.err
    else:
        assert "1 user has nothing set (unknown to the server, or never asked), not sent" in ran.err
    assert bulk.jobs()[0]["set_aside"] == {"unreadable" if odd else "unknown": 1}


def test_a_field_that_cannot_be_read_holds_up_no_withdrawal(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    sandbox.faults.odd_values = {"tier": '["gold"]'}
    sandbox.faults.only_users = frozenset({other})
    made = run("bulk", "plan", "-", STOP, "tier=silver", "-o", "a.plan", stdin=f"{one}\n{other}".encode())
    assert (made.code, "1 user: tier is not readable: a list." in made.err) == (1, True)
    ran = run("bulk", *APPLY, "--json")
    assert ran.code == 1
    assert [state_of(sandbox, user) for user in (one, other)] == ["Unsubscribed"] * 2
    assert [found["after"] for found in ran.objects] == [
        "mkt_sms_flag=Unsubscribed; tier=silver",
        "mkt_sms_flag=Unsubscribed",
    ]
    assert (ran.objects[1]["outcome"], ran.objects[1]["code"]) == ("confirmed", "unknown-value")
    assert "tier is not readable" in ran.objects[1]["message"]
    [request] = [one for one in sandbox.requests if one.path == WRITE]
    assert request.body.count(b"tier") == 1
    assert "1 user: a field could not be read, and was left alone" in ran.err
    back = run("bulk", "undo", bulk.job, "-o", "back.plan")
    assert (back.code, "2 users: to be changed" in back.err) == (0, True), back.err


def test_users_whom_the_plan_could_not_read_are_named_and_it_is_not_all_done(
    bulk: Bulk, sandbox: SandboxThread, users: Users, quick: None
) -> None:
    one, other = users(2)
    sandbox.faults.busy_users = frozenset([other])
    assert bulk("plan", "-", STOP, "-o", "a.plan", stdin=f"{one}\n{other}".encode()).code == 1
    sandbox.faults.busy_users = frozenset()
    ran = bulk(*APPLY)
    assert ran.code == 1
    assert "1 user (user_id): 1 ✓ confirmed, 1 user could not be read, not sent" in ran.err.splitlines()
    assert [state_of(sandbox, user) for user in (one, other)] == ["Unsubscribed", "Subscribed"]


@pytest.mark.slow
def test_it_is_said_once_that_users_of_unknown_outcome_are_waited_for(
    bulk: Bulk, sandbox: SandboxThread, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.STILL_AT_WORK", timedelta(seconds=2))
    found = users(2)
    bulk.plan(found)
    sandbox.faults.write_answer = "cut"
    try:
        ran = bulk(*APPLY)
    finally:
        sandbox.faults.write_answer = "true"
    assert ran.code == 0
    assert ran.err.splitlines().count("2 users of unknown outcome are looked at again") == 1


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
    assert header == ["user", "before", "after", "outcome", "code", "reason", "now", "kind"]
    assert row[:4] == [
        user,
        "mkt_sms_flag=Subscribed",
        "mkt_sms_flag=Unsubscribed; note==1+1",
        "confirmed",
    ]


@pytest.mark.slow
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
        assert [row[6] for row in csv.reader(file)] == ["now", "", "visits=7"]


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
    Path("leads-nowhere.csv").symlink_to("nowhere")
    for place in ("no-such-folder/results.csv", "leads-nowhere.csv", "a.plan"):
        refused = bulk(*APPLY, "--results", place)
        assert refused.code == 2
        assert "Not written\n" in refused.err
        assert "Nothing was sent." in refused.err
    assert writes(sandbox) == 0
    ran = bulk(*APPLY, "--results", "-")
    assert ran.out.startswith("user,before,after,outcome,code,reason,now,kind\r\n")


def test_what_cannot_be_written_at_the_end_changes_no_code(
    bulk: Bulk, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.plan(users())

    def full(*_given: object, **_named: object) -> None:
        raise NotExported("Not written", "No space left on device.", "Make room.")

    monkeypatch.setattr("dfn_tui.cli.bulk.jobs.export_results", full)
    ran = bulk(*APPLY, "--results", "results.csv")
    assert ran.code == 0
    assert "1 user (user_id): 1 ✓ confirmed\n" in ran.err
    assert "Not written\nNo space left on device.\n" in ran.err


def test_results_begin_with_the_mark_excel_looks_for(bulk: Bulk, users: Users) -> None:
    bulk.plan(users())
    assert bulk(*APPLY, "--results", "results.csv", "--bom").code == 0
    assert Path("results.csv").read_bytes().startswith(b"\xef\xbb\xbfuser,before")
    assert bulk("status", bulk.job, "--results", "-", "--bom").out.startswith("\ufeffuser,before")
    assert bulk("status", bulk.job, "--results", "-").out.startswith("user,before")


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
    assert "3 users (user_id): 3 ✓ confirmed\n" in again.err


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
    assert "2 users (user_id): 2 ~ accepted, not verified\n" in ran.err
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("change", "options", "why"),
    [
        (STOP, ["--yes"], "A reason is missing"),
        (STOP, [*REASON], "Not confirmed"),
        (STOP, [*REASON, "--confirm", "1"], "Another number of users"),
        (GIVE, [*REASON, "--yes"], "Evidence is missing"),
        (GIVE, [*REASON, "--evidence", "form 12", "--yes", "--max-grants", "1"], "Too many consents given"),
        ("points=7", [*REASON, "--yes", "--max-users", "1"], "Too many users at once"),
        (STOP, [*REASON, "--yes", "--digest", "0123456789ab"], "This is another plan"),
        (STOP, [*REASON, "--yes", "-c", "next"], "The plan is for another connection"),
        ("night_sms_flag=Subscribed", [*REASON, "--evidence", "f", "--yes"], "A warning is not acknowledged"),
    ],
)
def test_guards(
    bulk: Bulk, sandbox: SandboxThread, users: Users, change: str, options: list[str], why: str
) -> None:
    sms = State.UNSUBSCRIBED if change == GIVE else State.SUBSCRIBED
    bulk.plan(users(2, sms), "--resubscribe", change=change)
    ran = bulk("apply", "a.plan", *options)
    assert (ran.code, ran.out) == (3, "")
    assert f"dfn-tui: {why}" in ran.err
    assert writes(sandbox) == 0
    assert bulk.jobs() == []


def test_a_night_consent(bulk: Bulk, users: Users) -> None:
    bulk.plan(users(2), "--resubscribe", change="night_sms_flag=Subscribed")
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
    assert "2 users (user_id): 2 still to be done\n" in ran.err
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
    assert "Name the job, not the plan\n" in verified.err


# In a terminal.


def test_the_terminal_asks_and_takes_a_yes(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    with Typed(sandbox, "bulk", "apply", "a.plan", *REASON, "--json") as typed:
        typed.see("To be sent: 2 users")
        typed.see("Type yes to send to 2 users (user_id): ")
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
        typed.see("This is production. Type the number of users (user_id) to send: ")
        typed.type("1,000")
        assert typed.ended().code == 0


def test_another_answer_sends_nothing(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    with Typed(sandbox, "bulk", "apply", "a.plan", *REASON) as typed:
        typed.see("Type yes to send to 2 users (user_id): ")
        typed.type("2")
        assert typed.ended().code == 3
    assert bulk.jobs() == []
    assert writes(sandbox) == 0
