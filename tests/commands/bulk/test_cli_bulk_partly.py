"""A field that cannot be read any more when its user is sent costs that field alone, and is told by name."""

import csv
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag
from tests.commands.bulk.using import APPLY, STOP, Bulk, Users, state_of, writes
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

REASON = "Not sent, as not readable: tier. The rest: ✓ confirmed. A new plan sends that once it is readable."


def lost(sandbox: SandboxThread, user: str, field: str, value: str) -> None:
    sandbox.faults.odd_values, sandbox.faults.only_users = {field: value}, frozenset({user})


@pytest.mark.parametrize("value", ['["gold"]', "{}", "1e999", '"\\ud800"'])
def test_the_rest_of_the_user_is_sent_and_the_field_named(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users, value: str
) -> None:
    one, other = users(2)
    bulk.plan([one, other], "tier=silver")
    lost(sandbox, other, "tier", value)
    ran = bulk(*APPLY, "--results", "results.csv")
    assert ran.code == 1
    assert [state_of(sandbox, user) for user in (one, other)] == ["Unsubscribed"] * 2
    assert "tier" not in sandbox.state.profiles([other])[other][1]
    lines = ran.err.splitlines()
    assert any(
        "1 ✓ confirmed, 1 ✗ failed, 1 of the failed: all was sent but what is not readable" in line
        for line in lines
    )
    assert not any("--failed" in line for line in lines)  # there is nothing that it could do
    assert any(line.startswith("Take it back: ") for line in lines)
    rows = list(csv.DictReader(Path("results.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["outcome"], row["code"], row["reason"]) for row in rows] == [
        ("confirmed", "", ""),
        ("failed", "not-readable", REASON),
    ]
    [job] = bulk.jobs()
    assert (job["counts"]["failed"], job["partly_failed"]) == (1, 1)
    sandbox.faults.odd_values = {}
    again = bulk(*APPLY)
    assert (again.code, "already sent from this plan: 2 users" in again.err) == (3, True)
    assert writes(sandbox) == 1
    drift = bulk("verify", bulk.job)
    assert (drift.code, f"{other}  tier  expected silver, is (none)" in drift.out) == (1, True)
    bulk.plan([other], "tier=silver", name="new.plan")
    assert run("bulk", "apply", "new.plan", "--reason", "x", "--yes").code == 0
    assert sandbox.state.profiles([other])[other][1]["tier"] == "silver"


def test_a_consent_that_cannot_be_read_is_never_written_and_it_is_said_what_can_be_done(
    bulk: Bulk, sandbox: SandboxThread, users: Users
) -> None:
    [user] = users()
    bulk.plan([user])
    lost(sandbox, user, Flag.MKT_SMS, '"Paused"')
    ran = bulk(*APPLY, "--json")
    assert (ran.code, ran.outcomes, writes(sandbox)) == (1, [(user, "failed")], 0)
    assert "Have it corrected at DFINERY" in ran.objects[0]["message"]
    made = bulk("plan", "-", STOP, "-o", "b.plan", stdin=user.encode())
    assert (made.code, "leave this user out of what is sent" in made.err) == (1, True), made.err
