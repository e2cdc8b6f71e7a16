"""Absent is absent, however a server spells it: every command about users, with each spelling."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Absence, SandboxOptions
from dfn_tui.service.changes.inverse import prepare_undos, stage_undo
from dfn_tui.store import journal_file
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread
from tests.starting import endings, entries, send, start

USER, NOBODY = "m-2041", "nobody-7"
KINDS = {
    "flags": ["absent_flags"],
    "properties": ["absent_properties"],
    "CI": ["absent_ci"],
    "all": ["absent_flags", "absent_properties", "absent_ci"],
}


@pytest.fixture(params=[(kind, spelt) for kind in KINDS for spelt in get_args(Absence)], ids="-".join)
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxThread]:
    """Spells absence so, and has a user with a name, an identifier and two consents."""
    kind, spelt = request.param
    given = {Flag.MKT: State.SUBSCRIBED, Flag.MKT_SMS: State.SUBSCRIBED}
    with SandboxThread(SandboxOptions(users=0)) as running:
        for name in KINDS[kind]:
            setattr(running.faults, name, spelt)
        running.state.write_profiles([(USER, given, {"user_name": "Kim"})])
        running.state.write_ci([(USER, {"kakao_id": "0123456789"})])
        yield running


def journalled() -> list[str | None]:
    return [ending and ending.value for ending in endings(journal_file())]


def writes(sandbox: SandboxThread) -> list[object]:
    return [json.loads(one.body) for one in sandbox.requests if one.path.endswith(("update", "delete"))]


def test_get_shows_a_state_for_each_consent_and_no_property_that_is_absent(run: Run) -> None:
    known, nobody = run("get", USER, NOBODY, "--json").objects
    assert (known["code"], nobody["code"]) == (None, "unknown-user")
    given = {name for name, value in known["properties"].items() if value == "Subscribed"}
    assert given == {"mkt_flag", "mkt_sms_flag"}
    assert {known["properties"][flag] for flag in set(Flag) - given} == {"Undefined"}
    assert set(known["properties"]) - set(Flag) == {"user_name"}
    assert set(nobody["properties"].values()) <= {"Undefined"}
    as_text = run("get", USER)
    assert as_text.code == 0
    assert "Undefined" not in as_text.out and "None" not in as_text.out


def test_who_has_a_number_and_nothing_else_is_known(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_ci([("only-a-number", {"phone_number": "821044445555"})])
    ran = run("get", "only-a-number", NOBODY, "--json")
    assert [(one["user_id"], one["code"]) for one in ran.objects] == [
        ("only-a-number", None),
        (NOBODY, "unknown-user"),
    ]
    assert "1 user has nothing set" in ran.err


def test_ci_get_shows_nothing_for_what_is_absent(run: Run) -> None:
    known, nobody = run("ci", "get", USER, NOBODY, "--json", "--reveal").objects
    assert known["properties"] == {"kakao_id": "0123456789", "phone_number": None}
    assert nobody["properties"] == {"kakao_id": None, "phone_number": None}
    assert "Un•" not in run("ci", "get", USER).out


@pytest.mark.parametrize(
    "words",
    [
        ("set", NOBODY, "mkt_sms_flag=Unsubscribed"),
        ("set", NOBODY, "age=30"),
        ("ci", "set", NOBODY, "phone_number=01011112222"),
        ("ci", "delete", NOBODY, "phone_number"),
    ],
)
def test_nobody_is_made_by_any_spelling(run: Run, sandbox: SandboxThread, words: tuple[str, ...]) -> None:
    ran = run(*words, "--yes", "--confirm", "1", "--json")
    assert ran.code == (0 if "delete" in words and ran.outcomes == [(NOBODY, "unchanged")] else 1), ran.err
    assert writes(sandbox) == []


def test_set_of_what_was_there_and_what_was_not(run: Run, sandbox: SandboxThread) -> None:
    ran = run(
        "set", USER, "mkt_sms_flag=Unsubscribed", "night_flag=Unsubscribed", "age=30", "--yes", "--json"
    )
    assert (ran.code, ran.outcomes) == (0, [(USER, "confirmed")])
    before = {change["name"]: change["before"] for change in ran.objects[0]["changes"]}
    assert before == {"mkt_sms_flag": "Subscribed", "night_flag": "Undefined", "age": None}
    assert journalled() == ["confirmed"]
    again = run("set", USER, "night_flag=Unsubscribed", "age=30", "--yes", "--json")
    assert again.outcomes == [(USER, "unchanged")]


def test_undo_of_a_list(run: Run, sandbox: SandboxThread, tmp_path: Path) -> None:
    there, back = str(tmp_path / "a.plan"), str(tmp_path / "b.plan")
    reason = ("--reason", "INC-7", "--evidence", "form 12", "--yes", "--json")
    wanted = ("mkt_sms_flag=Unsubscribed", "night_flag=Unsubscribed", "age=30", "user_name=Lee")
    assert run("bulk", "plan", "-", *wanted, "-o", there, stdin=USER.encode()).code == 0
    ran = run("bulk", "apply", there, *reason)
    assert ran.outcomes == [(USER, "confirmed")], ran.err
    [job] = run("bulk", "status", "--json").objects
    assert run("bulk", "undo", job["job"], "-o", back).code == 0
    before = len(writes(sandbox))
    ran = run("bulk", "apply", back, *reason)
    assert ran.outcomes == [(USER, "confirmed")], ran.err
    flags, properties = sandbox.state.profiles([USER])[USER]
    assert (flags[Flag.MKT_SMS], flags[Flag.NIGHT]) == ("Subscribed", "Unsubscribed")
    assert properties == {"user_name": "Kim", "age": "30"}  # a property cannot be removed
    assert "Undefined" not in str(writes(sandbox)[before:])


async def test_undo_of_a_first_number_deletes_it(sandbox: SandboxThread, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with start(sandbox, path) as session:
        draft = session.staging.draft(await session.open_user(session.identity(USER)))
        draft.stage_ci("phone_number", "821011112222")
        [result] = await send(session)
        assert result.outcome is Outcome.CONFIRMED
        [entry] = entries(path)
        [(_entry, record, plan)] = await prepare_undos(session, [entry])
        stage_undo(session.staging.draft(record), entry.seq, plan, USER)
        [result] = await send(session)
        assert result.outcome is Outcome.CONFIRMED
    assert sandbox.state.ci([USER]) == {USER: {"kakao_id": "0123456789"}}
    assert "Undefined" not in str(writes(sandbox))


def test_ci_set_and_ci_delete(run: Run, sandbox: SandboxThread) -> None:
    ran = run("ci", "set", USER, "phone_number=01011112222", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (0, [(USER, "confirmed")])
    assert ran.objects[0]["changes"][0]["before"] is None
    gone = run("ci", "delete", USER, "phone_number", "--confirm", "1", "--json")
    assert (gone.code, gone.outcomes) == (0, [(USER, "confirmed")])
    again = run("ci", "delete", USER, "phone_number", "--confirm", "1", "--json")
    assert (again.code, again.outcomes) == (0, [(USER, "unchanged")])
    assert journalled() == ["confirmed", "confirmed"]
    assert sandbox.state.ci([USER]) == {USER: {"kakao_id": "0123456789"}}
