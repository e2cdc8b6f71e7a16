"""`dfn-tui preflight`: who of a list may be sent a campaign, and the lists it writes."""

import csv
import hashlib
import json
import signal
from pathlib import Path

import pytest

from dfn_tui.api.retry import BULK
from dfn_tui.consent.flags import Flag, State
from tests.commands.running import Ran, Run, Typed, nobody_reads, shown_in_terminal
from tests.sandbox_thread import SandboxThread

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET
DAY, NIGHT = {Flag.MKT: ON, Flag.MKT_SMS: ON}, {Flag.NIGHT: ON, Flag.NIGHT_SMS: ON}
AT_DAY, AT_NIGHT = ("--at", "12:00"), ("--at", "02:00")
FILES = ("--may", "may.csv", "--may-not", "not.csv")
PEOPLE = {
    "all-given": DAY | NIGHT,
    "day-only": DAY | {Flag.NIGHT: OFF, Flag.NIGHT_SMS: OFF},
    "never-at-night": DAY,
    "never-by-day": {Flag.MKT_PUSH: ON},
    "withdrawn": {Flag.MKT: ON, Flag.MKT_SMS: OFF},
    "every-withdrawn": {Flag.MKT: OFF},
    "contradiction": {Flag.MKT: OFF, Flag.MKT_SMS: ON},
    "night-without-day": NIGHT | {Flag.MKT: ON},
}
NOT_SENT = {
    "withdrawn": ("may-not", "withdrawn"),
    "every-withdrawn": ("may-not", "every-withdrawn"),
    "contradiction": ("contradiction", "given-over-every"),
    "night-without-day": ("contradiction", "night-without-day"),
    "nobody": ("unknown", "unknown-user"),
    "odd": ("unreadable", "consent-not-readable"),
    "busy": ("unreadable", "not-read"),
}


