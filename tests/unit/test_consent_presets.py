from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import OPTINS, Channel, Flag, Purpose, State
from dfn_tui.consent.presets import Preset, presets
from dfn_tui.consent.sending import Delivery, may_advertise

NOON = datetime(2026, 3, 1, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)
VERSION_1, VERSION_2 = tuple(Flag), tuple(OPTINS)
CONSENTS = st.dictionaries(st.sampled_from(Flag), st.sampled_from(State))
FLAGS = st.sampled_from([VERSION_1, VERSION_2])
INSTANTS = st.sampled_from([NOON, MIDNIGHT])


def preset(id_: str, flags: tuple[Flag, ...]) -> Preset:
    [found] = [made for made in presets(flags) if made.id == id_]
    return found


def answers(consents: dict[Flag, State], at: datetime, flags: tuple[Flag, ...]) -> dict[Channel, Delivery]:
    return {verdict.channel: verdict.answer for verdict in may_advertise(consents, at, flags)}


@given(consents=CONSENTS, at=INSTANTS, flags=FLAGS)
def test_after_stop_all_nothing_can_go_out(
    consents: dict[Flag, State], at: datetime, flags: tuple[Flag, ...]
) -> None:
    after = answers({**consents, **preset("stop-all", flags).wanted}, at, flags)
    assert set(after.values()) == {Delivery.NO}


@given(consents=CONSENTS, flags=FLAGS)
def test_stop_night_stops_the_night_and_leaves_the_day(
    consents: dict[Flag, State], flags: tuple[Flag, ...]
) -> None:
    wanted = preset("stop-night", flags).wanted
    stopped = {**consents, **wanted}
    assert answers(stopped, NOON, flags) == answers(consents, NOON, flags)
    at_night = answers(stopped, MIDNIGHT, flags)
    assert all(at_night[flag.channel] is Delivery.NO for flag in wanted if flag.channel is not Channel.EVERY)


@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.SMS, Channel.KAKAO])
@given(consents=CONSENTS, at=INSTANTS, flags=FLAGS)
def test_stopping_a_channel_leaves_the_others(
    channel: Channel, consents: dict[Flag, State], at: datetime, flags: tuple[Flag, ...]
) -> None:
    before = answers(consents, at, flags)
    after = answers({**consents, **preset(f"stop-{channel}", flags).wanted}, at, flags)
    assert after == {**before, channel: Delivery.NO}


@pytest.mark.parametrize("flags", [VERSION_1, VERSION_2])
def test_presets_only_withdraw_and_stay_within_the_api_version(flags: tuple[Flag, ...]) -> None:
    made = presets(flags)
    assert [p.id for p in made] == ["stop-all", "stop-night", "stop-push", "stop-sms", "stop-kakao"]
    for found in made:
        assert set(found.wanted) <= set(flags)
        assert set(found.wanted.values()) == {State.UNSUBSCRIBED}
        assert all(flag.purpose is not Purpose.INFORMATIONAL for flag in found.wanted)


def test_stop_all_sets_every_flag_but_the_informational_one() -> None:
    assert set(preset("stop-all", VERSION_1).wanted) == set(Flag) - {Flag.INFO}


def test_stop_night_says_which_channels_it_can_stop() -> None:
    assert preset("stop-night", VERSION_1).name == "Stop night advertising"
    assert preset("stop-night", VERSION_2).name == "Stop night advertising (only push can be)"


def test_presets_that_would_do_nothing_are_left_out() -> None:
    assert presets([Flag.INFO]) == ()
    assert [p.id for p in presets([Flag.MKT_SMS])] == ["stop-all", "stop-sms"]
