"""Faults that no reading back settles: version 2, rate limits, dates, delays, values that come back odd."""

import json
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from dfn_tui.api.transport import Timeouts
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import Faults, RateLimit, SandboxOptions
from dfn_tui.store import journal_file
from tests.commands.running import Ran, Run, runner
from tests.sandbox_thread import SandboxThread
from tests.starting import endings

PUSH = Flag.MKT_PUSH
LONGEST = 30.0
YES_2 = ("true", "repeated")
NONE_2 = (
    *("failed", "50000", "key-twice", "cut", "silent", "stalled", "page", "99999"),
    *("401", "403", "404", "408", "425", "429", "500", "502", "504"),
)
REFUSED_2 = {"40000": 1, "40001": 1, "40101": 4, "40201": 4, "40401": 5, "40402": 1, "40403": 1}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=40, faults=Faults(rate_limit=None))) as running:
        yield running


@pytest.fixture
def user(server: SandboxThread) -> str:
    server.state.write_profiles([("user-0009", {PUSH: State.SUBSCRIBED}, {"grade": "silver"})])
    [row] = server.state.query("SELECT id FROM users WHERE user_id = 'user-0009'")
    server.state.link(row[0], {"phone_no": "821087654321"})
    return "user-0009"


@pytest.fixture
def run(
    server: SandboxThread, patient: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    server.requests.clear()
    server._sandbox._windows.clear()
    go = runner(server, monkeypatch, capfd)

    def bounded(*words: str, stdin: bytes = b"") -> Ran:
        began = time.monotonic()
        ran = go(*words, stdin=stdin)
        assert time.monotonic() - began < LONGEST
        return ran

    yield bounded
    for fault in fields(Faults):
        setattr(server.faults, fault.name, getattr(server.options.faults, fault.name))


def push_of(server: SandboxThread, user: str) -> str:
    return server.state.profiles([user])[user][0][PUSH]


def sent(server: SandboxThread) -> int:
    return sum(one.path.endswith(("update", "delete", "user-profile")) for one in server.requests)


def journalled() -> list[str | None]:
    return [ending and ending.value for ending in endings(journal_file())]


def withdraw(run: Run, user: str, *more: str) -> Ran:
    return run("set", user, f"{PUSH}=Unsubscribed", "--reason", "x", "--yes", "--json", *more)


# Version 2, whose users cannot be read: the answer is all there is, and is believed where it is documented.


def told(answer: str) -> tuple[str, int]:
    if answer in YES_2:
        return "accepted", 0
    return ("failed", REFUSED_2[answer]) if answer in REFUSED_2 else ("unknown", 6)


@pytest.mark.parametrize(
    "words", [("set", f"{PUSH}=Unsubscribed"), ("ci", "set", "phone_no=821011112222")], ids=["set", "ci set"]
)
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("answer", [*YES_2, *NONE_2, *REFUSED_2])
def test_version_2_is_told_by_its_answer_and_never_as_confirmed(
    server: SandboxThread,
    run: Run,
    user: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    applied: bool,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr("dfn_tui.api.transport.Timeouts", lambda: Timeouts(read=0.3, total=1.0))
    server.faults.write_answer = answer
    server.faults.apply_after_ms = 0 if applied and answer not in REFUSED_2 else None
    *command, change = words
    read = ("--acknowledge", "merges")
    ran = run(*command, "-c", "next", user, change, "--reason", "x", "--yes", "--json", *read)
    assert ([one for _user, one in ran.outcomes], ran.code) == ([told(answer)[0]], told(answer)[1]), ran.out
    assert journalled() == [told(answer)[0]]
    message = ran.objects[0]["message"]
    assert ("changed nothing" in message) is (answer in REFUSED_2)
    assert "Reading back" not in message


@pytest.mark.parametrize(
    "answer", [*YES_2, "failed", "cut", "page", "408", "425", "500", "504", "40001", "40402"]
)
def test_a_list_of_version_2_is_told_as_truly(
    server: SandboxThread, run: Run, user: str, tmp_path: Path, answer: str
) -> None:
    plan = str(tmp_path / "stop.plan")
    made = run("bulk", "plan", "-", f"{PUSH}=Unsubscribed", "-c", "next", "-o", plan, stdin=user.encode())
    assert made.code == 0, made.err
    server.faults.write_answer = answer
    ran = run("bulk", "apply", plan, "-c", "next", "--reason", "INC-9", "--yes", "--json")
    outcome, code = told(answer)
    assert (journalled(), ran.code) == ([outcome], code), ran.err
    [one] = ran.objects
    assert (one["outcome"], bool(one["message"])) == (outcome, True)
    unknowable = one["message"].startswith("Whether such a user exists cannot be known")
    assert unknowable is (outcome == "accepted")
    assert "eading back" not in one["message"]  # nobody can read over this version


# Rate limits and dates.


@pytest.mark.parametrize(
    "limited",
    [
        {"rate_limit_reset": "year-ahead"},
        {"rate_limit_spelling": "none", "retry_after": 121},
        {"rate_limit_spelling": "none", "retry_after": 31_536_000},
    ],
    ids=["a year ahead", "two minutes", "a year of Retry-After"],
)
@pytest.mark.parametrize("command", ["get", "set"])
def test_nobody_waits_for_longer_than_two_minutes(
    server: SandboxThread, run: Run, user: str, command: str, limited: dict[str, object]
) -> None:
    server.faults.rate_limit = RateLimit(1, "1y")
    for name, value in limited.items():
        setattr(server.faults, name, value)
    run("get", user)
    ran = run("get", user, "--json") if command == "get" else withdraw(run, user)
    assert ([one for _user, one in ran.outcomes], ran.code, sent(server)) == (["failed"], 5, 0)
    assert journalled() == []


@pytest.mark.slow
def test_retry_after_alone_is_waited_for_and_said(server: SandboxThread, run: Run, user: str) -> None:
    server.faults.rate_limit = RateLimit(1, "1s")
    server.faults.rate_limit_spelling = "none"
    server.faults.retry_after = 1
    ran = withdraw(run, user)
    assert (ran.code, ran.outcomes, push_of(server, user)) == (0, [(user, "confirmed")], "Unsubscribed")
    assert "Waiting 1 s" in ran.err


@pytest.mark.parametrize(
    "date", ["none", "+3600", "-999999999", "Tue, 01 Jan 2019 00:00:00 +99999999999999", "yesterday"]
)
def test_a_skewed_date_costs_nothing(server: SandboxThread, run: Run, user: str, date: str) -> None:
    server.faults.date = date
    ran = withdraw(run, user)
    assert (ran.code, ran.outcomes, push_of(server, user)) == (0, [(user, "confirmed")], "Unsubscribed")


# What is applied for some requests only, later, or is shown late.


def test_a_server_that_fails_always_is_sent_nothing(server: SandboxThread, run: Run, user: str) -> None:
    server.faults.error_rate = 1.0
    assert (run("get", user).code, withdraw(run, user).code, sent(server)) == (5, 5, 0)


def test_reads_that_lag_are_told_as_another_value_with_what_they_show(
    server: SandboxThread, run: Run, user: str
) -> None:
    server.faults.read_lag_ms = 3_600_000
    ran = withdraw(run, user)
    assert (ran.code, ran.outcomes) == (1, [(user, "different")])
    assert ran.objects[0]["changes"][0]["now"] == "Subscribed"
    assert "not applied" not in ran.objects[0]["message"]
    assert "still shows the value of before" in ran.objects[0]["message"]
    server.faults.read_lag_ms = 0
    later = run("get", user)
    assert (journalled(), "Entry 1, user-0009: it was applied." in later.err) == (["confirmed"], True)


# Values.


@pytest.mark.parametrize("value", ['["x"]', "{}", "1e999", '"broken \\ud800"'])
def test_a_field_that_is_not_readable_is_left_alone(
    server: SandboxThread, run: Run, user: str, value: str
) -> None:
    server.faults.odd_values = {"grade": value, PUSH: value}
    for change in ("grade=gold", f"{PUSH}=Unsubscribed"):
        ran = run("set", user, change, "--reason", "x", "--yes", "--json")
        assert (ran.code, ran.outcomes, sent(server)) == (1, [(user, "failed")], 0)
        assert "not readable" in ran.objects[0]["message"]
    read = run("get", user, "--json").objects[0]
    assert read["unreadable"].keys() == {"grade", PUSH}
    assert "grade" not in read["properties"]


@pytest.mark.parametrize(
    ("kind", "typed", "shown"), [("trim", "grade= x ", "x"), ("text", "n:number=30", "30")]
)
def test_a_value_that_comes_back_otherwise_is_different_with_what_is_there(
    server: SandboxThread, run: Run, user: str, kind: str, typed: str, shown: str
) -> None:
    server.faults.normalise = kind  # type: ignore[assignment]
    ran = run("set", user, typed, "--reason", "x", "--yes", "--json")
    assert (ran.code, ran.outcomes, journalled()) == (1, [(user, "different")], ["different"])
    assert json.loads(ran.out)["changes"][0]["now"] == shown
    words = "shows it as a string" if kind == "text" else "shows another value"
    assert words in json.loads(ran.out)["message"]
