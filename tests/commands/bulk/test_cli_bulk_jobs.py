"""`dfn-tui bulk status`, `resume`, `verify` and `undo`: what comes after a job."""

import signal
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.commands.bulk.using import APPLY, REASON, Bulk, Users, state_of, stop_one
from tests.commands.running import Run, Typed
from tests.sandbox_thread import SandboxThread

SLOWLY = ("--limit", "60", "--on-conflict", "overwrite")
"""One request a second, and the first one writes."""


def test_no_job_yet(bulk: Bulk) -> None:
    ran = bulk("status")
    assert (ran.code, ran.out, ran.err) == (0, "", "There is no job.\n")


def test_the_jobs_and_one_of_them(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(2))
    bulk(*APPLY)
    listed = bulk("status")
    assert (listed.code, listed.err) == (0, "")
    assert listed.out == "JOB  TIME KST  finished  here (sandbox)  2 users (user_id)  2 ✓ confirmed\n"
    ran = bulk("status", bulk.job)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "Job JOB: finished",
        "2 users (user_id): 2 ✓ confirmed",
        "Over here (sandbox), begun by WHO at TIME KST",
        "Ended at TIME KST",
        "Reason: INC-7",
        "Users changed since the plan was made: send nothing more, and list them",
        "Digest of the plan: DIGEST",
        "How each user ended: dfn-tui bulk status JOB --results results.csv -c here",
        "Read all users again: dfn-tui bulk verify JOB -c here",
        "Take it back: dfn-tui bulk undo JOB -o undo.plan -c here",
    ]
    stop_one(bulk, sandbox, users)
    [newest, oldest] = bulk.jobs()
    assert (newest["state"], newest["unfinished"], newest["total"]) == ("stopped", True, 2)
    assert newest["counts"]["conflict"] == 1
    assert (oldest["state"], oldest["unfinished"], oldest["counts"]["confirmed"]) == ("finished", False, 2)
    assert bulk("status", "-c", "prod").err == "There is no job.\n"


def test_the_results_of_a_job(bulk: Bulk, users: Users) -> None:
    [user] = users()
    bulk.plan([user], "work_email=lee@example.com")
    bulk(*APPLY)
    masked = bulk("status", bulk.job, "--results", "-")
    assert masked.out.splitlines() == [
        "user,before,after,outcome,code,reason,now,kind",
        f"{user},mkt_sms_flag=Subscribed,mkt_sms_flag=Unsubscribed; work_email=l••@example.com,"
        "confirmed,,,,user_id",
    ]
    assert bulk("status", bulk.job, "--results", "r.csv", "--reveal").code == 0
    assert "work_email=lee@example.com" in Path("r.csv").read_text(encoding="utf-8")
    assert bulk("status", bulk.job, "--results", "r.csv").code == 2


