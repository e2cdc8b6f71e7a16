import pytest

from dfn_tui.consent.flags import OPTINS, Flag
from dfn_tui.consent.likeness import consent_meant, is_consent_word


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mkt_sms", "mkt_sms_flag"),
        ("MKT-SMS", "mkt_sms_flag"),
        ("mkt sms flg", "mkt_sms_flag"),
        ("mkt", "mkt_flag"),
        ("night.push", "night_push_flag"),
        ("nightkakao", "night_kakao_flag"),
        ("ＭＫＴ＿ＳＭＳ", "mkt_sms_flag"),
        ("df_sms_ads", "df_sms_ads_optin"),
        ("sms_ads_optin", "df_sms_ads_optin"),
        ("push_night_ads", "df_push_night_ads_optin"),
        ("수신동의", ""),
        ("광고 수신 여부", ""),
        ("마케팅_동의", ""),
        ("야간수신동의여부", ""),
        ("sms_opt_in", ""),
        ("unsubscribed", ""),
        ("marketing-consent", ""),
        ("mkt_sms_flags", "mkt_sms_flag"),
        ("Mkt-Push-Flag", "mkt_push_flag"),
        ("수신동의(SMS)", ""),
        ("앱푸시 수신동의", ""),
        ("광고성 정보 수신 동의 상태", ""),
        ("sms_agree", ""),
        ("sms_yn", ""),
        ("Accepts SMS Marketing", ""),
        ("HasOptedOutOfEmail", ""),
        ("DoNotCall", ""),
        ("push_subscribe", ""),
    ],
)
def test_a_name_like_a_consents(name: str, meant: str) -> None:
    assert consent_meant(name) == meant


@pytest.mark.parametrize("name", [*Flag, *OPTINS.values()])
def test_a_stem_of_each_consent_is_its_slip(name: str) -> None:
    assert consent_meant(name.removesuffix("_flag").removesuffix("_optin")) == name


@pytest.mark.parametrize(
    "name",
    [
        "vip",
        "vip_flag",
        "points",
        "회원등급",
        "수신자",
        "동의일자",
        "notes",
        "agent",
        "agreement",
        "app_version",
        "알림",
        "전화",
        "이메일",
        "subscription_plan",
    ],
)
def test_other_names_are_nobodys_slip(name: str) -> None:
    assert consent_meant(name) is None


@pytest.mark.parametrize(
    "value", ["Subscribed", "unsubscribed", "opted_in", "Opt-Out", "동의", "거부", "수신 거부", "동의함"]
)
def test_words_of_consent(value: str) -> None:
    assert is_consent_word(value)


@pytest.mark.parametrize("value", ["Y", "N", "yes", "1", "gold", "동의서 제출", "거부권", ""])
def test_other_values(value: str) -> None:
    assert not is_consent_word(value)


@pytest.mark.parametrize("before", ["", " ", " - ", "[", "(_", "\t./"])
@pytest.mark.parametrize(
    "word", ["subscribed", "Unsubscribe", "OPT-IN", "opted out", "동의", "미동의", "거부"]
)
def test_a_consent_word_is_known_behind_any_separator(before: str, word: str) -> None:
    assert is_consent_word(before + word)
    assert not is_consent_word(f"x{before}{word}")
