from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import OPTINS, SENDING_CHANNELS, Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.sending import ChannelVerdict, Delivery, may_advertise

NOON = datetime(2026, 3, 1, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)
ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET
API_VERSIONS = (tuple(Flag), tuple(OPTINS))
STATES: tuple[State | None, ...] = (*State, None)
PERMISSIVE = (Delivery.NO, Delivery.MAY, Delivery.YES)

FLAGS = st.sampled_from(API_VERSIONS)
INSTANTS = st.sampled_from([NOON, MIDNIGHT])
CONSENTS = st.dictionaries(st.sampled_from(Flag), st.sampled_from(State))


def verdict(
    channel: Channel, consents: Consents, at: datetime, flags: tuple[Flag, ...] = tuple(Flag)
) -> ChannelVerdict:
    [found] = [v for v in may_advertise(consents, at, flags) if v.channel is channel]
    return found


def relevant(channel: Channel, at: datetime) -> list[Flag]:
    purposes = [Purpose.ADVERTISING] if at is NOON else [Purpose.ADVERTISING, Purpose.NIGHT]
    return [flag for flag in Flag if flag.purpose in purposes and flag.channel in (channel, Channel.EVERY)]


@pytest.mark.parametrize("channel", SENDING_CHANNELS)
@pytest.mark.parametrize("at", [NOON, MIDNIGHT])
@pytest.mark.parametrize("flags", API_VERSIONS)
def test_the_whole_matrix(channel: Channel, at: datetime, flags: tuple[Flag, ...]) -> None:
    asked = relevant(channel, at)
    for states in product(STATES, repeat=len(asked)):
        consents = {flag: state for flag, state in zip(asked, states, strict=True) if state and flag in flags}
        found = verdict(channel, consents, at, flags)
        own_off = any(consents.get(flag) is OFF for flag in asked if flag.channel is channel)
        all_on = all(consents.get(flag) is ON for flag in asked if flag in flags)
        night_asked = at is NOON or Flag.at(Purpose.NIGHT, channel) in flags
        expected = Delivery.NO if own_off else Delivery.YES if all_on and night_asked else Delivery.MAY
        assert found.answer is expected
        assert found.reason


@given(consents=CONSENTS, at=INSTANTS, flags=FLAGS, withdrawn=st.sampled_from(Flag))
def test_withdrawing_never_permits_more(
    consents: dict[Flag, State], at: datetime, flags: tuple[Flag, ...], withdrawn: Flag
) -> None:
    before = may_advertise(consents, at, flags)
    after = may_advertise({**consents, withdrawn: OFF}, at, flags)
    for was, now in zip(before, after, strict=True):
        assert PERMISSIVE.index(now.answer) <= PERMISSIVE.index(was.answer)


@given(consents=CONSENTS, flags=FLAGS)
def test_the_night_never_permits_more_than_the_day(
    consents: dict[Flag, State], flags: tuple[Flag, ...]
) -> None:
    day, night = may_advertise(consents, NOON, flags), may_advertise(consents, MIDNIGHT, flags)
    for by_day, by_night in zip(day, night, strict=True):
        assert PERMISSIVE.index(by_night.answer) <= PERMISSIVE.index(by_day.answer)


@given(consents=CONSENTS, at=INSTANTS, flags=FLAGS)
def test_every_channel_gets_one_verdict_in_order(
    consents: dict[Flag, State], at: datetime, flags: tuple[Flag, ...]
) -> None:
    assert tuple(v.channel for v in may_advertise(consents, at, flags)) == SENDING_CHANNELS


ALL_ON = dict.fromkeys(Flag, ON)


@pytest.mark.parametrize(
    ("changed", "at", "answer", "reason"),
    [
        ({}, NOON, Delivery.YES, "advertising consent given"),
        ({}, MIDNIGHT, Delivery.YES, "night hours, night consent given"),
        ({Flag.NIGHT_SMS: OFF}, NOON, Delivery.YES, "advertising consent given"),
        ({Flag.NIGHT_SMS: OFF}, MIDNIGHT, Delivery.NO, "night hours, no night consent"),
        ({Flag.MKT_SMS: OFF}, MIDNIGHT, Delivery.NO, "advertising consent withdrawn"),
        ({Flag.MKT_SMS: NEVER}, NOON, Delivery.MAY, "consent never set, which does not mean no"),
        ({Flag.MKT: OFF}, NOON, Delivery.MAY, "given, although advertising by every channel is withdrawn"),
        (
            {Flag.NIGHT: OFF},
            MIDNIGHT,
            Delivery.MAY,
            "night hours, although night advertising by every channel is withdrawn",
        ),
    ],
)
def test_reasons(changed: dict[Flag, State], at: datetime, answer: Delivery, reason: str) -> None:
    assert verdict(Channel.SMS, {**ALL_ON, **changed}, at) == ChannelVerdict(Channel.SMS, answer, reason)


def test_what_cannot_be_read_may_be_sent_to() -> None:
    for found in may_advertise({}, NOON, tuple(OPTINS)):
        assert (found.answer, found.reason) == (Delivery.MAY, "consent not readable")


def test_a_channel_without_a_night_consent_is_left_open_at_night() -> None:
    flags = tuple(OPTINS)
    consents = dict.fromkeys(flags, ON)
    assert verdict(Channel.PUSH, consents, MIDNIGHT, flags).answer is Delivery.YES
    found = verdict(Channel.SMS, consents, MIDNIGHT, flags)
    assert (found.answer, found.reason) == (
        Delivery.MAY,
        "night hours, and there is no night consent for this channel",
    )


def test_a_verdict_reads_as_one_line() -> None:
    found = verdict(Channel.PUSH, {**ALL_ON, Flag.NIGHT_PUSH: OFF}, MIDNIGHT)
    assert found.line == "push: stays back — night hours, no night consent"
