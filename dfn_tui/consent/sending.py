"""Could an advertising message go out to a user at an instant, by which channel, and why.

A message is certain to be kept back only where the channel's own consent is "Unsubscribed". DFINERY's
documentation says that a consent which was never set may be sent to, and says nothing of an "every
channel" flag that disagrees with the channel's own: both make the answer "may go out".
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfn_tui.consent.flags import SENDING_CHANNELS, Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.night import night_at
from dfn_tui.text import _


class Delivery(StrEnum):
    """Could a message go out? MAY: the documentation, or what can be read, leaves it open."""

    YES = "yes"
    MAY = "may"
    NO = "no"


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """The answer for one channel, with its reason as a short clause for people."""

    channel: Channel
    answer: Delivery
    reason: str

    @property
    def line(self) -> str:
        """The verdict as one line: `push: stays back — night hours, no night consent`."""
        return _("{channel}: {answer} — {reason}").format(
            channel=channel_name(self.channel), answer=delivery_name(self.answer), reason=self.reason
        )


def delivery_name(answer: Delivery) -> str:
    """An answer in words."""
    return {Delivery.YES: _("goes out"), Delivery.MAY: _("may go out"), Delivery.NO: _("stays back")}[answer]


def delivery_glyph(answer: Delivery) -> str:
    """One character for an answer, as many of them in a row make a day."""
    return {Delivery.YES: "━", Delivery.MAY: "╍", Delivery.NO: "·"}[answer]


def may_advertise(consents: Consents, at: datetime, flags: Collection[Flag]) -> tuple[ChannelVerdict, ...]:
    """A verdict for each of push, SMS and Kakao at the aware instant `at`.

    `flags` are the consents the API version has. One of them that is not in `consents` cannot
    be read, which leaves the answer open as well. Raises ValueError when `at` is naive.
    """
    night = night_at(at).inside
    return tuple(_verdict(channel, consents, flags, night) for channel in SENDING_CHANNELS)


def delivery(channel: Channel, consents: Consents, flags: Collection[Flag], *, night: bool) -> Delivery:
    """Could an advertising message by that channel go out, by day or at `night`?"""
    return _verdict(channel, consents, flags, night).answer


def flags_asked(channel: Channel, flags: Collection[Flag], *, night: bool) -> tuple[Flag, ...]:
    """The consents that an advertising message by that channel asks for: the channel's own before that for
    every channel, those for the day first."""
    purposes = (Purpose.ADVERTISING, Purpose.NIGHT) if night else (Purpose.ADVERTISING,)
    places = [(purpose, place) for purpose in purposes for place in (channel, Channel.EVERY)]
    asked = (Flag.at(*place) for place in places)
    return tuple(flag for flag in asked if flag is not None and flag in flags)


def _verdict(channel: Channel, consents: Consents, flags: Collection[Flag], night: bool) -> ChannelVerdict:
    asked = [(flag, consents.get(flag)) for flag in flags_asked(channel, flags, night=night)]
    for flag, state in asked:
        if state is State.UNSUBSCRIBED and flag.channel is channel:
            return ChannelVerdict(channel, Delivery.NO, _reason(flag, state))
    for flag, state in asked:
        if state is not State.SUBSCRIBED:
            return ChannelVerdict(channel, Delivery.MAY, _reason(flag, state))
    if night and Flag.at(Purpose.NIGHT, channel) not in flags:
        reason = _("night hours, and there is no night consent for this channel")
        return ChannelVerdict(channel, Delivery.MAY, reason)
    reason = _("night hours, night consent given") if night else _("advertising consent given")
    return ChannelVerdict(channel, Delivery.YES, reason)


def _reason(flag: Flag, state: State | None) -> str:
    """Why a flag in that state keeps the answer from being YES; None is a flag that is not readable."""
    return {
        (Purpose.ADVERTISING, False): {
            State.UNSUBSCRIBED: _("advertising consent withdrawn"),
            State.NEVER_SET: _("consent never set, which does not mean no"),
            None: _("consent not readable"),
        },
        (Purpose.ADVERTISING, True): {
            State.UNSUBSCRIBED: _("given, although advertising by every channel is withdrawn"),
            State.NEVER_SET: _("given, but the every-channel consent was never set"),
            None: _("given, but the every-channel consent is not readable"),
        },
        (Purpose.NIGHT, False): {
            State.UNSUBSCRIBED: _("night hours, no night consent"),
            State.NEVER_SET: _("night hours, night consent never set, which does not mean no"),
            None: _("night hours, night consent not readable"),
        },
        (Purpose.NIGHT, True): {
            State.UNSUBSCRIBED: _("night hours, although night advertising by every channel is withdrawn"),
            State.NEVER_SET: _("night hours, and the every-channel night consent was never set"),
            None: _("night hours, and the every-channel night consent is not readable"),
        },
    }[flag.purpose, flag.channel is Channel.EVERY][state]