@pytest.fixture
def people(run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One of each, on a list with one who is not known, two who cannot be read, and rows that say nothing."""
    monkeypatch.setattr("dfn_tui.api.retry.BULK", BULK._replace(longest=0.0))
    states = {name: dict.fromkeys(Flag, NEVER) | given for name, given in PEOPLE.items()}
    sandbox.state.write_profiles((name, {}, {"points": "1"}) for name in (*PEOPLE, "odd", "busy"))
    sandbox.state.write_profiles(
        (name, {flag: state for flag, state in given.items() if state is not NEVER}, {})
        for name, given in states.items()
    )
    sandbox.state.write_profiles([("odd", DAY, {})])
    return [*PEOPLE, "nobody"]


def preflight(run: Run, ids: list[str], *options: str) -> Ran:
    return run("preflight", "-", "--channel", "sms", *options, stdin="\n".join(ids).encode())


def rows(name: str) -> dict[str, tuple[str, ...]]:
    [head, *found] = csv.reader(Path(name).read_text("utf-8").splitlines())
    assert head[0] == "user_id"
    return {one: tuple(rest) for one, *rest in found}


def reasons(ran: Ran) -> dict[str, int]:
    return {one["reason"]: one["users"] for one in ran.objects if one["record"] == "reason"}


def test_each_user_is_on_the_list_they_belong_to_and_who_was_never_asked_on_neither(
    run: Run, people: list[str]
) -> None:
    ran = preflight(run, [*people, "all-given"], *AT_DAY, *FILES, "--json")
    assert ran.code == 1
    assert [*rows("may.csv")] == ["all-given", "day-only", "never-at-night"]
    wanted = {name: NOT_SENT[name] for name in people if name in NOT_SENT}
    assert {name: found[:2] for name, found in rows("not.csv").items()} == wanted
    assert rows("not.csv")["withdrawn"][2] == "mkt_sms_flag=Unsubscribed mkt_flag=Subscribed"
    assert reasons(ran)["never-set"] == 1
    [whole] = [one for one in ran.objects if one["record"] == "list"]
    assert (whole["users"], whole["may"], whole["duplicates"], whole["night"]) == (9, 3, 1, False)
    for one in ran.objects[-2:]:
        assert one["sha256"] == hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest()
        assert one["sha256"] in ran.err
    assert "for 6 people nobody can show a yes" in ran.err
    assert "on neither list (1)" in ran.err


@pytest.mark.parametrize("at", ["21:00", "23:59", "00:00", "02:00", "07:59", "2099-01-01 21:10"])
def test_at_night_the_night_counts_too_on_both_sides_of_midnight(
    run: Run, people: list[str], at: str
) -> None:
    ran = preflight(run, people, "--at", at, *FILES, "--json")
    assert [*rows("may.csv")] == ["all-given"]
    assert rows("not.csv")["day-only"][:2] == ("may-not", "night-withdrawn")
    assert reasons(ran)["night-never-set"] == 1
    assert "That is at night" in ran.err
    assert "By day it would be 3." in ran.err


@pytest.mark.parametrize("at", ["08:00", "20:59", "2098-12-31T20:59+09:00", "2099-01-01T00:00Z"])
def test_by_day_it_does_not(run: Run, people: list[str], at: str) -> None:
    ran = preflight(run, people, "--at", at, "--may", "may.csv", "--json")
    assert [*rows("may.csv")] == ["all-given", "day-only", "never-at-night"]
    assert ("The night begins 1 min later" in ran.err) == ("20:59" in at)


def test_who_was_never_asked_is_taken_in_only_where_that_is_said(run: Run, people: list[str]) -> None:
    ran = preflight(run, people, *AT_NIGHT, *FILES, "--include-never-set")
    assert [*rows("may.csv")] == ["all-given", "never-at-night", "never-by-day"]
    assert "Taken in, though they never said yes: 2 users." in ran.err
    assert rows("not.csv").keys() == {*NOT_SENT, "day-only"} - {"odd", "busy"}
    both = preflight(run, ["all-given", "never-at-night"], *AT_NIGHT, "--include-never-set")
    assert both.code == 0
    assert preflight(run, ["all-given", "never-at-night"], *AT_NIGHT).code == 1


def test_who_cannot_be_read_is_on_the_list_with_that_reason(
    run: Run, sandbox: SandboxThread, people: list[str]
) -> None:
    sandbox.faults.odd_values = {"mkt_sms_flag": '"Pending"'}
    found = preflight(run, ["all-given", "withdrawn"], *AT_DAY, *FILES)
    assert found.code == 1
    assert {one[:2] for one in rows("not.csv").values()} == {NOT_SENT["odd"]}
    sandbox.faults.odd_values = {}
    sandbox.faults.busy_users = frozenset(["busy"])
    mixed = preflight(run, ["all-given", "busy", "day-only"], *AT_DAY, *FILES, "--force")
    assert mixed.code == 1
    assert ([*rows("may.csv")], rows("not.csv")["busy"][:2]) == (["all-given", "day-only"], NOT_SENT["busy"])


def test_a_list_of_whom_all_may_is_0_and_the_written_list_is_one(run: Run, people: list[str]) -> None:
    assert preflight(run, people, *AT_DAY, *FILES).code == 1
    again = run("preflight", "may.csv", "--channel", "sms", *AT_DAY, "--may", "again.csv")
    assert (again.code, Path("again.csv").read_bytes()) == (0, Path("may.csv").read_bytes())
    assert "must not be used" not in again.err


def test_nothing_is_written_to_the_platform(run: Run, sandbox: SandboxThread, people: list[str]) -> None:
    sandbox.requests.clear()
    assert preflight(run, people, *AT_NIGHT, *FILES).code == 1
    assert {one.path.rpartition("/")[2] for one in sandbox.requests} <= {"get", "read", "profile", "ci"}
    assert not any("update" in one.path or "delete" in one.path for one in sandbox.requests)


def test_a_row_without_a_user_is_told_and_makes_the_list_unfit(run: Run, people: list[str]) -> None:
    Path("list.csv").write_text(
        "user_id,name,mkt_sms_flag\nall-given,kim,Perhaps\nNULL,lee,\nall-given,,\n", encoding="utf-8"
    )
    ran = run("preflight", "list.csv", "--channel", "sms", *AT_DAY, "--may", "may.csv")
    assert ran.code == 1
    assert "Line 3" in ran.err
    assert "Not used: name, mkt_sms_flag." in ran.err
    assert [*rows("may.csv")] == ["all-given"]


def test_a_column_that_only_looks_like_the_users_is_asked_about(run: Run, people: list[str]) -> None:
    Path("list.csv").write_text("회원번호,grade\nall-given,gold\n", encoding="utf-8")
    asked = run("preflight", "list.csv", "--channel", "sms")
    assert asked.code == 2
    assert "--map 회원번호=user_id" in asked.err.replace("'", "")
    said = run(
        "preflight", "list.csv", "--channel", "sms", *AT_DAY, "--map", "회원번호=user_id", "--may", "may.csv"
    )
    assert (said.code, [*rows("may.csv")]) == (0, ["all-given"])


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("--may", "list.txt"), "The list would take the place of the one that was given"),
        (("--may", "list.txt", "--force"), "The list would take the place of the one that was given"),
        (("--may", "there.csv"), "This file is there already"),
        (("--may-not", "there.csv"), "This file is there already"),
        (("--may", "link.csv"), "This file is there already"),
        (("--may", "new.csv", "--may-not", "./new.csv"), "Two lists for one file"),
        (("--may", "none/new.csv"), "Not written"),
        (("--may", ".", "--force"), "A list is written to a file"),
        (("--may", "-"), "A list is written to a file"),
        (("--at", "25:00"), "This is no time to send at"),
        (("--at", ""), "This is no time to send at"),
        (("--at", "2020-01-01 10:00"), "This is no time to send at"),
        (("-c", "next"), "There is no snapshot"),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_read(
    run: Run, sandbox: SandboxThread, people: list[str], words: tuple[str, ...], title: str
) -> None:
    Path("list.txt").write_text("all-given\n", encoding="utf-8")
    Path("there.csv").write_text("keep", encoding="utf-8")
    Path("link.csv").symlink_to("nowhere.csv")
    sandbox.requests.clear()
    ran = run("preflight", "list.txt", "--channel", "sms", *words)
    assert (ran.code, ran.out, sandbox.requests) == (2, "", [])
    assert ran.err.splitlines()[0] == f"dfn-tui: {title}"
    assert Path("there.csv").read_text("utf-8") == "keep"
    assert sorted(path.name for path in Path().iterdir()) == ["link.csv", "list.txt", "there.csv"]


def test_with_force_files_are_replaced_by_whole_ones(run: Run, people: list[str]) -> None:
    Path("may.csv").write_text("old", encoding="utf-8")
    assert preflight(run, people, *AT_DAY, "--may", "may.csv", "--force").code == 1
    assert "all-given" in rows("may.csv")
    assert Path("may.csv").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("fault", "code"), [({"refuse": "4001"}, 4), ({"error_rate": 1.0}, 5)])
def test_where_nobody_can_be_read_no_list_is_written(
    run: Run, sandbox: SandboxThread, people: list[str], fault: dict[str, object], code: int
) -> None:
    for name, value in fault.items():
        setattr(sandbox.faults, name, value)
    ran = preflight(run, people, *FILES)
    assert ran.code == code
    assert "No list was written." in ran.err or "no list was written." in ran.err
    assert list(Path().iterdir()) == []


def test_a_file_that_came_meanwhile_is_left_as_it_is(
    run: Run, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(self: object, _users: object) -> None:
        Path("may.csv").write_text("somebody else's", encoding="utf-8")

    monkeypatch.setattr("dfn_tui.cli.bulk.preflight.CampaignLists.keep", keep)
    ran = preflight(run, people, "--may", "may.csv")
    assert (ran.code, Path("may.csv").read_text("utf-8")) == (2, "somebody else's")
    assert [path.name for path in Path().iterdir()] == ["may.csv"]


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_says_how_far_it_came_and_leaves_no_list(
    run: Run, sandbox: SandboxThread, people: list[str], kind: int
) -> None:
    Path("list.txt").write_text("\n".join(people), encoding="utf-8")
    sandbox.requests.clear()
    sandbox.faults.read_answer = "silent"
    with Typed(sandbox, "preflight", "list.txt", "--channel", "sms", *FILES) as typed:
        typed.wait_for(lambda: sandbox.requests)
        typed.signal(kind)
        ran = typed.ended()
    assert (ran.code, ran.out) == (130, "")
    assert "0 of 9 users were read. No list was written." in ran.err
    assert "Traceback" not in ran.err
    assert [path.name for path in Path().iterdir()] == ["list.txt"]


def test_a_pipe_that_is_closed_changes_neither_the_lists_nor_the_code(run: Run, people: list[str]) -> None:
    with nobody_reads():
        assert preflight(run, people, *AT_DAY, *FILES, "--json").code == 1
    assert rows("may.csv")
    assert rows("not.csv")


def test_a_terminal_shows_bars_and_a_pipe_none(run: Run, sandbox: SandboxThread, people: list[str]) -> None:
    Path("list.txt").write_text("\n".join(people), encoding="utf-8")
    words = ("preflight", "list.txt", "--channel", "sms", *AT_NIGHT)
    for columns in (80, 120):
        seen = shown_in_terminal(sandbox, *words, columns=columns)
        assert "█" in seen.out
        assert "May be sent to" in seen.out
    piped = run(*words)
    assert "█" not in piped.out
    assert "SMS advertising withdrawn" in piped.out
    assert run(*words, "--format", "csv").out.startswith("record,result,reason,users,percent,path,sha256\n")
    assert len(json.loads(run(*words, "--format", "json").out)) > 5
