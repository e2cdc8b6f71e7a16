"""What is the same for many users is shown once, what it does is counted, and what it leaves is said."""

from collections.abc import Mapping

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.flags import Channel, Consents, Flag, State
from dfn_tui.screens.changes import goes_words
from dfn_tui.service.changes.blocks import (
    Reach,
    Reached,
    change_blocks,
    consents_after,
    contradictions,
    reaches,
    withdrawals_left,
)
from dfn_tui.service.records import UserChange
from dfn_tui.store import FieldChange, FieldKind

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET


def user(number: int) -> Identity:
    return Identity(IdentityKind.USER_ID, f"u-{number}")


def flag(which: Flag, before: State | None, after: State) -> FieldChange:
    seen = before.value if before else None
    return FieldChange(FieldKind.CONSENT, which.value, seen, after.value, readable=before is not None)


def change(number: int, *fields: FieldChange, undo_of: int | None = None) -> UserChange:
    return UserChange(user(number), fields, undo_of=undo_of)


def seen(consents: Mapping[int, Consents]) -> Mapping[Identity, Consents]:
    return {user(number): found for number, found in consents.items()}


def test_one_block_for_each_field_and_value_with_the_users_by_what_they_were() -> None:
    sms = Flag.MKT_SMS
    edits = [
        (user(1), flag(sms, ON, OFF)),
        (user(2), flag(sms, NEVER, OFF)),
        (user(3), flag(sms, ON, OFF)),
        (user(1), flag(Flag.INFO, ON, OFF)),
        (user(4), flag(sms, OFF, ON)),
    ]
    info, withdrawn, given = change_blocks(edits)
    assert (info.change.name, info.users) == ("info_flag", [user(1)])
    assert [(row.change.before, row.users) for row in withdrawn.rows] == [
        ("Subscribed", [user(1), user(3)]),
        ("Undefined", [user(2)]),
    ]
    assert given.users == [user(4)]


def test_what_is_grave_comes_first() -> None:
    deleted = FieldChange(FieldKind.CI, "phone_number", "8210", None, personal=True)
    edits = [(user(1), flag(Flag.MKT, ON, OFF)), (user(1), deleted), (user(2), flag(Flag.NIGHT_SMS, OFF, ON))]
    blocks = change_blocks(edits)
    assert [block.change.name for block in blocks] == ["night_sms_flag", "phone_number", "mkt_flag"]
    assert [block.grave for block in blocks] == [True, True, False]
    assert [block.grants_night for block in blocks] == [True, False, False]


def test_a_text_and_a_number_that_look_alike_are_two_kinds_of_change() -> None:
    fields = [FieldChange(FieldKind.PROPERTY, "points", None, value) for value in ("1", 1, True)]
    assert len(change_blocks((user(at), field) for at, field in enumerate(fields))) == 3


def test_it_is_counted_to_how_many_a_message_may_go_out_now_and_after() -> None:
    sms = Flag.MKT_SMS
    known = seen({1: {sms: ON}, 2: {sms: NEVER}, 3: {sms: OFF}})
    changes = [change(1, flag(sms, ON, OFF)), change(2, flag(sms, NEVER, OFF)), change(3, flag(sms, OFF, ON))]
    assert reaches(changes, known.__getitem__, VERSION_1.flags) == [
        Reach(Channel.SMS, False, 3, Reached(0, 2), Reached(0, 1))
    ]


def test_where_a_yes_is_given_it_is_sure_that_a_message_goes_out() -> None:
    day = {Flag.MKT: ON, Flag.MKT_SMS: ON}
    changes = [change(1, flag(Flag.MKT_SMS, ON, OFF)), change(2, flag(Flag.MKT_SMS, ON, NEVER))]
    [found] = reaches(changes, lambda _user: day, VERSION_1.flags)
    assert (found.now, found.after) == (Reached(2, 2), Reached(0, 1))
    assert goes_words(Reached(1, 1), 1) == "goes out"  # as beside the strip of this person
    assert goes_words(Reached(0, 1), 1) == "may go out"
    assert goes_words(Reached(0, 0), 1) == "stays back"


def test_a_flag_for_every_channel_concerns_each_and_a_night_flag_the_night() -> None:
    known = seen({1: {Flag.NIGHT_SMS: ON, Flag.MKT: ON}})
    changes = [change(1, flag(Flag.MKT, ON, OFF), flag(Flag.NIGHT_SMS, ON, OFF))]
    found = reaches(changes, known.__getitem__, VERSION_1.flags)
    places = [(one.channel, one.night) for one in found]
    day = [(channel, False) for channel in (Channel.PUSH, Channel.SMS, Channel.KAKAO)]
    assert set(places) == {*day, (Channel.SMS, True)}
    [night] = [one for one in found if one.night]
    assert (night.now, night.after) == (Reached(0, 1), Reached(0, 0))


def test_information_and_other_fields_reach_nobody_else() -> None:
    changes = [change(1, flag(Flag.INFO, ON, OFF), FieldChange(FieldKind.PROPERTY, "points", 1, 2))]
    assert reaches(changes, lambda _user: {}, VERSION_1.flags) == []


def test_what_cannot_be_read_is_not_counted_as_it_is_now() -> None:
    changes = [change(1, flag(Flag.MKT_SMS, None, OFF))]
    assert reaches(changes, lambda _user: {}, VERSION_1.flags) == [
        Reach(Channel.SMS, False, 1, None, Reached(0, 0))
    ]


def test_the_night_that_stays_given_without_the_day_can_be_withdrawn_too() -> None:
    sms, night = Flag.MKT_SMS, Flag.NIGHT_SMS
    known = seen({1: {sms: ON, night: ON}, 2: {sms: ON, night: OFF}, 3: {sms: ON, night: ON}})
    changes = [change(number, flag(sms, ON, OFF)) for number in (1, 2)]
    changes.append(change(3, flag(sms, ON, OFF), undo_of=7))
    found = contradictions(changes, known.__getitem__)
    assert [(one.left, one.users) for one in found] == [(night, [user(1)]), (None, [user(3)])]
    assert withdrawals_left(found) == {user(1): {night: OFF}}


def test_a_contradiction_that_was_there_before_is_not_told_again() -> None:
    known = seen({1: {Flag.MKT_SMS: OFF, Flag.NIGHT_SMS: ON, Flag.INFO: ON}})
    assert contradictions([change(1, flag(Flag.INFO, ON, OFF))], known.__getitem__) == []


def test_a_night_given_without_the_day_is_told_but_not_offered_to_be_withdrawn() -> None:
    known = seen({1: {Flag.MKT_SMS: NEVER, Flag.NIGHT_SMS: OFF}})
    [found] = contradictions([change(1, flag(Flag.NIGHT_SMS, OFF, ON))], known.__getitem__)
    assert (found.left, found.users) == (None, [user(1)])
    assert withdrawals_left([found]) == {}


def test_consents_after_a_change_keep_what_is_not_changed() -> None:
    after = consents_after(change(1, flag(Flag.MKT_SMS, ON, OFF)), {Flag.MKT_SMS: ON, Flag.INFO: ON})
    assert after == {Flag.MKT_SMS: OFF, Flag.INFO: ON}
