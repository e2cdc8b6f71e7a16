"""`dfn-tui bulk inspect`, and what `bulk plan` asks about columns. Neither writes, the first reads nobody."""

import shlex
from pathlib import Path

import pytest

from tests.commands.bulk.using import Bulk, Users
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

LIST = (
    "번호,회원번호,연락처,수신거부(문자)\n1,{0},010-0000-0041,O\n2,{1},010-0000-0042,\n3,{0},,O\n4,NULL,,O\n"
)


def test_the_command_that_is_suggested_does_it(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    Path("거부 명단.csv").write_bytes(LIST.format(one, other).encode("cp949"))
    asked = bulk("inspect", "거부 명단.csv", "--ignore", "번호")
    assert asked.code == 2
    assert asked.err.splitlines() == [
        "거부 명단.csv: csv, CP949. Supposed that it is as suggested below:",
        "Users: 1; rows the same again: 1; bad: 2; blank: 0.",
        "dfn-tui: What are these columns?",
        "Of some columns nobody said what they are. Nothing was read or sent.",
        "  번호  |  not used  |  1, 2, 3",
        f"  회원번호  |  user_id?  |  {one}, {other}, NULL",
        "  연락처  |  not used?  |  01•••••••••41, 01•••••••••42",
        "  수신거부(문자)  |  mkt_sms_flag?  |  O",
        "Say it: dfn-tui bulk inspect '거부 명단.csv' --ignore '번호' --map '회원번호=user_id'"
        " --ignore '연락처' --map '수신거부(문자)=mkt_sms_flag' --values O=Unsubscribed",
    ]
    _program, _bulk, *words = shlex.split(asked.err.splitlines()[-1].partition(": ")[2])
    said = bulk(*words)
    assert (said.code, said.out) == (1, "")  # a row is bad
    assert said.err.splitlines() == [
        f"Line 3, {other}: The row asks for no change.",
        f"Line 4, {one}: The same as in line 2.",
        "Line 5, NULL: “NULL” stands for an empty cell.",
        "거부 명단.csv: csv, CP949; users by user_id.",
        "  번호  |  not used  |  1, 2, 3",
        f"  회원번호  |  user_id  |  {one}, {other}, NULL",
        "  연락처  |  not used  |  01•••••••••41, 01•••••••••42",
        "  수신거부(문자)  |  mkt_sms_flag  |  O",
        "As was said: 회원번호 = user_id, 수신거부(문자) = mkt_sms_flag, o = Unsubscribed.",
        "Not used: 번호, 연락처.",
        "Taken for empty cells: NULL (1).",
        "Users: 1; rows the same again: 1; bad: 2; blank: 0.",
        "Nothing was sent, and nobody was asked.",
    ]
    assert sandbox.requests == []
    [found, *bad] = run("bulk", *words, "--json").objects
    assert (found["users"], found["kind"], found["form"]) == (1, "user_id", "csv")
    assert found["columns"][3] == {"head": "수신거부(문자)", "role": "field", "name": "mkt_sms_flag"}
    assert [row["line"] for row in bad] == [3, 4, 5]
    assert bulk("plan", *words[1:], "--allow-bad", "-o", "a.plan").code == 0


def test_the_figures_stand_beside_a_question_as_data(bulk: Bulk, sandbox: SandboxThread) -> None:
    Path("동의.csv").write_text("고객번호,문자수신동의,메모\nC-7,Y,a\nC-8,N,b\nC-7,Y,c\n\n", encoding="utf-8")
    asked = bulk("inspect", "동의.csv", "--json")
    [found] = asked.objects
    assert asked.code == 2 and sandbox.requests == []
    assert (found["users"], found["duplicates"], found["bad"], found["blank"]) == (2, 1, 0, 1)
    assert (found["kind"], found["remarks"]) == (None, [])  # nobody said any of it
    roles = [(one["role"], one["suggestion"]) for one in found["columns"]]
    assert roles == [("open", "user_id"), ("open", "mkt_sms_flag"), ("open", "-")]
    assert found["answer"] in asked.err
    _program, _bulk, *words = shlex.split(found["answer"].partition(": ")[2])
    said, *_bad = bulk(*words).objects
    assert [said[name] for name in ("users", "duplicates", "bad", "blank")] == [2, 1, 0, 1]


@pytest.mark.parametrize(
    ("table", "figures"),
    [
        # nothing says yet what to change; the users are counted all the same
        (
            "고객번호,등급\nC-1,gold\nC-2,gold\nC-2,gold\n",
            "Users: 2; rows the same again: 1; bad: 0; blank: 0.",
        ),
        # a word that nobody can guess asks for nothing
        ("user_id,야간\nC-1,동의\nC-2,보류\n", "Users: 1; rows the same again: 0; bad: 1; blank: 0."),
        ("plan,price\nbasic,1\npro,2\n", "its rows cannot be counted before this is said."),
    ],
)
def test_what_can_be_counted_before_the_answer(bulk: Bulk, table: str, figures: str) -> None:
    ran = bulk("inspect", "-", stdin=table.encode())
    assert (ran.code, ran.out) == (2, "")
    assert figures in ran.err and "\nSay it: dfn-tui bulk inspect - " in ran.err


def test_supposing_answers_nothing_for_a_plan(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    Path("a.csv").write_text(f"회원번호,수신동의\n{users(1)[0]},N\n", encoding="utf-8")
    ran = bulk("plan", "a.csv", "-o", "a.plan")
    assert (ran.code, sandbox.requests, Path("a.plan").exists()) == (2, [], False)
    assert "Supposed" not in ran.err


def test_ids_unlike_the_others_are_told(bulk: Bulk) -> None:
    ids = "".join(f"C-{number:04}\n" for number in range(40)) + "이순신\n0x7f\n"
    ran = bulk("inspect", "-", "mkt_sms_flag=Unsubscribed", stdin=ids.encode())
    assert ran.code == 0
    assert "2 ids are unlike the others, the first in line 41.\n" in ran.err


def test_a_property_that_nobody_has_is_new(bulk: Bulk, sandbox: SandboxThread, users: Users) -> None:
    one, other = users(2)
    sandbox.state.write_profiles([(one, {}, {"grade": "gold"})])
    table = f"user_id,grade\n{other},silver\n".encode()
    refused = bulk("plan", "-", "-o", "a.plan", "--map", "grade=grade", stdin=table)
    assert refused.code == 2
    assert "NEW: grade. None of the users has it. No plan was made, nothing was sent." in refused.err
    assert "say so: --new-property grade\n" in refused.err
    assert not Path("a.plan").exists()
    table += f"{one},silver\n".encode()
    assert bulk("plan", "-", "-o", "a.plan", "--map", "grade=grade", stdin=table).code == 0
    assert bulk("plan", "-", "garde=x", "-o", "b.plan", stdin=one.encode()).code == 2
    assert (
        bulk("plan", "-", "garde=x", "-o", "b.plan", "--new-property", "garde", stdin=one.encode()).code == 0
    )


def test_options_that_say_nothing(bulk: Bulk) -> None:
    for words in (
        ["--map", "회원번호"],
        ["--map", "=user_id"],
        ["--values", "Y"],
        ["--values", "=Subscribed"],
    ):
        ran = bulk("inspect", "-", *words, stdin=b"u-1")
        assert (ran.code, ran.out) == (2, "")
