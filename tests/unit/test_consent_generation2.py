import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.generation2 import OPTINS, WITHOUT_COUNTERPART, from_optins, to_optins


@given(st.dictionaries(st.sampled_from(list(OPTINS)), st.sampled_from(State)))
def test_there_and_back(consents: dict[Flag, State]) -> None:
    assert from_optins(to_optins(consents)) == consents


def test_the_documented_mapping() -> None:
    consents = {
        Flag.INFO: State.SUBSCRIBED,
        Flag.MKT_PUSH: State.UNSUBSCRIBED,
        Flag.MKT_SMS: State.NEVER_SET,
        Flag.MKT_KAKAO: State.SUBSCRIBED,
        Flag.NIGHT_PUSH: State.UNSUBSCRIBED,
    }
    assert to_optins(consents) == {
        "df_push_optin": True,
        "df_push_ads_optin": False,
        "df_sms_ads_optin": None,
        "df_kakao_ads_optin": True,
        "df_push_night_ads_optin": False,
    }
    assert WITHOUT_COUNTERPART == (Flag.MKT, Flag.NIGHT, Flag.NIGHT_SMS, Flag.NIGHT_KAKAO)


@pytest.mark.parametrize("flag", WITHOUT_COUNTERPART)
def test_a_flag_without_counterpart_is_never_dropped_silently(flag: Flag) -> None:
    with pytest.raises(ValueError, match=flag.value):
        to_optins({Flag.INFO: State.SUBSCRIBED, flag: State.UNSUBSCRIBED})


def test_absent_properties_are_not_readable_and_others_are_none_of_the_consents() -> None:
    assert from_optins({"df_sms_ads_optin": None, "df_vip": True}) == {Flag.MKT_SMS: State.NEVER_SET}
