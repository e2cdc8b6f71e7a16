"""What the commands say of the sandbox's odd users: no field is passed over, and nothing is said twice."""

from collections.abc import Iterator

import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread


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


def test_an_outcome_is_said_once(run: Run) -> None:
    ran = run("set", "odd-lie", "mkt_sms_flag=Unsubscribed", "--reason", "x", "--yes")
    assert ran.out.count("different") == 1


def test_what_the_server_said_is_told_as_its_word(run: Run) -> None:
    ran = run("set", "odd-denial", "mkt_sms_flag=Unsubscribed", "--reason", "x", "--yes")
    assert "✓ confirmed  Reading back shows the change. The server said: “Internal error.”" in ran.out
