"""`dfn-tui preflight` over version 2: judged by a snapshot, with its age and what was written since."""

import csv
import json
from pathlib import Path

import pytest

from dfn_tui.consent.flags import OPTINS, Flag, State
from tests.commands.running import Ran, Run
from tests.sandbox_thread import SandboxThread

ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED
AT_DAY, AT_NIGHT = ("--at", "12:00"), ("--at", "02:00")
FILES = ("--may", "may.csv", "--may-not", "not.csv", "--force")
PEOPLE = {"given": {Flag.MKT_SMS: ON}, "off": {Flag.MKT_SMS: OFF}, "never": {Flag.MKT_PUSH: ON}}


@pytest.fixture
def people(run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One of each, in a snapshot; and somebody who is in none."""
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)
    sandbox.state.write_profiles((name, given, {}) for name, given in PEOPLE.items())
    taken = run("-c", "next", "snapshot", "take")
    assert taken.code == 0, taken.err
    sandbox.requests.clear()
    return [*PEOPLE, "nobody"]


def preflight(run: Run, ids: list[str], *options: str) -> Ran:
    words = ("-c", "next", "preflight", "-", "--channel", "sms", *options)
    return run(*words, stdin="\n".join(ids).encode())


def judged(ran: Ran) -> dict[str, tuple[str, ...]]:
    found = dict.fromkeys(Path("may.csv").read_text("utf-8").split()[1:], ("may",))
    [_head, *rows] = csv.reader(Path("not.csv").read_text("utf-8").splitlines())
    return found | {one: tuple(rest) for one, *rest in rows}


def write(run: Run, user: str, value: State, *, code: int = 0) -> None:
    said = ["--evidence", "call 7", "--yes"] if value is ON else ["--yes"]
    words = ("set", user, f"mkt_sms_flag={value.value}", "--reason", "INC-7", *said)
    assert run("-c", "next", *words, "--create").code == code


def test_each_user_is_judged_by_what_the_export_said_and_nobody_is_asked(
    run: Run, sandbox: SandboxThread, people: list[str]
) -> None:
    ran = preflight(run, people, *AT_DAY, *FILES, "--json")
    found = judged(ran)
    assert ran.code == 1
    assert {name: one[:2] for name, one in found.items()} == {
        "given": ("may",),
        "off": ("may-not", "withdrawn"),
        "nobody": ("unknown", "not-in-snapshot"),
    }
    [whole] = [one for one in ran.objects if one["record"] == "list"]
    assert whole["by_snapshot"] is True
    assert found["off"][2] == "mkt_sms_flag=Unsubscribed"
    [status] = json.loads(run("-c", "next", "snapshot", "status", "--format", "json").out)
    assert whole["read_from"] == whole["read_to"] == status["began"]
    assert "By a snapshot, as of " in ran.err
    assert "take another one before anything goes out" in ran.err
    assert sandbox.requests == []


def test_a_list_of_whom_all_gave_it_is_0_and_at_night_nobody_may(run: Run, people: list[str]) -> None:
    assert preflight(run, ["given"], *AT_DAY, *FILES).code == 0
    ran = preflight(run, ["given"], *AT_NIGHT, *FILES)
    assert (ran.code, judged(ran)["given"][:2]) == (1, ("may-not", "no-night-consent"))
    assert preflight(run, ["given", "never"], *AT_DAY, "--include-never-set").code == 0


def test_what_this_host_wrote_since_lies_over_it(run: Run, people: list[str]) -> None:
    write(run, "given", OFF)
    write(run, "off", ON)
    write(run, "nobody", OFF)
    found = judged(preflight(run, people, *AT_DAY, *FILES))
    assert found["given"][:2] == found["nobody"][:2] == ("may-not", "withdrawn")
    assert found["off"] == ("may",)


def test_a_grant_of_which_nobody_knows_whether_it_was_applied_is_no_yes(
    run: Run, sandbox: SandboxThread, people: list[str]
) -> None:
    sandbox.faults.error_rate = 1.0
    write(run, "off", ON, code=6)
    write(run, "given", OFF, code=6)
    sandbox.faults.error_rate = 0.0
    found = judged(preflight(run, ["off", "given"], *AT_DAY, *FILES))
    assert found["off"][:2] == ("unreadable", "consent-not-readable")
    assert found["given"][:2] == ("may-not", "withdrawn")


def test_a_value_that_is_no_consent_is_not_readable(
    run: Run, sandbox: SandboxThread, people: list[str]
) -> None:
    sandbox.faults.odd_values = {OPTINS[Flag.MKT_SMS]: '"perhaps"'}
    assert run("-c", "next", "snapshot", "take").code == 0
    found = judged(preflight(run, ["given"], *AT_DAY, *FILES))
    assert found["given"][:2] == ("unreadable", "consent-not-readable")


def test_the_audience_of_the_snapshot_is_named(run: Run, people: list[str]) -> None:
    assert run("-c", "next", "snapshot", "take", "--audience", "nwh3nu").code == 0
    assert "The snapshot holds the audience nwh3nu only." in preflight(run, ["given"]).err


def test_by_phone_numbers_nobody_is_found_and_that_is_said(run: Run, people: list[str]) -> None:
    ran = preflight(run, ["821012345678"], "--kind", "phone_no", *FILES)
    assert (ran.code, ran.out) == (2, "")
    assert "A snapshot knows nobody by that" in ran.err
    assert list(Path().iterdir()) == []


def test_a_snapshot_that_is_too_old_is_none(
    run: Run, sandbox: SandboxThread, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.snapshots.snapshots.HOURS", 0)
    ran = preflight(run, people, *FILES)
    assert (ran.code, ran.out, sandbox.requests) == (2, "", [])
    assert ran.err.startswith("dfn-tui: There is no snapshot")
    assert list(Path().iterdir()) == []
