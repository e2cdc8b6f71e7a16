"""Taking changes back: round trips over random states, and everything that cannot be restored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.calls import Profile, Reply
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.inverse import (
    UndoField,
    UndoKind,
    UndoRefused,
    plan_undo,
    stage_undo,
    still_applied,
)
from dfn_tui.service.records import UserChange, UserRecord
from dfn_tui.service.staging import DeletionNotConfirmed, Draft, Staging
from dfn_tui.store import (
    Entry,
    FieldChange,
    FieldKind,
    FieldOutcome,
    Intent,
    Operator,
    OutcomeRecord,
    Redaction,
    Subject,
)

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
USER = Identity(IdentityKind.USER_ID, "u-1")
CI = ("phone_number", "kakao_id")


def record(
    consents: dict[Flag, State] | None = None,
    properties: dict[str, Value] | None = None,
    ci: dict[str, Value] | None = None,
) -> UserRecord:
    return UserRecord(USER, NOW, Profile(consents or {}, properties or {}), ci or {})


BLIND = UserRecord(Identity(IdentityKind.EXTERNAL_ID, "u-1"), NOW)


def entry(*changes: FieldChange, outcome: OutcomeRecord | None = None) -> Entry:
    intent = Intent(
        connection="here",
        environment="sandbox",
        api="v1",
        subject=Subject("user_id", "u-1"),
        changes=changes,
        operator=Operator("kim", "bastion-1"),
        program="0.1.0",
        write="w",
    )
    return Entry(7, NOW, intent, outcome)


def journalled(change: UserChange) -> Entry:
    """What the journal gives back of a change whose values are kept."""
    return entry(
        *(FieldChange(f.kind, f.name, f.before, f.after, f.readable, f.personal) for f in change.fields),
        outcome=OutcomeRecord(7, Outcome.CONFIRMED),
    )


def applied(before: UserRecord, change: UserChange) -> UserRecord:
    """What the server holds after it."""
    consents, properties, ci = dict(before.consents), dict(before.properties), dict(before.ci or {})
    for item in change.fields:
        if item.kind is FieldKind.CONSENT:
            consents[Flag(item.name)] = State(str(item.after))
        elif item.kind is FieldKind.PROPERTY:
            assert item.after is not None
            properties[item.name] = item.after
        elif item.after is None:
            del ci[item.name]
        else:
            ci[item.name] = str(item.after)
    return record(consents, properties, ci)


def taken_back(done: UserChange, now: UserRecord, despite: bool = False) -> UserChange:
    """The undo of `done`, as it would be sent."""
    found = journalled(done)
    plan = plan_undo(found, found.intent, now)
    draft = Draft(now)
    stage_undo(draft, found.seq, plan, "u-1", plan if despite else ())
    change = draft.change()
    assert change.undo_of == 7
    return change


values = st.one_of(st.text(max_size=3), st.integers(), st.booleans(), st.floats(allow_nan=False))
numbers = st.text("0123456789", min_size=1, max_size=4)
whole = st.fixed_dictionaries({flag: st.sampled_from(State) for flag in Flag})
records = st.builds(
    record,
    whole,
    st.dictionaries(st.sampled_from("abc"), values),
    st.dictionaries(st.sampled_from(CI), numbers),
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Edits of a random user that can be made on the screens, one at least."""
    draft = Draft(draw(records))
    wanted = st.sampled_from((State.SUBSCRIBED, State.UNSUBSCRIBED))
    draft.stage_consents(draw(st.dictionaries(st.sampled_from(Flag), wanted)))
    # Only properties that are there: what is new cannot be taken back, which has a test of its own.
    for name in draft.record.properties:
        draft.stage_property(name, draw(values))
    for name in CI:
        match draw(st.sampled_from(("leave", "set", "delete"))):
            case "set":
                draft.stage_ci(name, draw(numbers))
            case "delete":
                draft.stage_ci_deletion(name, "u-1")
    if draft.empty:
        draft.stage_consents({Flag.MKT: State.SUBSCRIBED})
        draft.stage_consents({Flag.INFO: State.UNSUBSCRIBED})
    return draft


