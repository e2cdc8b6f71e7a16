"""Who may be sent a campaign: the rules once more, stated as a table in words of their own."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.campaign import (
    Campaign,
    Eligibility,
    Reason,
    eligibility_glyph,
    eligibility_name,
    eligibility_role,
    judge,
    reason_name,
)
from dfn_tui.consent.flags import OPTINS, SENDING_CHANNELS, Channel, Flag, State
from dfn_tui.consent.sending import Delivery, may_advertise
from dfn_tui.text.korea import KOREA
from dfn_tui.text.roles import TERMINAL_ROLES
from tests.unit.test_consent_sending import MIDNIGHT, NOON

LETTERS = {State.SUBSCRIBED: "y", State.UNSUBSCRIBED: "n", State.NEVER_SET: "?"}
NAMES = ("info", "day", "push", "sms", "kakao", "night", "night push", "night sms", "night kakao")
AT_NIGHT = pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
CHANNELS = pytest.mark.parametrize("channel", SENDING_CHANNELS)
CONSENTS = st.dictionaries(st.sampled_from(Flag), st.sampled_from(State))
FLAGS = st.sampled_from([tuple(Flag), tuple(OPTINS)])
CAMPAIGNS = st.builds(Campaign, st.sampled_from(SENDING_CHANNELS), st.booleans(), st.just(False))

# For the channel's own consent, the one for every channel, and the same two for the night: y, n, ?, . (any).
# The first row that fits decides.
BY_DAY = (
    ("n...", "may-not", "withdrawn"),
    ("yn..", "contradiction", "given-over-every"),
    (".n.y", "contradiction", "night-without-day"),
    (".?.y", "contradiction", "night-without-day"),
    ("?.y.", "contradiction", "night-without-day"),
    (".n..", "may-not", "every-withdrawn"),
    ("?...", "never-asked", "never-set"),
    (".?..", "never-asked", "every-never-set"),
    ("yy..", "may", "given"),
)
BY_NIGHT = (
    ("n...", "may-not", "withdrawn"),
    ("..n.", "may-not", "night-withdrawn"),
    ("yn..", "contradiction", "given-over-every"),
    (".n.y", "contradiction", "night-without-day"),
    (".?.y", "contradiction", "night-without-day"),
    ("?.y.", "contradiction", "night-without-day"),
    ("..yn", "contradiction", "night-over-every"),
    (".n..", "may-not", "every-withdrawn"),
    ("...n", "may-not", "night-every-withdrawn"),
    ("?...", "never-asked", "never-set"),
    (".?..", "never-asked", "every-never-set"),
    ("..?.", "never-asked", "night-never-set"),
    ("...?", "never-asked", "night-every-never-set"),
    ("yyyy", "may", "given"),
)


def by_the_table(said: Mapping[str, str], channel: str, *, night: bool) -> tuple[str, str]:
    four = said[channel] + said["day"] + said[f"night {channel}"] + said["night"]
    for row, eligibility, reason in BY_NIGHT if night else BY_DAY:
        if all(want in (".", have) for want, have in zip(row, four, strict=True)):
            return eligibility, reason
    raise AssertionError(four)


@pytest.mark.slow
@AT_NIGHT
@CHANNELS
def test_every_state_of_all_nine_consents_is_judged_as_the_table_says(channel: Channel, night: bool) -> None:
    campaign, flags = Campaign(channel, night), tuple(Flag)
    wrong = []
    for states in product(State, repeat=len(flags)):
        said = dict(zip(NAMES, map(LETTERS.__getitem__, states), strict=True))
        found = judge(campaign, dict(zip(flags, states, strict=True)), flags)
        if found != by_the_table(said, channel.value, night=night):
            wrong.append((said, found))
    assert wrong == []


@given(campaign=CAMPAIGNS, consents=CONSENTS, flags=FLAGS)
def test_may_is_said_exactly_where_the_platform_sends_with_a_yes(
    campaign: Campaign, consents: dict[Flag, State], flags: tuple[Flag, ...]
) -> None:
    verdicts = may_advertise(consents, MIDNIGHT if campaign.night else NOON, flags)
    [answer] = [one.answer for one in verdicts if one.channel is campaign.channel]
    eligibility = judge(campaign, consents, flags).eligibility
    assert (eligibility is Eligibility.MAY) == (answer is Delivery.YES)
    assert eligibility is Eligibility.MAY_NOT or answer is not Delivery.NO


@given(campaign=CAMPAIGNS, consents=CONSENTS, flags=FLAGS)
def test_nobody_who_said_no_is_taken_for_never_asked(
    campaign: Campaign, consents: dict[Flag, State], flags: tuple[Flag, ...]
) -> None:
    """They would be taken in by --include-never-set."""
    if judge(campaign, consents, flags).eligibility in (Eligibility.MAY, Eligibility.NEVER_ASKED):
        assert State.UNSUBSCRIBED not in map(consents.get, campaign.asked(flags))
        assert set(campaign.asked(flags)) <= consents.keys()


@CHANNELS
def test_a_consent_that_is_not_readable_leaves_it_open_but_for_a_no(channel: Channel) -> None:
    flags, campaign = tuple(Flag), Campaign(channel, night=True)
    given_all = dict.fromkeys(Flag, State.SUBSCRIBED)
    for lost in campaign.asked(flags):
        rest = {flag: state for flag, state in given_all.items() if flag is not lost}
        assert judge(campaign, rest, flags) == (Eligibility.UNREADABLE, Reason.CONSENT_NOT_READABLE)
        for own in campaign.asked(flags):
            if own is not lost and own.channel is channel:
                found = judge(campaign, {**rest, own: State.UNSUBSCRIBED}, flags)
                assert found.eligibility is Eligibility.MAY_NOT
    others = {flag: state for flag, state in given_all.items() if flag in campaign.asked(flags)}
    assert judge(campaign, others, flags).eligibility is Eligibility.MAY


def test_where_no_consent_for_the_night_exists_nobody_may_be_sent_to_at_night() -> None:
    given_all = dict.fromkeys(OPTINS, State.SUBSCRIBED)
    found = {
        channel: judge(Campaign(channel, night=True), given_all, tuple(OPTINS)).reason
        for channel in SENDING_CHANNELS
    }
    no_consent = Reason.NO_NIGHT_CONSENT
    assert found == {Channel.PUSH: Reason.GIVEN, Channel.SMS: no_consent, Channel.KAKAO: no_consent}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SUBSCRIBED, ("may", "given")),
        (State.UNSUBSCRIBED, ("may-not", "info-withdrawn")),
        (State.NEVER_SET, ("never-asked", "info-never-set")),
        (None, ("unreadable", "consent-not-readable")),
    ],
)
def test_what_is_informational_asks_for_that_consent_alone(
    state: State | None, expected: tuple[str, str]
) -> None:
    campaign = Campaign(Channel.SMS, night=False, informational=True)
    others = dict.fromkeys(Flag, State.UNSUBSCRIBED)
    consents = {flag: one for flag, one in {**others, Flag.INFO: state}.items() if one is not None}
    assert judge(campaign, consents, tuple(Flag)) == expected
    with pytest.raises(ValueError, match="no consent"):
        judge(campaign, consents, (Flag.MKT_SMS,))


@AT_NIGHT
@CHANNELS
def test_everything_has_words(channel: Channel, night: bool) -> None:
    words = {reason_name(reason, Campaign(channel, night)) for reason in Reason}
    assert len(words) == len(Reason)
    assert all("{" not in one for one in words)
    assert len({eligibility_name(one) for one in Eligibility}) == len(Eligibility)
    assert all(eligibility_glyph(one) and eligibility_role(one) in TERMINAL_ROLES for one in Eligibility)


def test_the_instants_are_what_they_are_called() -> None:
    assert [at.astimezone(KOREA).hour for at in (NOON, MIDNIGHT)] == [12, 0]
