"""Version 2's five consents, and what they are among the nine flags.

Rests on DFINERY's documentation of user consents: a consent is a Boolean, and null was never set.
"""

from collections.abc import Mapping

from dfn_tui.consent.flags import Consents, Flag, State

OPTINS: Mapping[Flag, str] = {
    Flag.INFO: "df_push_optin",
    Flag.MKT_PUSH: "df_push_ads_optin",
    Flag.MKT_SMS: "df_sms_ads_optin",
    Flag.MKT_KAKAO: "df_kakao_ads_optin",
    Flag.NIGHT_PUSH: "df_push_night_ads_optin",
}
"""The consents version 2 has, by the flag they stand for, in the order of the flags."""

_VALUES = {State.SUBSCRIBED: True, State.UNSUBSCRIBED: False, State.NEVER_SET: None}


def to_optins(consents: Consents) -> dict[str, bool | None]:
    """The consents as version 2's properties.

    Raises ValueError for a flag without a counterpart: dropping one silently would lose a withdrawal.
    """
    missing = [flag.value for flag in consents if flag not in OPTINS]
    if missing:
        raise ValueError(f"version 2 has no counterpart of {', '.join(missing)}")
    return {OPTINS[flag]: _VALUES[state] for flag, state in consents.items()}
