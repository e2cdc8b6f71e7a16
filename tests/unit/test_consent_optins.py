import pytest

from dfn_tui.consent.flags import Flag, State, to_optins


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


@pytest.mark.parametrize("flag", [Flag.MKT, Flag.NIGHT, Flag.NIGHT_SMS, Flag.NIGHT_KAKAO])
def test_a_flag_without_counterpart_is_never_dropped_silently(flag: Flag) -> None:
    with pytest.raises(ValueError, match=flag.value):
        to_optins({Flag.INFO: State.SUBSCRIBED, flag: State.UNSUBSCRIBED})