def stood_in(before: UserRecord, done: UserChange) -> UserRecord:
    """`before`, but for the flags that were never set and can only be withdrawn."""
    touched = {item.name for item in done.fields}
    consents = {
        flag: State.UNSUBSCRIBED if state is State.NEVER_SET and flag.value in touched else state
        for flag, state in before.consents.items()
    }
    return record(consents, dict(before.properties), dict(before.ci or {}))


def same(one: UserRecord, other: UserRecord) -> bool:
    return (one.consents, repr(one.properties), one.ci) == (
        other.consents,
        repr(other.properties),
        other.ci,
    )


@given(drafts())
def test_apply_and_undo_gives_the_state_before(draft: Draft) -> None:
    done = draft.change()
    if not done.fields:
        return
    after = applied(draft.record, done)
    try:
        back = taken_back(done, after)
    except UndoRefused:  # all of it: withdrawn flags that were never set
        assert same(after, stood_in(draft.record, done))
        return
    assert same(applied(after, back), stood_in(draft.record, done))


@given(drafts())
def test_undo_of_an_undo_gives_the_change_again(draft: Draft) -> None:
    done = draft.change()
    if not done.fields:
        return
    after = applied(draft.record, done)
    try:
        back = taken_back(done, after)
    except UndoRefused:
        return
    before = applied(after, back)
    assert same(applied(before, taken_back(back, before)), after)


@pytest.mark.slow
@given(drafts(), records)
def test_whatever_happened_since_only_what_was_agreed_to_is_overwritten(
    draft: Draft, meanwhile: UserRecord
) -> None:
    done = draft.change()
    if not done.fields:
        return
    found = journalled(done)
    plan = plan_undo(found, found.intent, meanwhile)
    held = Draft(meanwhile)
    try:
        stage_undo(held, found.seq, plan, "u-1")
    except UndoRefused:
        assert held.empty
    conflicts = {field.change.name for field in plan if field.kind is UndoKind.CONFLICT}
    assert not conflicts & {item.name for item in held.change().fields}
    for field in plan:
        if field.kind in (UndoKind.RESTORE, UndoKind.STAND_IN, UndoKind.DELETE):
            assert field.now == field.change.after


def one(change: FieldChange, now: UserRecord) -> UndoField:
    found = entry(change)
    [field] = plan_undo(found, found.intent, now)
    return field


def flag(before: State | None, after: State, *, readable: bool = True) -> FieldChange:
    return FieldChange(FieldKind.CONSENT, "mkt_flag", before.value if before else None, after.value, readable)


ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET


@pytest.mark.parametrize(
    ("before", "after", "now", "kind"),
    [
        (ON, OFF, OFF, UndoKind.RESTORE),
        (ON, OFF, ON, UndoKind.ALREADY),
        (ON, OFF, NEVER, UndoKind.CONFLICT),
        (NEVER, ON, ON, UndoKind.STAND_IN),
        (NEVER, ON, OFF, UndoKind.ALREADY),
        (NEVER, ON, NEVER, UndoKind.ALREADY),
        (NEVER, OFF, OFF, UndoKind.ALREADY),
        (NEVER, OFF, ON, UndoKind.CONFLICT),
    ],
)
def test_a_flag_is_restored_stood_in_for_or_left(
    before: State, after: State, now: State, kind: UndoKind
) -> None:
    assert one(flag(before, after), record({Flag.MKT: now})).kind is kind


def test_a_conflict_is_staged_only_despite_it() -> None:
    found = entry(flag(ON, OFF), FieldChange(FieldKind.PROPERTY, "points", 1, 2))
    now = record({Flag.MKT: NEVER}, {"points": 2})
    plan = plan_undo(found, found.intent, now)
    draft = Draft(now)
    stage_undo(draft, 7, plan, "")
    assert (draft.consents, draft.properties) == ({}, {"points": 1})
    draft = Draft(now)
    stage_undo(draft, 7, plan, "", plan[:1])
    assert (draft.consents, draft.properties) == ({Flag.MKT: ON}, {"points": 1})