def test_which_job_is_gone_on_with(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    stop_one(bulk, sandbox, users)
    ran = bulk("resume")
    assert ran.code == 1
    assert "2 users (user_id): 1 ✓ confirmed, 1 ▲ changed by someone else, not sent\n" in ran.err
    assert "Job JOB: finished\n" in ran.err
    stop_one(bulk, sandbox, users)
    stop_one(bulk, sandbox, users)
    several = bulk("resume")
    assert several.code == 2
    assert several.err.count("  stopped  here (sandbox)  2 users (user_id)  ") == 2
    assert "dfn-tui: Which job is meant?\n" in several.err
    begins_so = bulk("resume", bulk.job[:4])
    assert begins_so.code == 2
    assert "More than one job is meant\n" in begins_so.err
    other = bulk("resume", bulk.job, "-c", "prod")
    assert other.code == 3
    assert "The plan is for another connection\n" in other.err


def test_verify_tells_what_is_not_as_planned(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users, quick: None
) -> None:
    found = users(3)
    bulk.plan(found, "work_email=lee@example.com")
    assert bulk("verify", "a.plan").code == 1
    bulk(*APPLY)
    whole = bulk("verify", bulk.job)
    assert (whole.code, whole.out) == (0, "")
    assert whole.err == "3 users read: 0 not as planned, 0 could not be read.\n"
    sandbox.state.write_profiles(
        [(found[1], {Flag.MKT_SMS: State.SUBSCRIBED}, {"work_email": "kim@example.com"})]
    )
    sandbox.faults.busy_users = frozenset([found[2]])
    drifted = bulk("verify", "a.plan")
    assert drifted.code == 1
    assert drifted.out.splitlines()[:2] == [
        f"{found[1]}  mkt_sms_flag  expected ○ withdrawn, is ● given",
        f"{found[1]}  work_email  expected l••@example.com, is k••@example.com",
    ]
    assert drifted.out.splitlines()[2].startswith(f"{found[2]}: could not be read. ")
    assert drifted.err == "3 users read: 1 not as planned, 1 could not be read.\n"
    first, second = run("bulk", "verify", "a.plan", "--json").objects
    assert first["fields"] == [
        {"name": "mkt_sms_flag", "expected": "Unsubscribed", "now": "Subscribed"},
        {"name": "work_email", "expected": "l••@example.com", "now": "k••@example.com"},
    ]
    assert (first["outcome"], second["outcome"], second["user_id"]) == ("drift", "failed", found[2])


def test_undo_takes_a_job_back(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    found = users(3)
    bulk.plan(found)
    bulk(*APPLY)
    sandbox.state.write_profiles([(found[1], {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    ran = bulk("undo", bulk.job, "-o", "undo.plan")
    assert (ran.code, ran.out) == (0, "")
    assert "It takes back job JOB.\n2 users: to be changed\n1 user: already as wanted\n" in ran.err
    assert "mkt_sms_flag given: 2 users\n" in ran.err
    assert "apply undo.plan --reason '…' --evidence '…' --digest DIGEST -c here\n" in ran.err
    applied = run("bulk", "apply", "undo.plan", *REASON, "--evidence", "by mistake", "--yes", "--json")
    assert applied.code == 0
    assert [outcome for _user, outcome in applied.outcomes] == ["confirmed", "unchanged", "confirmed"]
    assert [state_of(sandbox, user) for user in found] == ["Subscribed"] * 3


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_after_what_was_sent_and_the_job_is_gone_on_with(
    bulk: Bulk, sandbox: SandboxThread, users: Users, kind: int
) -> None:
    found = users(60)
    bulk.plan(found)
    sandbox.requests.clear()
    with Typed(sandbox, "bulk", *APPLY, *SLOWLY, "--results", "r.csv") as typed:
        typed.wait_for(lambda: sandbox.requests)
        typed.signal(kind)
        typed.see("Stopping: what was sent is waited for, and the job can be resumed.")
        typed.signal(kind)
        ran = typed.ended()
    assert ran.code == 130
    assert "20 ~ accepted, not verified, 40 still to be done" in ran.err
    assert f"Go on with it: dfn-tui bulk resume {bulk.job} -c here" in ran.err
    assert Path("r.csv").read_text(encoding="utf-8").count("Still to be done.") == 40
    resumed = bulk("resume", "--limit", "10000")
    assert resumed.code == 0
    assert "60 users (user_id): 60 ✓ confirmed\n" in resumed.err
    assert {state_of(sandbox, user) for user in found} == {"Unsubscribed"}


def test_a_job_under_way_is_left_alone(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    found = users(60)
    bulk.plan(found)
    sandbox.faults.bad_users = frozenset(found[:20])
    sandbox.requests.clear()
    with Typed(sandbox, "bulk", *APPLY, *SLOWLY) as typed:
        typed.wait_for(lambda: sandbox.requests)
        assert "  under way  here (sandbox)  60 users" in bulk("status").out
        other = bulk("resume", bulk.job, "--failed")
        assert other.code == 2
        assert "dfn-tui: The job runs already\n" in other.err
        assert "There is no unfinished job" in bulk("resume").err
        typed.signal(signal.SIGKILL)
        typed.ended()
    assert "  cut short  here (sandbox)  60 users" in bulk("status").out
