"""Whose word a plan goes by: who had said no, what they were before, and the evidence of each row."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dfn_tui.api.calls import Profile
from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import GateRefused
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.input.mapping import MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import PersonsWord
from dfn_tui.service.bulk.plan.classify import classify, undo_edit
from dfn_tui.service.bulk.plan.exclusion import exclude, select
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan, write_head
from dfn_tui.service.bulk.plan.format import group_words, head_words, totals_words
from dfn_tui.service.bulk.plan.making import make_plan
from dfn_tui.service.bulk.plan.records import PlanError, PlanStatus
from dfn_tui.service.bulk.plan.totals import Selection, totals
from dfn_tui.service.bulk.run.job import make_job
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.receipt import make_receipt
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.store.schema import transaction
from dfn_tui.text.korea import korean_date
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import bulk_session, options
from tests.starting import entries
from tests.unit.plans import DAY, about, by_user, calls, ids, make, named

ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED
GIVE = "mkt_sms_flag=Subscribed"
LIST = "new\nn-1\nyes\nboth\nnobody"


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0)) as sandbox:
        sandbox.state.write_profiles(
            [
                ("new", {Flag.INFO: ON}, {}),
                ("n-1", {Flag.MKT_SMS: OFF}, {}),
                ("yes", {Flag.MKT_SMS: ON}, {}),
                ("both", {Flag.MKT_SMS: OFF, Flag.MKT_PUSH: ON}, {}),
            ]
        )
        yield sandbox


def found(plan: PlanFile) -> dict[str, PlanStatus]:
    return {name: user.group.status for name, user in by_user(plan).items()}


async def test_who_had_said_no_is_counted_and_left_out(served: SandboxThread, tmp_path: Path) -> None:
    with await make(served, tmp_path / "p.plan", LIST, GIVE) as plan:
        assert found(plan) == {
            "new": PlanStatus.CHANGE,
            "n-1": PlanStatus.SAID_NO,
            "yes": PlanStatus.ALREADY,
            "both": PlanStatus.SAID_NO,
            "nobody": PlanStatus.UNKNOWN,
        }
        counted = totals(plan)
        assert (counted.granted, counted.resubscribed, counted.scope.users) == (1, 0, 1)
        no = "said no → yes: 2 users, left out (--resubscribe takes them in)"
        assert f"never asked → yes: 1 user · {no}" in totals_words(counted, DAY)
        assert ids(select(plan, Selection(was=OFF))) == ["n-1", "both"]
        [user] = select(plan, Selection(text="both"))
        assert (user.group.changes, [change.before for change in user.group.asked]) == ((), ["Unsubscribed"])


async def test_who_had_said_no_is_taken_in_where_that_is_asked_for(
    served: SandboxThread, tmp_path: Path
) -> None:
    with await make(served, tmp_path / "p.plan", LIST, GIVE, resubscribe=True) as plan:
        counted = totals(plan)
        assert (counted.scope.granted, counted.scope.resubscribed) == (3, 2)
        assert "never asked → yes: 1 user · said no → yes: 2 users" in totals_words(counted, DAY)


async def test_what_the_same_row_withdraws_is_withdrawn_all_the_same(
    served: SandboxThread, tmp_path: Path
) -> None:
    edits = (GIVE, "mkt_push_flag=Unsubscribed", "points:number=5")
    with await make(served, tmp_path / "p.plan", "n-1\nboth\nnew", *edits) as plan:
        sent = {
            name: [(change.name, change.after) for change in user.group.changes]
            for name, user in by_user(plan).items()
        }
        assert sent["both"] == [("mkt_push_flag", "Unsubscribed")]
        assert sent["n-1"] == [("mkt_push_flag", "Unsubscribed")]  # never set until now
        assert len(sent["new"]) == 3
        assert totals(plan).left == {"had said no: only what is withdrawn is sent": 2}
    with await make(served, tmp_path / "p.plan", "n-1", GIVE, "points:number=5") as plan:
        assert found(plan) == {"n-1": PlanStatus.SAID_NO}


async def test_a_field_that_cannot_be_read_hides_no_refusal_of_another(
    served: SandboxThread, tmp_path: Path
) -> None:
    odd = {Flag.MKT_SMS: OFF, Flag.MKT_PUSH: "Maybe"}
    served.state.write_profiles([("odd", odd, {})])  # type: ignore[list-item]
    edits = (GIVE, "mkt_push_flag=Subscribed")
    with await make(served, tmp_path / "p.plan", "odd", *edits) as plan:
        group = by_user(plan)["odd"].group
        assert (group.status, group.code, group.changes) == (PlanStatus.SAID_NO, "unknown-value", ())
        record = JobRecord("job-7", "", DAY, "kim", "", "", (), OnConflict.SKIP, read_back=False, limit=1)
        with make_job(plan, tmp_path / "jobs", record) as job:
            assert job.set_aside() == {PlanStatus.UNREADABLE: 1}
    with await make(served, tmp_path / "p.plan", "odd", *edits, resubscribe=True) as plan:
        group = by_user(plan)["odd"].group
        assert (group.status, group.code) == (PlanStatus.CHANGE, "unknown-value")
        assert [change.name for change in group.changes] == ["mkt_sms_flag"]
        assert totals(plan).resubscribed == 1


def test_a_field_that_cannot_be_read_changes_nobody_elses_word() -> None:
    fields = [FieldChange(FieldKind.CONSENT, flag, ON, OFF) for flag in (Flag.MKT_PUSH, Flag.MKT_SMS)]
    undo = undo_edit(1, named("odd"), fields, 7, {Flag.MKT_SMS: OFF, Flag.MKT_PUSH: ON})
    profile = Profile({Flag.MKT_SMS: OFF}, {}, {"mkt_push_flag": "an unknown state"})
    record = UserRecord(Identity(IdentityKind.USER_ID, "odd"), DAY, profile)
    held_back = classify(undo.wanted, undo.written, record, create=False)
    assert (held_back.status, held_back.code) == (PlanStatus.SAID_NO, "unknown-value")
    taken_in = classify(undo.wanted, undo.written, record, create=False, resubscribe=True)
    assert (taken_in.status, taken_in.said) == (PlanStatus.CHANGE, (OFF,))


async def test_users_who_were_otherwise_before_are_left_out(served: SandboxThread, tmp_path: Path) -> None:
    for state, kept in ((State.NEVER_SET, ["new"]), (OFF, ["n-1", "both"]), (ON, [])):
        with await make(served, tmp_path / "p.plan", LIST, GIVE, resubscribe=True, was=state) as plan:
            assert ids(select(plan, Selection(status=PlanStatus.CHANGE, left_out=False))) == kept
            assert totals(plan).to_send == len(kept)
            [narrowed] = plan.head.narrowed
            assert narrowed.users == 3 - len(kept)
            assert any("--was: only users whose consents" in line for line in head_words(plan.head))
        open_plan(tmp_path / "p.plan").close()


async def test_all_consents_changed_were_so(served: SandboxThread, tmp_path: Path) -> None:
    edits = (GIVE, "mkt_push_flag=Unsubscribed")
    with await make(served, tmp_path / "p.plan", LIST, *edits, resubscribe=True) as plan:
        assert ids(select(plan, Selection(was=OFF))) == []
        assert ids(select(plan, Selection(was=OFF, flag=Flag.MKT_SMS))) == ["n-1", "both"]
        assert ids(select(plan, Selection(was=ON))) == []
        assert ids(select(plan, Selection(was=State.NEVER_SET))) == ["new", "yes"]


async def test_our_own_writes_are_believed_of_an_undo_alone(served: SandboxThread, tmp_path: Path) -> None:
    """A plan that is none cannot pass a person's no for a write of ours."""
    path = tmp_path / "p.plan"
    with await make(served, path, "n-1", GIVE, resubscribe=True) as plan, transaction(plan.db):
        group = replace(by_user(plan)["n-1"].group, said=("Subscribed",))
        plan.db.execute("UPDATE shape SET rest = ?", (group.row()[2],))
        write_head(plan.db, replace(plan.head, resubscribe=False))
    with pytest.raises(PlanError, match="damaged"):
        open_plan(path)