def test_a_new_property_cannot_be_removed_and_says_so() -> None:
    change = FieldChange(FieldKind.PROPERTY, "points", None, 2)
    field = one(change, record(properties={"points": 2}))
    assert (field.kind, field.stageable) == (UndoKind.IMPOSSIBLE, False)
    assert "cannot be removed" in field.why
    assert one(change, record()).kind is UndoKind.ALREADY


@pytest.mark.parametrize("cover", [Redaction.NOT_KEPT, Redaction.DROPPED, Redaction.NO_KEY])
def test_a_value_that_was_not_kept_is_not_restored(cover: Redaction) -> None:
    change = FieldChange(
        FieldKind.CI, "phone_number", "82••••••••78", "82••••••••21", personal=True, redaction=cover
    )
    field = one(change, record(ci={"phone_number": "82••••••••78"}))
    assert (field.kind, field.stageable) == (UndoKind.IMPOSSIBLE, False)


@pytest.mark.parametrize("cover", [Redaction.NOT_KEPT, Redaction.DROPPED, Redaction.NO_KEY])
def test_a_first_number_is_deleted_again_though_only_its_mask_was_kept(cover: Redaction) -> None:
    change = FieldChange(FieldKind.CI, "phone_number", None, "82••••••••44", personal=True, redaction=cover)
    field = one(change, record(ci={"phone_number": "821055550044"}))
    assert (field.kind, field.wanted) == (UndoKind.DELETE, None)
    assert "only a mask was kept" in field.why
    assert one(change, record()).kind is UndoKind.ALREADY
    other = one(change, record(ci={"phone_number": "821055550045"}))
    assert (other.kind, other.despite) == (UndoKind.CONFLICT, UndoKind.DELETE)


def test_deleting_an_identifier_again_needs_the_id_and_stages_nothing_without_it() -> None:
    found = entry(FieldChange(FieldKind.CI, "kakao_id", None, "0123456789", personal=True), flag(ON, OFF))
    now = record({Flag.MKT: OFF}, ci={"kakao_id": "0123456789"})
    plan = plan_undo(found, found.intent, now)
    draft = Draft(now)
    with pytest.raises(DeletionNotConfirmed):
        stage_undo(draft, 7, plan, "u-2")
    assert draft.empty
    assert draft.undo_of is None
    stage_undo(draft, 7, plan, "u-1")
    assert draft.ci["kakao_id"] is None


def test_an_identifier_that_somebody_replaced_is_deleted_only_despite_it() -> None:
    field = one(FieldChange(FieldKind.CI, "kakao_id", None, "1"), record(ci={"kakao_id": "2"}))
    assert (field.kind, field.despite) == (UndoKind.CONFLICT, UndoKind.DELETE)


def test_an_undo_does_not_mix_with_staged_edits() -> None:
    now = record({Flag.MKT: OFF, Flag.INFO: ON})
    draft = Draft(now)
    draft.stage_consents({Flag.INFO: OFF})
    with pytest.raises(UndoRefused):
        stage_undo(draft, 7, [one(flag(ON, OFF), now)], "")
    assert draft.undo_of is None


def test_edits_made_after_an_undo_was_dropped_are_no_undo() -> None:
    now = record({Flag.MKT: OFF, Flag.INFO: ON})
    staging = Staging()
    draft = staging.draft(now)
    stage_undo(draft, 7, [one(flag(ON, OFF), now)], "")
    draft.consents.clear()
    draft = staging.draft(now)
    draft.stage_consents({Flag.INFO: OFF})
    assert draft.change().undo_of is None


def test_a_read_that_failed_leaves_an_edit_on_what_was_seen_when_it_was_made() -> None:
    """Or nothing would be compared with what is there before it is sent."""
    now = record({Flag.MKT: OFF, Flag.INFO: ON})
    staging = Staging()
    staging.draft(now).stage_consents({Flag.MKT: ON})
    failed = UserRecord(now.identity, now.read_at, failure=Reply(now.identity, False, code="timeout"))
    [change] = staging.draft(failed).change().fields
    assert (change.before, change.readable) == (OFF.value, True)
    assert staging.seen(now.identity) == now.consents


