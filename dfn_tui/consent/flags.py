"""The nine consent flags as purpose × channel, the three states each can be in, and a change of one.

Rests on the table of consent flags in DFINERY's user API, version 1: every flag is written as
`"Subscribed"` or `"Unsubscribed"`, and one that was never set reads as `"Undefined"`. Version 2 has five of
them as Booleans, where null was never set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a message is for. Advertising between 21:00 and 08:00 is a purpose of its own in law."""

    INFORMATIONAL = "informational"
    ADVERTISING = "advertising"
    NIGHT = "night"


class Channel(StrEnum):
    """What a message travels by; `EVERY` is the flag that speaks for all channels of a purpose."""

    EVERY = "every"
    PUSH = "push"
    SMS = "sms"
    KAKAO = "kakao"


SENDING_CHANNELS = (Channel.PUSH, Channel.SMS, Channel.KAKAO)
"""The channels a message can travel by."""


class State(StrEnum):
    """What a flag says. `NEVER_SET` is no "no": a message may still be sent to it."""

    SUBSCRIBED = "Subscribed"
    UNSUBSCRIBED = "Unsubscribed"
    NEVER_SET = "Undefined"


class Flag(StrEnum):
    """A consent flag by its version 1 name, which is the name used throughout the console."""

    INFO = "info_flag"
    MKT = "mkt_flag"
    MKT_PUSH = "mkt_push_flag"
    MKT_SMS = "mkt_sms_flag"
    MKT_KAKAO = "mkt_kakao_flag"
    NIGHT = "night_flag"
    NIGHT_PUSH = "night_push_flag"
    NIGHT_SMS = "night_sms_flag"
    NIGHT_KAKAO = "night_kakao_flag"

    @property
    def purpose(self) -> Purpose:
        return _PLACES[self][0]

    @property
    def channel(self) -> Channel:
        return _PLACES[self][1]

    @classmethod
    def at(cls, purpose: Purpose, channel: Channel) -> "Flag | None":
        """The flag of a cell of the matrix, or None where the platform has none."""
        return _FLAGS.get((purpose, channel))


_PLACES: dict[Flag, tuple[Purpose, Channel]] = {
    Flag.INFO: (Purpose.INFORMATIONAL, Channel.EVERY),
    Flag.MKT: (Purpose.ADVERTISING, Channel.EVERY),
    Flag.MKT_PUSH: (Purpose.ADVERTISING, Channel.PUSH),
    Flag.MKT_SMS: (Purpose.ADVERTISING, Channel.SMS),
    Flag.MKT_KAKAO: (Purpose.ADVERTISING, Channel.KAKAO),
    Flag.NIGHT: (Purpose.NIGHT, Channel.EVERY),
    Flag.NIGHT_PUSH: (Purpose.NIGHT, Channel.PUSH),
    Flag.NIGHT_SMS: (Purpose.NIGHT, Channel.SMS),
    Flag.NIGHT_KAKAO: (Purpose.NIGHT, Channel.KAKAO),
}
_FLAGS = {place: flag for flag, place in _PLACES.items()}


Consents = Mapping[Flag, State]
"""What is known of one user's flags. A flag that is absent is not readable, which is not NEVER_SET."""

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


def grants_night(flag: Flag, after: State) -> bool:
    """Whether that state gives a consent to advertising at night, which the law wants given separately."""
    return after is State.SUBSCRIBED and flag.purpose is Purpose.NIGHT


class Direction(StrEnum):
    """Giving a consent needs care; taking one back must be quick."""

    GRANT = "grant"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class FlagChange:
    """One flag to be written. `before` is None where it is not readable.

    Raises ValueError when `after` is NEVER_SET: the API writes no nulls, so a flag that was once set
    cannot go back.
    """

    flag: Flag
    before: State | None
    after: State

    def __post_init__(self) -> None:
        if self.after is State.NEVER_SET:
            raise ValueError("a flag cannot be written as never set")

    @property
    def direction(self) -> Direction:
        return Direction.GRANT if self.after is State.SUBSCRIBED else Direction.WITHDRAW

    @property
    def grants_night(self) -> bool:
        """Whether this gives a consent to advertising at night, which the law wants given separately."""
        return grants_night(self.flag, self.after)
