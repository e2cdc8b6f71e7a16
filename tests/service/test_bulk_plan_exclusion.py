"""Looking through a plan and leaving users out of it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.plan.exclusion import exclude, select
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import bad_words, head_words, planned_words, totals_words, who_words
from dfn_tui.service.bulk.plan.records import PlanError, PlanStatus
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection, totals
from tests.sandbox_thread import SandboxThread
from tests.unit.plans import DAY, NIGHT, blind_plan, ids, make

BY = "lee@bastion-2"
GRANTS = Selection(direction=Direction.GRANT)
TEXT = (
    "external_id,df_sms_ads_optin,df_push_ads_optin,df_name\n"
    "a,true,,\nb,false,,\nc,,true,\nd,false,true,\nE_1,,,Kim\ne%1,,false,\n"
)


@pytest.fixture
def plan(tmp_path: Path) -> PlanFile:
    return blind_plan(tmp_path / "p.plan", TEXT)


def found(plan: PlanFile, selection: Selection) -> list[str]:
    return ids(select(plan, selection))


SELECTIONS: Sequence[tuple[Selection, list[str]]] = [
    (Selection(), ["a", "b", "c", "d", "E_1", "e%1"]),
    (Selection(flag=Flag.MKT_SMS), ["a", "b", "d"]),
    (GRANTS, ["a", "c", "d"]),
    (Selection(direction=Direction.WITHDRAW), ["b", "d", "e%1"]),
    (Selection(flag=Flag.MKT_SMS, direction=Direction.GRANT), ["a"]),
    (Selection(flag=Flag.MKT), []),
    (Selection(status=PlanStatus.BLIND, text="e"), ["E_1", "e%1"]),
    (Selection(text="_"), ["E_1"]),
    (Selection(text="%"), ["e%1"]),
    (Selection(text="!"), []),
    (Selection(status=PlanStatus.CHANGE), []),
    (Selection(warned=True), []),
    (Selection(warned=False, left_out=False, text="a"), ["a"]),
    (Selection(left_out=True), []),
]


@pytest.mark.parametrize("few", [20_000, 0])
def test_users_are_selected_by_what_is_planned(
    plan: PlanFile, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "dfn_tui.service.bulk.plan.exclusion._FEW", few
    )  # both ways of looking them up find the same
    for selection, expected in SELECTIONS:
        assert found(plan, selection) == expected, selection
    pages = [ids(select(plan, GRANTS, after, 2)) for after in (-1, 4, 5)]
    assert pages == [["a", "c"], ["d"], []]
    plan.close()


def test_users_are_left_out_and_put_back(plan: PlanFile) -> None:
    digests = [plan.digest]

    def excluded(users: int, left: list[str]) -> None:
        assert found(plan, Selection(left_out=False)) == left
        assert plan.head.narrowed[-1].users == users
        assert totals(plan).to_send == len(left)
        digests.append(plan.digest)
        open_plan(plan.path).close()

    assert exclude(plan, GRANTS, DAY, BY, out=True) == 3
    excluded(3, ["b", "E_1", "e%1"])
    assert exclude(plan, AllButFirst(2), DAY, BY, out=True) == 1
    excluded(1, ["b", "E_1"])
    assert exclude(plan, SelectedUsers(("d", "e%1", "nobody", "b")), DAY, BY, out=False) == 2
    excluded(2, ["b", "d", "E_1", "e%1"])
    assert exclude(plan, SelectedUsers(("b",)), DAY, BY, out=True) == 1
    excluded(1, ["d", "E_1", "e%1"])
    assert exclude(plan, Selection(left_out=True), DAY, BY, out=False) == 3
    excluded(3, ["a", "b", "c", "d", "E_1", "e%1"])
    assert exclude(plan, Selection(flag=Flag.MKT_PUSH, text="E"), NIGHT, BY, out=True) == 1
    excluded(1, ["a", "b", "c", "d", "E_1"])
    assert exclude(plan, AllButFirst(0), NIGHT, BY, out=True) == 5
    excluded(5, [])
    assert len(set(digests)) == len(digests) == 8
    assert [one.what for one in plan.head.narrowed[:3]] == [
        "left out: given",
        "left out: all but the first 2",
        "put back: users by id",
    ]
    assert {one.by for one in plan.head.narrowed} == {BY}
    plan.close()


def test_what_changes_nothing_leaves_no_trace(plan: PlanFile) -> None:
    before = plan.digest
    assert exclude(plan, AllButFirst(6), DAY, BY, out=True) == 0
    assert exclude(plan, Selection(), DAY, BY, out=False) == 0
    assert (plan.digest, plan.head.narrowed) == (before, ())
    plan.close()


def test_totals_leave_out_who_is_left_out(plan: PlanFile) -> None:
    exclude(plan, Selection(flag=Flag.MKT_SMS), DAY, BY, out=True)
    counted = totals(plan)
    assert (counted.statuses, counted.left_out, counted.to_send) == ({PlanStatus.BLIND: 6}, 3, 3)
    assert counted.flags == {
        (Flag.MKT_PUSH, Direction.GRANT): 1,
        (Flag.MKT_PUSH, Direction.WITHDRAW): 1,
    }
    assert (counted.granted, counted.withdrawn, counted.with_profile) == (1, 1, 3)
    plan.close()


def test_what_something_else_changed_gets_no_digest(plan: PlanFile) -> None:
    with sqlite3.connect(plan.path) as other:
        other.execute("UPDATE user SET user = 'x' WHERE user = 'a'")
    other.close()
    with pytest.raises(PlanError, match="damaged"):
        exclude(plan, GRANTS, DAY, BY, out=True)
    assert not any(user.left_out for user in plan.users())
    plan.close()


async def test_warned_users_are_left_out_and_others_stay_as_they_are(tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=10)) as server:
        text = "user-0001\nuser-0007\nnobody-here"
        edits = ("night_sms_flag=Subscribed", "points:number=-1")
        plan = await make(server, tmp_path / "p.plan", text, *edits, resubscribe=True)
    with plan:
        assert found(plan, Selection(warned=True)) == ["user-0007"]
        assert exclude(plan, Selection(warned=True), DAY, BY, out=True) == 1
        assert exclude(plan, Selection(status=PlanStatus.UNKNOWN), DAY, BY, out=True) == 0  # not sent anyway
        assert exclude(plan, Selection(), DAY, BY, out=True) == 1


def test_a_plan_in_words(tmp_path: Path) -> None:
    text = (
        "phone_no,df_push_night_ads_optin,df_name\n010-1234-5678,true,\x1b[31m\n"
        "010-8765-4321,false,\n010-8765-4321,false,\n010,true,\n\n"
    )
    with blind_plan(tmp_path / "p.plan", text) as plan:
        exclude(plan, SelectedUsers(("821087654321",)), DAY, BY, out=True)
        lines = totals_words(totals(plan), NIGHT)
        assert lines[:7] == [
            "2 users: to be sent blind, their values cannot be read",
            "Whether somebody has a number cannot be known: writing makes a profile where nobody has.",
            "1 user: left out of these",
            "whether they had said no cannot be read → yes: 1 user",
            "1 row: cannot be done",
            "1 row: the same user again, counted once",
            "1 row: blank",
        ]
        assert lines[7] == "night_push_flag given: 1 user"
        assert lines[-1] == "To be sent: 1 user (phone_no)"
        assert sum("Network Act" in line or "It is night" in line for line in lines) == 2
        about, of, left_out = head_words(plan.head)
        assert about == "For here (sandbox), made by kim@bastion-1 at 2026-03-02 12:00:00 KST."
        assert of == "Of stop.csv (csv)."
        assert left_out == "2026-03-02 12:00:00 KST, lee@bastion-2: left out: users by id (1 user)"
        shown = [who_words(user, revealed=False) for user in plan.users()]
        shown += [line for user in plan.users() for line in planned_words(user, revealed=False)]
        shown += [bad_words(bad) for bad in plan.bad_rows()]
        assert not any("12345678" in line or "87654321" in line or "\x1b" in line for line in shown)
        assert any("not readable → " in line for line in shown)
