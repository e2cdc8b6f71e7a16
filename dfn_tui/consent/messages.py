"""The words and glyphs for consents: every state is readable without colour."""

from dfn_tui.consent.flags import Channel, Flag, Purpose, State
from dfn_tui.text import _, pgettext

_GLYPHS = {State.SUBSCRIBED: "●", State.UNSUBSCRIBED: "○", State.NEVER_SET: "?"}


def state_glyph(state: State | None) -> str:
    """One character for a state; None is a flag that is not readable."""
    return _GLYPHS[state] if state else "–"


def state_name(state: State | None) -> str:
    """A state in words; None is a flag that is not readable."""
    if state is None:
        return _("not readable")
    return {
        State.SUBSCRIBED: _("given"),
        State.UNSUBSCRIBED: _("withdrawn"),
        State.NEVER_SET: _("never set"),
    }[state]


def state_role(state: State | None) -> str:
    """The colour of a state, by its name in `text.roles`: amber is what may go out without a yes."""
    if state is None:
        return "label"
    return {State.SUBSCRIBED: "given", State.UNSUBSCRIBED: "withdrawn", State.NEVER_SET: "never"}[state]


def channel_name(channel: Channel) -> str:
    """What messages travel by, as the head of a column."""
    return {
        Channel.EVERY: _("every channel"),
        Channel.PUSH: _("push"),
        Channel.SMS: _("SMS"),
        Channel.KAKAO: _("Kakao"),
    }[channel]


def flag_name(flag: Flag) -> str:
    """What a flag consents to, whole: purpose and channel."""
    return {
        Flag.INFO: _("informational messages"),
        Flag.MKT: _("advertising by every channel"),
        Flag.MKT_PUSH: _("advertising by push"),
        Flag.MKT_SMS: _("advertising by SMS"),
        Flag.MKT_KAKAO: _("advertising by Kakao"),
        Flag.NIGHT: _("advertising at night by every channel"),
        Flag.NIGHT_PUSH: _("advertising at night by push"),
        Flag.NIGHT_SMS: _("advertising at night by SMS"),
        Flag.NIGHT_KAKAO: _("advertising at night by Kakao"),
    }[flag]


def short_name(flag: Flag) -> str:
    """What a flag consents to, where the talk is of advertising anyhow."""
    if flag.purpose is Purpose.INFORMATIONAL:
        return _("info")
    channel = channel_name(flag.channel)
    return _("{channel} at night").format(channel=channel) if flag.purpose is Purpose.NIGHT else channel


def flag_label(flag: Flag) -> str:
    """A flag at the head of a column, below its purpose."""
    if flag.purpose is Purpose.INFORMATIONAL:
        return _("info")
    if flag.channel is Channel.KAKAO:
        return pgettext("column", "Kakao")
    return _("all") if flag.channel is Channel.EVERY else channel_name(flag.channel)


def night_rule() -> str:
    """The rule to be read before a night consent is given."""
    return _(
        "Network Act (정보통신망법), article 50(3): advertising sent between 21:00 and 08:00 Korean time "
        "needs a separate consent, given beforehand, beside the ordinary advertising consent. "
        "Give a night consent only where this person gave exactly that, and state the evidence."
    )


def night_wait() -> str:
    """What granting a consent during the night does not change."""
    return _("It is night in Korea: advertising without a night consent must wait until 08:00.")
