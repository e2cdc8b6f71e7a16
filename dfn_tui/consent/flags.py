"""The nine consent flags as purpose × channel, and the three states each can be in.

Rests on the table of consent flags in DFINERY's user API, version 1: every flag is written as
`"Subscribed"` or `"Unsubscribed"`, and one that was never set reads as `"Undefined"`.
"""

from collections.abc import Mapping
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
