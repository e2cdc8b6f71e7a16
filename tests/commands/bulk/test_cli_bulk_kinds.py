"""Lists whose rows name users in several ways: each is sent, told and taken back as what its row says."""

import csv
import json
import os
from pathlib import Path

import pytest

from dfn_tui.store import Filter, Journal
from tests.commands.bulk.using import Bulk, writes
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

LIST = """external_id,phone,mail,df_sms_ads_optin
C-1,010-0000-0041,,false
,010-0000-0042,,true
,,lee@example.com,true
"""
MAPS = ("--map", "external_id=external_id", "--map", "phone=phone_no", "--map", "mail=email")
SENT = [
    {"external_id": "C-1"},
    {"phone_no": "821000000042"},
    {"email": "lee@example.com"},
]
WORDS = "external_id, email, phone_no"


@pytest.fixture
def planned(bulk: Bulk) -> Bulk:
    Path("list.csv").write_text(LIST)
    made = bulk("plan", "list.csv", "-c", "next", "-o", "a.plan", *MAPS)
    assert made.code == 0, made.err
    assert "Each user is named by the first of these that is filled: external_id, phone, mail." in made.err
    assert f"To be sent: 3 users ({WORDS})" in made.err
    shown = bulk("show", "a.plan", "--users").out
    assert all(f"({kind})  to be sent blind" in shown for kind in WORDS.split(", "))
    return bulk


def identities(sandbox: SandboxThread, since: int = 0) -> list[dict[str, str]]:
    bodies = [request for request in sandbox.requests[since:] if request.path == "/api/v1/user-profile"]
    return [json.loads(request.body)["identity"] for request in bodies]


def test_each_user_is_sent_as_what_their_row_says(planned: Bulk, run: Run, sandbox: SandboxThread) -> None:
    apply = ("apply", "a.plan", "-c", "next", "--reason", "INC-7", "--evidence", "form 7")
    asked = planned(*apply, "--yes", "--results", "results.csv")
    assert asked.code == 0, asked.err
    assert sorted(map(str, identities(sandbox))) == sorted(map(str, SENT))
    rows = list(csv.DictReader(Path("results.csv").read_text().splitlines()))
    assert [(row["kind"], row["user"]) for row in rows] == [
        ("external_id", "C-1"),
        ("phone_no", "821000000042"),
        ("email", "lee@example.com"),
    ]
    [job] = run("bulk", "status", "--json", "-c", "next").objects
    assert (job["kind"], job["total"]) == (WORDS, 3)
    with Journal(Path(os.environ["DFN_TUI_STATE"]) / "journal.db") as journal:
        kinds = {entry.intent.subject.kind for entry in journal.find(Filter(), limit=10)}
    assert kinds == {"external_id", "phone_no", "email"}
    before = len(sandbox.requests)
    undo = run("bulk", "undo", job["job"], "-c", "next", "-o", "back.plan")
    assert undo.code == 1  # a withdrawal that was sent blind cannot be restored
    assert "To be sent: 2 users (email, phone_no)" in undo.err.replace("phone_no, email", "email, phone_no")
    back = ("apply", "back.plan", "-c", "next", "--reason", "INC-8", "--yes")
    assert planned(*back).code == 0
    assert sorted(map(str, identities(sandbox, before))) == sorted(map(str, SENT[1:]))


def test_a_plan_shows_the_kind_of_each_user_and_finds_them_however_they_are_written(planned: Bulk) -> None:
    groups = planned("show", "a.plan", "--groups", "--json").objects
    assert sorted((one["kind"], one["users"]) for one in groups) == [
        ("email", 1),
        ("external_id", 1),
        ("phone_no", 1),
    ]
    shown = planned("show", "a.plan", "--users")
    assert "010000000042" not in shown.out
    assert "lee@example.com" not in shown.out
    assert [one["kind"] for one in planned("show", "a.plan", "--users", "--json").objects] == [
        "external_id",
        "phone_no",
        "email",
    ]
    assert planned("show", "a.plan", "--exclude", "010-0000-0042", "C-1").err.startswith(
        "2 users were left out"
    )
    missing = planned("show", "a.plan", "--exclude", "C-7")
    assert (missing.code, "Not in the plan" in missing.err) == (2, True)


def test_the_same_text_as_two_kinds_is_done_neither_way(bulk: Bulk, sandbox: SandboxThread) -> None:
    Path("list.csv").write_text(
        "external_id,phone,df_sms_ads_optin\n821000000042,,false\n,010-0000-0042,false\nC-1,,false\n"
    )
    made = bulk("plan", "list.csv", "-c", "next", "-o", "a.plan", *MAPS[:4])
    assert made.code == 1
    assert "Line 2 wants something else" in made.err
    assert "To be sent: 1 user (external_id)" in made.err
    assert writes(sandbox) == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--map", "id=external_id", "--map", "type=kind"), "A kind says nothing without the identity"),
        (("--map", "id=identity", "--map", "type=external_id"), "both name users"),
        (("--map", "id=phone_no", "--map", "type=phone_no"), "both name users"),
    ],
)
def test_what_makes_no_sense_together_is_refused(bulk: Bulk, options: tuple[str, ...], why: str) -> None:
    Path("list.csv").write_text("type,id,df_sms_ads_optin\nphone_no,010-0000-0041,false\n")
    made = bulk("plan", "list.csv", "-c", "next", "-o", "a.plan", *options, "--values", "a=phone_no")
    assert (made.code, why in made.err) == (2, True), made.err


def test_version_1_names_users_in_one_way(bulk: Bulk) -> None:
    Path("list.csv").write_text("type,id,mkt_sms_flag\nuser_id,user-0001,Unsubscribed\n")
    made = bulk("inspect", "list.csv", "--map", "id=identity", "--ignore", "type")
    assert (made.code, "No column names the users" in made.err) == (2, True), made.err