def test_a_record_without_ci_fields_leaves_an_edit_of_one_on_what_was_seen_when_it_was_made() -> None:
    now = replace(record({Flag.MKT: OFF}), ci={"kakao_id": "0123456789"})
    staging = Staging()
    staging.draft(now).stage_ci("kakao_id", "0987654321")
    listed = replace(record({Flag.MKT: ON}), ci=None, read_at=now.read_at + timedelta(minutes=1))
    draft = staging.draft(listed)
    [change] = draft.change().fields
    assert (change.before, change.readable) == ("0123456789", True)
    assert draft.record.consents == listed.consents
    draft.ci.clear()
    assert staging.draft(listed).record.ci is None


def test_a_property_that_cannot_be_read_is_not_staged_as_absent() -> None:
    now = record({})
    assert now.profile is not None
    profile = replace(now.profile, unreadable={"interests": "a list"})
    draft = Draft(replace(now, profile=profile))
    draft.stage_property("interests", "a")
    draft.stage_property("points", 3)
    found = [(one.name, one.readable) for one in draft.change().fields]
    assert found == [("interests", False), ("points", True)]


def test_what_was_refused_or_not_applied_needs_no_undo() -> None:
    ended = OutcomeRecord(
        7,
        Outcome.FAILED,
        (
            FieldOutcome(FieldKind.CONSENT, "mkt_flag", Outcome.FAILED),
            FieldOutcome(FieldKind.PROPERTY, "points", Outcome.DIFFERENT),
            FieldOutcome(FieldKind.PROPERTY, "tier", Outcome.FAILED),
        ),
    )
    changes = (
        flag(ON, OFF),
        FieldChange(FieldKind.PROPERTY, "points", 1, 2),
        FieldChange(FieldKind.PROPERTY, "tier", "a", "b"),
    )
    assert [c.name for c in still_applied(entry(*changes, outcome=ended))] == ["points"]
    assert len(still_applied(entry(*changes))) == 3
    assert still_applied(entry(*changes, outcome=OutcomeRecord(7, Outcome.FAILED))) == ()


@pytest.mark.parametrize(
    ("change", "kind", "wanted"),
    [
        (flag(None, ON, readable=False), UndoKind.STAND_IN, OFF.value),
        (flag(None, OFF, readable=False), UndoKind.IMPOSSIBLE, None),
        (FieldChange(FieldKind.PROPERTY, "df_name", None, "x", False), UndoKind.IMPOSSIBLE, None),
        (FieldChange(FieldKind.CI, "email", "a@b.kr", None, False), UndoKind.RESTORE, "a@b.kr"),
        (FieldChange(FieldKind.CI, "email", None, "a@b.kr", False), UndoKind.IMPOSSIBLE, None),
    ],
)
def test_where_nothing_can_be_read_only_what_is_known_is_taken_back(
    change: FieldChange, kind: UndoKind, wanted: str | None
) -> None:
    field = one(change, BLIND)
    assert (field.kind, field.wanted) == (kind, wanted)


def test_a_link_is_not_taken_back() -> None:
    """Its only way back would delete the whole person."""
    linked = one(FieldChange(FieldKind.CI, "email", None, "a@b.kr", False), BLIND)
    assert (linked.kind, linked.stageable) == (UndoKind.IMPOSSIBLE, False)
    assert "cannot be taken back" in linked.why


@pytest.mark.parametrize(
    "change",
    [
        FieldChange(FieldKind.CONSENT, "no_such_flag", "Subscribed", "Unsubscribed"),
        FieldChange(FieldKind.CONSENT, "mkt_flag", "Perhaps", "Unsubscribed"),
        FieldChange(FieldKind.CONSENT, "mkt_flag", "Subscribed", cast("Value", {"a": 1})),
        FieldChange(cast("FieldKind", "spell"), "mkt_flag", "Subscribed", "Unsubscribed"),
    ],
)
def test_an_entry_that_was_tampered_with_is_not_undone(change: FieldChange) -> None:
    assert one(change, record({Flag.MKT: OFF})).kind is UndoKind.IMPOSSIBLE
