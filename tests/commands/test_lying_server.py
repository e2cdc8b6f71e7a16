"""Whatever a server answers, what is told of a change is what reading back shows, or that nobody knows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import journal_file
from tests.commands.running import Ran, Run, runner
from tests.sandbox_thread import SandboxThread
from tests.starting import endings

USER, OTHER = "m-2041", "m-1"
PUSH = Flag.MKT_PUSH
WRITES = ("update", "delete")


@pytest.fixture
def liar() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0)) as server:
        server.state.write_profiles([(USER, {PUSH: State.SUBSCRIBED}, {"grade": "silver"})])
        server.state.write_ci([(USER, {"phone_number": "821087654321"})])
        yield server


@pytest.fixture
def run(liar: SandboxThread, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    monkeypatch.setattr("dfn_tui.service.bulk.run.read_back._PAUSES", (0.0, 0.0))
    return runner(liar, monkeypatch, capfd)


def withdraw(run: Run, user: str = USER) -> Ran:
    return run("set", user, "mkt_push_flag=Unsubscribed", "--yes", "--json")


def push_of(liar: SandboxThread, user: str = USER) -> str:
    return liar.state.profiles([user])[user][0][PUSH]


def writes(liar: SandboxThread) -> list[Any]:
    return [json.loads(one.body) for one in liar.requests if one.path.endswith(WRITES)]


def journalled() -> list[str | None]:
    return [ending and ending.value for ending in endings(journal_file())]


@pytest.mark.parametrize(
    "answer",
    [
        "failed",
        "408",
        "425",
        "404",
        "401",
        "500",
        "5001",
        "page",
        "unmentioned",
        "9999",
        "no-details",
        "user-twice",
        "cut",
        "repeated",
    ],
)
def test_what_was_applied_is_confirmed_whatever_was_said(liar: SandboxThread, run: Run, answer: str) -> None:
    liar.faults.write_answer = answer
    ran = withdraw(run)
    assert push_of(liar) == "Unsubscribed"
    assert (ran.code, ran.outcomes, len(writes(liar))) == (0, [(USER, "confirmed")], 1)
    assert journalled() == ["confirmed"]


@pytest.mark.parametrize(
    "words", [["ci", "set", USER, "phone_number=01011112222"], ["ci", "delete", USER, "phone_number"]]
)
@pytest.mark.parametrize("answer", ["failed", "408"])
def test_the_same_for_ci_fields(liar: SandboxThread, run: Run, words: list[str], answer: str) -> None:
    liar.faults.write_answer = answer
    ran = run(*words, "--confirm", "1", "--json")
    assert (ran.code, ran.outcomes) == (0, [(USER, "confirmed")])


def test_one_that_says_done_and_did_nothing_is_different_with_what_is_there(
    liar: SandboxThread, run: Run
) -> None:
    liar.faults.apply_after_ms = None
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (1, [(USER, "different")])
    assert ran.objects[0]["changes"][0]["now"] == "Subscribed"
    assert journalled() == ["different"]
    as_text = run("set", USER, "mkt_push_flag=Unsubscribed", "--yes")
    assert "✗ different  now: ● given" in as_text.out


@pytest.mark.parametrize("status", ["500", "502", "504"])
def test_one_that_fails_and_applies_later_is_unknown_at_once(
    liar: SandboxThread, run: Run, status: str
) -> None:
    liar.faults.apply_after_ms = 3_600_000
    liar.faults.write_answer = status
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "unknown")])
    assert journalled() == ["unknown"]
    liar.state.write_profiles([(USER, {PUSH: State.UNSUBSCRIBED}, {})])
    later = run("get", USER)
    assert "it was applied" in later.err
    assert journalled() == ["confirmed"]


def test_a_documented_refusal_of_the_whole_is_believed(liar: SandboxThread, run: Run) -> None:
    liar.faults.apply_after_ms = None
    liar.faults.write_answer = "4007"
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (1, [(USER, "failed")])
    assert ran.objects[0]["code"] == "4007"


@pytest.mark.parametrize("read", ["401", "page", "4001", "unmentioned"])
def test_what_cannot_be_read_back_is_said_to_be_so(liar: SandboxThread, run: Run, read: str) -> None:
    liar.faults.read_back = read
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "accepted")])
    assert ran.objects[0]["code"] == "not-read-back"
    liar.state.write_profiles([(OTHER, {PUSH: State.SUBSCRIBED}, {})])
    liar.faults.write_answer = "failed"
    liar.faults.apply_after_ms = None
    refused = withdraw(run, OTHER)
    assert (refused.code, refused.outcomes) == (6, [(OTHER, "unknown")])


@pytest.mark.parametrize("twice", ["user-twice", "key-twice"])
def test_what_is_said_twice_with_different_values_is_not_readable(
    liar: SandboxThread, run: Run, twice: str
) -> None:
    liar.faults.read_back = twice
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "accepted")])


def test_values_that_come_back_normalised_are_different_with_what_is_there(
    liar: SandboxThread, run: Run
) -> None:
    liar.faults.normalise = "text"
    ran = run("set", USER, "points:number=30", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (1, [(USER, "different")])
    assert ran.objects[0]["changes"][0]["now"] == "30"


def test_one_odd_user_costs_nobody_else(liar: SandboxThread, run: Run) -> None:
    liar.state.write_profiles([(OTHER, {}, {"grade": "gold"})])
    liar.faults.only_users = frozenset({OTHER})
    liar.faults.odd_values = {"mkt_push_flag": '"Perhaps"', "tags": '["a"]'}
    read = run("get", OTHER, USER, "--json")
    assert (read.code, [one for one, _outcome in read.outcomes]) == (0, [OTHER, USER])
    assert read.objects[0]["properties"]["grade"] == "gold"
    ran = run("set", OTHER, USER, "mkt_push_flag=Unsubscribed", "--yes", "--json")
    assert ran.code == 1
    assert ran.outcomes == [(OTHER, "failed"), (USER, "confirmed")]
    [written] = writes(liar)
    assert [one["user_id"] for one in written["user_properties"]] == [USER]


@pytest.mark.parametrize(
    ("answer", "applies", "code", "words"),
    [
        ("failed", True, 0, "1 ✓ confirmed"),
        ("failed", False, 1, "1 ✗ failed"),
        ("unmentioned", True, 0, "1 ✓ confirmed"),
        ("true", False, 1, "1 ✗ different"),
        ("4007", False, 1, "1 ✗ failed"),
    ],
)
def test_a_list_is_told_as_truly(
    liar: SandboxThread, run: Run, tmp_path: Path, answer: str, applies: bool, code: int, words: str
) -> None:
    plan = str(tmp_path / "stop.plan")
    listed = f"{USER}\n".encode()
    assert run("bulk", "plan", "-", "mkt_push_flag=Unsubscribed", "-o", plan, stdin=listed).code == 0
    liar.faults.write_answer = answer
    liar.faults.apply_after_ms = 0 if applies else None
    ran = run("bulk", "apply", plan, "--reason", "INC-9", "--yes")
    assert (ran.code, words in ran.err) == (code, True), ran.err
