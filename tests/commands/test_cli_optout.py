"""A list of phone numbers from a free 080 number: one command, whatever else is wrong with the list."""

import json
from pathlib import Path

import pytest

from tests.commands.running import Run, Typed
from tests.sandbox_thread import SandboxThread
from tests.unit.workbooks import xlsx

OPTOUT = ("-c", "next", "optout", "sms", "-", "--yes")
NUMBERS = "010-1234-5678\n010 2345 6789\n+82 10 3456 7890\n８２１０４５６７８９０１\n10-5678-9012\n"
STORED = ["821012345678", "821023456789", "821034567890", "821045678901", "821056789012"]


def state_of(sandbox: SandboxThread, number: str) -> object:
    [(state,)] = sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE phone_no = ?", number)
    return state


def test_numbers_in_any_spelling_are_withdrawn_in_the_one_that_is_documented(
    run: Run, sandbox: SandboxThread
) -> None:
    ran = run(*OPTOUT, "--reason", "080", "--results", "-", stdin=NUMBERS.encode())
    assert ran.code == 0, ran.err
    assert {state_of(sandbox, number) for number in STORED} == {"Unsubscribed"}
    sent = [json.loads(request.body) for request in sandbox.requests]
    assert sorted(one["identity"]["phone_no"] for one in sent) == STORED
    assert {json.dumps(one["user_properties"]) for one in sent} == {'{"df_sms_ads_optin": false}'}
    plan, result = ran.err.split("finished")
    for told in (plan, result):
        assert told.count("Whether somebody has a number cannot be known: writing makes a profile") == 1
    assert "Take it back" not in result  # what was there before is known of nobody
    assert "verify" not in result  # no export holds a phone number
    assert ran.out.count("accepted") == ran.out.count("Whether somebody has a number cannot be known") == 5


@pytest.mark.parametrize("head", ["", "phone_no"])
def test_numbers_of_a_workbook_that_lost_their_zero_ask_nothing(
    run: Run, sandbox: SandboxThread, tmp_path: Path, head: str
) -> None:
    cells = "".join(f"<row><c><v>{value}</v></c></row>" for value in ("1066660001", "821066660002"))
    cells += '<row/><row><c t="inlineStr"><is><t>010-6666-0001</t></is></c></row>'
    first = f'<row><c t="inlineStr"><is><t>{head}</t></is></c></row>' if head else ""
    list_ = tmp_path / "080.xlsx"
    list_.write_bytes(xlsx({"080": first + cells}))
    ran = run("-c", "next", "optout", "sms", str(list_), "--yes", "--reason", "080")
    assert ran.code == 0, ran.err
    sent = [json.loads(request.body)["identity"]["phone_no"] for request in sandbox.requests]
    assert sorted(sent) == ["821066660001", "821066660002"]


def test_a_row_that_is_no_number_holds_up_nobody(run: Run, sandbox: SandboxThread) -> None:
    ran = run(*OPTOUT, "--reason", "080", stdin=b"12\n010-7777-0001\nkim\n")
    assert (ran.code, state_of(sandbox, "821077770001")) == (1, "Unsubscribed")
    assert "Line 1" in ran.err and "Line 3" in ran.err
    assert run(*OPTOUT, "--reason", "080", "--allow-bad", stdin=b"12\n010-7777-0001\n").code == 0


def test_the_columns_of_a_table_are_asked_about_with_the_command_that_tells(
    run: Run, sandbox: SandboxThread
) -> None:
    table = "수신거부번호,메모\n010-8888-0001,x\n".encode()
    asked = run(*OPTOUT, "--reason", "080", stdin=table)
    assert (asked.code, sandbox.requests) == (2, [])
    assert "optout sms - --yes --reason 080 --map '수신거부번호=phone_no' --ignore '메모'" in asked.err
    told = run(*OPTOUT, "--reason", "080", "--map", "수신거부번호=phone_no", "--ignore", "메모", stdin=table)
    assert (told.code, state_of(sandbox, "821088880001")) == (0, "Unsubscribed")


def test_a_reason_and_nothing_else_is_needed(run: Run, sandbox: SandboxThread) -> None:
    refused = run(*OPTOUT, stdin=b"010-9999-0001\n")
    assert (refused.code, sandbox.requests) == (3, [])
    assert "A reason is missing" in refused.err


@pytest.mark.parametrize(
    "words", [["-c", "here", "optout", "sms", "-"], ["-c", "next", "optout", "kakao", "-"]]
)
def test_what_it_cannot_do_is_refused(run: Run, sandbox: SandboxThread, words: list[str]) -> None:
    ran = run(*words, "--reason", "080", "--yes", stdin=b"010-9999-0001\n")
    assert (ran.code, sandbox.requests) == (2, [])


def test_somebody_at_a_terminal_is_asked_for_the_reason(
    sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    listed = tmp_path_factory.mktemp("lists") / "080.txt"
    listed.write_text("010-9999-0002\n")
    with Typed(sandbox, "-c", "next", "optout", "sms", str(listed)) as typed:
        typed.see("Reason or ticket: ")
        typed.type("080")
        typed.see("Type yes to send to 1 user (phone_no): ")
        typed.type("yes")
        ran = typed.ended()
    assert (ran.code, state_of(sandbox, "821099990002")) == (0, "Unsubscribed")
