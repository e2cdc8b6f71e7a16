"""Planning to take a job back."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.plan.classify import UndoEdit, inverse_of, undo_edit
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.format import totals_words
from dfn_tui.service.bulk.plan.making import make_undo
from dfn_tui.service.bulk.plan.records import PlanError, PlanStatus
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.store import FieldChange, FieldKind
from tests.sandbox_thread import SandboxThread
from tests.starting import Server
from tests.unit.plans import DAY, Nowhere, about, by_user, calls, named

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET
CONSENT, PROPERTY, CI = FieldKind.CONSENT, FieldKind.PROPERTY, FieldKind.CI


def flag(before: State | None, after: State, name: Flag = Flag.MKT_SMS, readable: bool = True) -> FieldChange:
    return FieldChange(CONSENT, name, before.value if before else None, after.value, readable)


@pytest.mark.parametrize(
    ("change", "edit"),
    [
        (flag(ON, OFF), FieldEdit(CONSENT, Flag.MKT_SMS, "Subscribed")),
        (flag(NEVER, ON), FieldEdit(CONSENT, Flag.MKT_SMS, "Unsubscribed")),
        (flag(None, ON, readable=False), FieldEdit(CONSENT, Flag.MKT_SMS, "Unsubscribed")),
        (flag(None, OFF, readable=False), None),
        (FieldChange(PROPERTY, "points", 1, 2), FieldEdit(PROPERTY, "points", 1)),
        (FieldChange(PROPERTY, "points", None, 2), None),
        (FieldChange(PROPERTY, "points", None, 2, readable=False), None),
        (FieldChange(CI, "kakao_id", "1", "2"), FieldEdit(CI, "kakao_id", "1")),
        (FieldChange(CI, "kakao_id", None, "2"), FieldEdit(CI, "kakao_id", None)),
        (FieldChange(CI, "kakao_id", "1", None), FieldEdit(CI, "kakao_id", "1")),
        (FieldChange(CI, "email", None, "a@b.kr", readable=False), None),
    ],
)
def test_the_way_back_of_a_field(change: FieldChange, edit: FieldEdit | None) -> None:
    edits, reasons = inverse_of([change])
    assert edits == ([edit] if edit else [])
    assert [reason.split(":")[0] for reason in reasons] == ([] if edit else [change.name])


async def undo(
    server: Server,
    path: Path,
    edits: Sequence[UndoEdit] | Iterator[UndoEdit],
    api: ApiVersion = ApiVersion.V1,
    kind: IdentityKind = IdentityKind.USER_ID,
    resubscribe: bool = False,
) -> PlanFile:
    head = replace(about(api, kind), undo_of_job="20260301-1200-aabbcc", resubscribe=resubscribe)
    async with calls(server, api) as reads:
        await make_undo(reads, edits, path, head)
    return open_plan(path)


async def test_only_what_is_still_as_the_job_left_it_is_taken_back(tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=0)) as server:
        state = server.state
        state.write_profiles(
            [
                ("as-written", {Flag.MKT_SMS: OFF, Flag.MKT: OFF}, {}),
                ("back-again", {Flag.MKT_SMS: ON}, {}),
                ("other", {Flag.MKT_SMS: OFF}, {"points": 5}),
                ("given", {Flag.MKT_SMS: ON}, {}),
                ("half", {Flag.MKT_SMS: ON}, {}),
                ("partly", {Flag.MKT_SMS: ON}, {"new": 1}),
            ]
        )
        state.write_ci([("ci", {"kakao_id": "0123456789"})])
        points = FieldChange(PROPERTY, "points", 1, 2)
        made = [
            undo_edit(2, named("as-written"), [flag(ON, OFF)], 11),
            undo_edit(3, named("back-again"), [flag(ON, OFF)], 12),
            undo_edit(4, named("other"), [flag(ON, OFF), points], 13),
            undo_edit(5, named("given"), [flag(NEVER, ON)], 14),
            undo_edit(6, named("half"), [flag(NEVER, ON), flag(NEVER, ON, Flag.MKT)], 15),
            undo_edit(7, named("partly"), [flag(OFF, ON), FieldChange(PROPERTY, "new", None, 1)], 16),
            undo_edit(8, named("ci"), [FieldChange(CI, "kakao_id", None, "0123456789")], 17),
            undo_edit(9, named("lost"), [FieldChange(PROPERTY, "new", None, 1)], 18),
            undo_edit(10, named(""), [flag(ON, OFF)], 19),  # the server refuses it
        ]
        plan = await undo(server, tmp_path / "p.plan", made)
    with plan:
        users = by_user(plan)
        assert {name: user.group.status for name, user in users.items()} == {
            "as-written": PlanStatus.CHANGE,
            "back-again": PlanStatus.ALREADY,
            "other": PlanStatus.CHANGED,
            "given": PlanStatus.CHANGE,
            "half": PlanStatus.CHANGE,
            "partly": PlanStatus.CHANGE,
            "ci": PlanStatus.CHANGE,
            "": PlanStatus.UNREADABLE,
        }
        sent = {
            name: [(change.name, change.before, change.after) for change in user.group.changes]
            for name, user in users.items()
            if user.group.changes
        }
        assert sent == {
            "as-written": [("mkt_sms_flag", "Unsubscribed", "Subscribed")],
            "given": [("mkt_sms_flag", "Subscribed", "Unsubscribed")],
            "half": [("mkt_sms_flag", "Subscribed", "Unsubscribed")],  # the other was never applied
            "partly": [("mkt_sms_flag", "Subscribed", "Unsubscribed")],
            "ci": [("kakao_id", "0123456789", None)],
        }
        assert users["given"].undo_of == 14
        assert "is given, but" in users["as-written"].group.warnings[0]
        assert "cannot be removed" in users["partly"].group.left[0]
        assert totals(plan).left == {
            "mkt_sms_flag cannot be unset, Unsubscribed stands in": 2,  # not the one never applied
            "new: There was no such property before, and a property cannot be removed.": 2,
        }
        [bad] = plan.bad_rows()
        assert (bad.line, bad.fault, bad.shown) == (9, "no-way-back", "lost")
        assert totals(plan).deleted == {"kakao_id": 1}


def test_of_version_2_only_grants_are_taken_back(tmp_path: Path) -> None:
    made = [
        undo_edit(1, Identity(IdentityKind.EMAIL, "a@b.kr"), [flag(None, ON, readable=False)], 11),
        undo_edit(2, Identity(IdentityKind.EMAIL, "c@d.kr"), [flag(None, OFF, readable=False)], 12),
    ]
    plan = asyncio.run(undo(Nowhere(), tmp_path / "p.plan", made, ApiVersion.V2, IdentityKind.EMAIL))
    with plan:
        [user] = plan.users()
        [change] = user.group.changes
        assert (user.user, user.undo_of, change.after) == ("a@b.kr", 11, "Unsubscribed")
        [bad] = plan.bad_rows()
        assert (bad.line, "c@d.kr" in bad.shown) == (2, False)
        assert user.group.left == ("what mkt_sms_flag was before is not known, Unsubscribed stands in",)
        assert len(totals(plan).left) == 2


async def test_a_stand_in_is_named_where_it_is_there_already(tmp_path: Path) -> None:
    with SandboxThread(SandboxOptions(users=0)) as server:
        server.state.write_profiles([("a", {Flag.MKT_SMS: OFF}, {}), ("b", {Flag.MKT_SMS: OFF}, {})])
        made = [
            undo_edit(2, named("a"), [flag(NEVER, OFF)], 11),
            undo_edit(3, named("b"), [flag(OFF, ON)], 12),  # as it was before the job
        ]
        plan = await undo(server, tmp_path / "p.plan", made)
    with plan:
        assert {user.group.status for user in plan.users()} == {PlanStatus.ALREADY}
        assert "mkt_sms_flag cannot be unset, Unsubscribed stands in: 1 user" in totals_words(
            totals(plan), DAY
        )


async def test_what_a_job_wrote_is_nobodys_word(tmp_path: Path) -> None:
    """Neither the wrong withdrawal that is undone, nor the yes that is put over a no by undoing its undo."""
    with SandboxThread(SandboxOptions(users=0)) as server:
        off = {Flag.MKT_SMS: OFF}
        server.state.write_profiles([("wrongly", off, {}), ("said-no", off, {})])
        made = [
            undo_edit(2, named("wrongly"), [flag(ON, OFF)], 11),
            undo_edit(3, named("said-no"), [flag(ON, OFF)], 12, {Flag.MKT_SMS: "Unsubscribed"}),
        ]
        plan = await undo(server, tmp_path / "p.plan", made)
        takes_in = await undo(server, tmp_path / "q.plan", made, resubscribe=True)
    with plan:
        assert [user.group.status for user in plan.users()] == [PlanStatus.CHANGE, PlanStatus.SAID_NO]
        found = totals(plan)
        assert (found.granted, found.resubscribed, found.to_send) == (1, 0, 1)
        words = (
            "yes before → yes again: 1 user · said no → yes: 1 user, left out (--resubscribe takes them in)"
        )
        assert words in totals_words(found, DAY)
    with takes_in:
        assert (totals(takes_in).granted, totals(takes_in).resubscribed) == (2, 1)


def test_a_source_that_fails_leaves_no_plan_and_is_closed(tmp_path: Path) -> None:
    closed = []

    def source() -> Iterator[UndoEdit]:
        try:
            yield undo_edit(1, named("a"), [flag(ON, OFF)], 11)
            raise PlanError("The job is damaged", "", "")
        finally:
            closed.append(True)

    with pytest.raises(PlanError, match="job is damaged"):
        asyncio.run(undo(Nowhere(), tmp_path / "p.plan", source(), ApiVersion.V2))
    assert closed
    assert list(tmp_path.iterdir()) == []
