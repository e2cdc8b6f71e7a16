"""`bulk plan` of a workbook, and of a text in an encoding that has to be named."""

from pathlib import Path

import pytest

from tests.commands.bulk.using import STOP, Bulk, Users
from tests.unit.workbooks import rows, xlsx


def test_a_workbook_becomes_a_plan_and_what_was_not_read_is_said(bulk: Bulk, users: Users) -> None:
    one, other = users(2)
    table = rows(("user_id", "mkt_sms_flag"), (one, "Unsubscribed"), (None,), (other, "maybe"), (other, "x"))
    Path("june.xls").write_bytes(xlsx({"6월": table, "Old": rows((other,))}, hidden=["Old"]))  # is an .xlsx
    ran = bulk("plan", "june.xls", "-o", "a.plan")
    assert ran.code in {0, 1}
    said = ran.err.splitlines()
    assert said[:2] == ['Sheet "6월" was read.', 'Not read: "Old".']
    assert said[2].startswith(f"Line 4, {other}: ")
    assert 'Of june.xls (csv, Excel, sheet "6월").' in said
    assert "mkt_sms_flag withdrawn: 1 user" in said


def test_what_has_to_be_said_first_and_the_option_that_says_it(bulk: Bulk, users: Users) -> None:
    one, hidden, other = users(3)
    sheets = {"A": rows((one,), (hidden,), hidden=[2]), "B": rows((other,))}
    data = xlsx(sheets)
    plan = ("plan", "-", STOP, "-o", "a.plan")
    for more, expected in (
        ((), "--sheet"),
        (("--sheet", "C"), 'The workbook has: "A", "B"'),
        (("--sheet", "A"), "--hidden include, or --hidden skip"),
    ):
        ran = bulk(*plan, *more, stdin=data)
        assert (ran.code, ran.out) == (2, "") and expected in ran.err
        assert not Path("a.plan").exists()
    skipped = bulk(*plan, "--sheet", "A", "--hidden", "skip", stdin=data)
    assert "1 hidden row was left out." in skipped.err and "1 user: to be changed" in skipped.err
    read = bulk(*plan, "--force", "--sheet", "A", "--hidden", "include", stdin=data)
    assert "1 hidden row was read." in read.err and "2 users: to be changed" in read.err


@pytest.mark.parametrize("name", ["shift_jis", "euc-jp"])
def test_the_encoding_that_has_to_be_named(bulk: Bulk, name: str) -> None:
    data = "山田太郎\n佐藤花子\n鈴木一郎\n".encode(name)
    ran = bulk("plan", "-", STOP, "-o", "a.plan", stdin=data)
    assert ran.code == 2 and f"{name}" in ran.err and "--encoding" in ran.err
    ran = bulk("plan", "-", STOP, "-o", "a.plan", "--create", "--encoding", name, stdin=data)
    assert ran.code == 0 and "To be sent: 3 users" in ran.err
