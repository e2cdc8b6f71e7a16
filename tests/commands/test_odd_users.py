"""What the commands say of the sandbox's odd users: no field is passed over, and nothing is said twice."""

from collections.abc import Iterator

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.store import journal_file
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread
from tests.starting import entries


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, odd_users=True)) as running:
        yield running


UNREADABLE = {
    "odd-flag": {"mkt_sms_flag": "“Pending”", "night_flag": "“subscribed”"},
    "odd-list": {"interests": "a list", "address": "an object"},
    "odd-number": {"points": "a number too large", "note": "text with broken characters"},
}


@pytest.mark.parametrize("user", UNREADABLE)
def test_what_cannot_be_read_is_named_with_the_reason(run: Run, user: str) -> None:
    as_text, as_json = run("get", user), run("get", user, "--json")
    assert (as_text.code, as_json.code) == (0, 0)
    [found] = as_json.objects
    assert found["unreadable"].keys() == UNREADABLE[user].keys()
    for name, why in UNREADABLE[user].items():
        [line] = [line for line in as_text.out.splitlines() if line.split()[0] == name]
        assert "not readable: " in line and why in line
        assert why in found["unreadable"][name]
        assert name not in found["properties"]


def test_identifiers_that_cannot_be_read_are_not_told_as_none(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.odd_values = {"kakao_id": '["a"]', "phone_number": "{}"}
    as_text, as_json = run("ci", "get", "odd-empty", "kakao_id"), run("ci", "get", "odd-empty", "--json")
    assert "kakao_id  not readable: " in as_text.out
    assert "(none)" not in as_text.out
    assert "phone_number" not in as_text.out  # nobody asked
    [found] = as_json.objects
    assert (found["properties"], found["unreadable"].keys()) == ({}, {"kakao_id", "phone_number"})


def test_a_list_counts_the_fields_that_cannot_be_read(run: Run) -> None:
    ran = run("get", "odd-list", "odd-number", "odd-clash")
    fields = "interests (1 user), address (1 user), points (1 user), note (1 user)"
    assert (ran.code, ran.err) == (0, f"Not readable: {fields}.\n")


@pytest.mark.parametrize(("value", "why"), [("[7]", "a list"), ("{}", "an object")])
def test_a_field_that_cannot_be_read_costs_that_field_alone(
    run: Run, sandbox: SandboxThread, value: str, why: str
) -> None:
    sandbox.state.write_profiles([("half-read", {Flag.MKT_KAKAO: State.SUBSCRIBED}, {"shoe_size": 270})])
    sandbox.faults.odd_values = {"shoe_size": value}
    words = ("half-read", "mkt_kakao_flag=Unsubscribed", "shoe_size:number=280")
    ran = run("set", *words, "--reason", "x", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (1, [("half-read", "failed")])
    ended = {change["name"]: change["outcome"] for change in ran.objects[0]["changes"]}
    assert ended == {"mkt_kakao_flag": "confirmed", "shoe_size": "failed"}
    assert ran.objects[0]["message"] == f"Not sent. shoe_size is not readable: {why}."
    stored = sandbox.state.profiles(["half-read"])["half-read"]
    assert (stored[0][Flag.MKT_KAKAO], stored[1]["shoe_size"]) == ("Unsubscribed", 270)
    [entry] = entries(journal_file())
    assert [change.name for change in entry.intent.changes] == ["mkt_kakao_flag"]


@pytest.mark.parametrize("value", ["821055512345", "12.5", "0", "true"])
def test_an_identifier_that_is_no_text_is_left_alone(run: Run, sandbox: SandboxThread, value: str) -> None:
    sandbox.state.write_ci([("no-text", {"phone_number": "821055512345", "kakao_id": "0000512345"})])
    sandbox.faults.odd_values = {"phone_number": value}
    shown = run("ci", "get", "no-text", "--reveal")
    assert "phone_number  not readable: " in shown.out and ", where the platform keeps text" in shown.out
    assert "kakao_id      0000512345" in shown.out and "821055512345" not in shown.out
    [found] = run("ci", "get", "no-text", "--json", "--reveal").objects
    assert found["properties"] == {"kakao_id": "0000512345"}
    words = ("ci", "delete", "no-text", "phone_number", "kakao_id", "--reason", "x", "--confirm", "1")
    ran = run(*words, "--json")
    ended = {change["name"]: change["outcome"] for change in ran.objects[0]["changes"]}
    assert (ran.code, ended) == (1, {"phone_number": "failed", "kakao_id": "confirmed"})
    ran = run("ci", "set", "no-text", "phone_number=+82 10-5551-2345", "--reason", "x", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (1, [("no-text", "failed")])
    assert sandbox.state.ci(["no-text"])["no-text"] == {"phone_number": "821055512345"}
    assert "821055512345" not in str(entries(journal_file()))


def test_an_identifier_that_cannot_be_read_is_not_told_as_gone(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.odd_values = {"phone_number": '["821012345678"]'}
    ran = run("ci", "delete", "odd-clash", "phone_number", "--reason", "x", "--confirm", "1", "--json")
    assert (ran.code, ran.outcomes) == (1, [("odd-clash", "failed")])
    assert "phone_number is not readable: a list" in ran.objects[0]["message"]
    assert "phone_number" in sandbox.state.ci(["odd-clash"])["odd-clash"]


def test_an_outcome_is_said_once(run: Run) -> None:
    ran = run("set", "odd-lie", "mkt_sms_flag=Unsubscribed", "--reason", "x", "--yes")
    assert ran.out.count("different") == 1


def test_what_the_server_said_is_told_as_its_word(run: Run) -> None:
    ran = run("set", "odd-denial", "mkt_sms_flag=Unsubscribed", "--reason", "x", "--yes")
    assert "✓ confirmed  Reading back shows the change. The server said: “Internal error.”" in ran.out