HEADS = ("evidence", "expressed_on", "expressed_source")


async def with_words(bulk: BulkSession, path: Path, words: dict[str, PersonsWord | None]) -> Path:
    """A plan of these users, each with the evidence of their row."""
    rows = [",".join((user, *(word or ("", "", ""))[:3])) for user, word in words.items()]
    text = "\n".join((f"user_id,{','.join(HEADS)}", *rows))
    asked = MappingOptions(maps=tuple((head, head) for head in HEADS))
    with open_input(text, VERSION_1, [parse_assignment(GIVE, VERSION_1)], asked=asked) as source:
        await bulk.plan(source, "", path, lambda _reading: None, create=True)
    return path


FORM = PersonsWord("form 7", "2026-11-20", "web")
CALL = PersonsWord("call 12", "", "")
BARE = PersonsWord("", "2026-11-21", "shop")


async def test_the_evidence_of_each_row_goes_into_the_journal(served: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(served, tmp_path) as bulk:
        words = {"a1": FORM, "a2": FORM, "a3": CALL, "a4": BARE, "a5": None}
        today = korean_date(bulk.session.clock())
        path = await with_words(bulk, tmp_path / "p.plan", words)
        with open_plan(path) as plan:
            counted = totals(plan)
            assert (counted.granted, counted.proven) == (5, 3)
            assert {user.group.word for user in plan.users()} == {FORM, CALL, BARE, None}
            first = group_words(plan.users()[0].group, revealed=False)
            assert "evidence: form 7, said on 2026-11-20, source: web" in first
        with pytest.raises(GateRefused, match="Evidence is missing"):
            await bulk.apply(path, Approval("INC-42"), options())
        await bulk.apply(path, Approval("INC-42", "the campaign's forms"), options())
        await bulk.wait()
        receipt = await make_receipt(bulk.session, Identity(IdentityKind.USER_ID, "a1"))
    kept = {entry.intent.subject.value: entry.intent for entry in entries(tmp_path / "state" / "journal.db")}
    assert {name: (one.evidence, one.expressed_on, one.expressed_source) for name, one in kept.items()} == {
        "a1": FORM[:3],
        "a2": FORM[:3],
        "a3": ("call 12", today, ""),
        "a4": ("the campaign's forms", "2026-11-21", "shop"),
        "a5": ("the campaign's forms", today, ""),
    }
    assert {one.ground for one in kept.values()} == {"expressed"}
    assert "ground: form 7" in receipt
    assert "the person's word: 2026-11-20, web" in receipt


async def test_where_every_row_has_evidence_none_is_asked_for(served: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(served, tmp_path) as bulk:
        path = await with_words(bulk, tmp_path / "p.plan", {"b1": FORM, "b2": CALL})
        await bulk.apply(path, Approval("INC-42"), options())
        assert (await bulk.wait()).state is JobState.FINISHED


async def test_users_who_differ_in_nothing_but_their_evidence_are_one_group(
    served: SandboxThread, tmp_path: Path
) -> None:
    rows = [f"user-{n:03},Subscribed,call {n}" for n in range(40)]
    rows += ["new,Subscribed,call 40", "yes,Subscribed,call 41"]
    text = "user_id,mkt_sms_flag,proof\n" + "\n".join(rows)
    asked = MappingOptions(maps=(("proof", "evidence"),))
    async with calls(served) as client:
        with open_input(text, VERSION_1, asked=asked) as source:
            await make_plan(client, source, tmp_path / "p.plan", about(), create=True)
    with open_plan(tmp_path / "p.plan") as plan:
        assert [one.users for one in plan.largest()] == [40, 1, 1]
        [first, *_others] = plan.largest()
        assert first.words == 40
        assert not any("evidence" in line for line in group_words(first.group, revealed=True))
        found = select(plan, Selection(group=first.number), limit=100)
        evidence = [user.group.word.evidence for user in found if user.group.word]
        assert evidence == [f"call {n}" for n in range(40)]
        assert exclude(plan, Selection(group=first.number), DAY, "lee", out=True) == 40
        assert [(one.users, one.left_out) for one in plan.largest()] == [(40, 40), (1, 0), (1, 0)]
        assert [len(plan.largest(skipped, 1)) for skipped in range(4)] == [1, 1, 1, 0]
        [yes] = [one for one in plan.largest() if one.group.status is PlanStatus.ALREADY]
        assert yes.group.word == PersonsWord("call 41")
