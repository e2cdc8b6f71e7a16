"""Whom the users of a list are for a campaign: who may be sent to, who may not, and why.

`sending` says what the platform would do. Here it is asked what the sender could show afterwards: only who
goes out with a yes (`Delivery.YES`) may be sent to. All others are told apart by what is missing.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from dfn_tui.consent.flags import Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.lints import LintKind, lint
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.sending import flags_asked
from dfn_tui.text import _


class Eligibility(StrEnum):
    """What a user is for a campaign, in the order shown. NEVER_ASKED: nobody said no, and nobody yes.
    UNREADABLE: nothing can be said of this user."""

    MAY = "may"
    NEVER_ASKED = "never-asked"
    MAY_NOT = "may-not"
    CONTRADICTION = "contradiction"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why. Those of one eligibility stand together, in the order shown."""

    GIVEN = "given"
    NEVER_SET = "never-set"
    EVERY_NEVER_SET = "every-never-set"
    NIGHT_NEVER_SET = "night-never-set"
    NIGHT_EVERY_NEVER_SET = "night-every-never-set"
    INFO_NEVER_SET = "info-never-set"
    WITHDRAWN = "withdrawn"
    EVERY_WITHDRAWN = "every-withdrawn"
    NIGHT_WITHDRAWN = "night-withdrawn"
    NIGHT_EVERY_WITHDRAWN = "night-every-withdrawn"
    INFO_WITHDRAWN = "info-withdrawn"
    NO_NIGHT_CONSENT = "no-night-consent"
    GIVEN_OVER_EVERY = "given-over-every"
    NIGHT_OVER_EVERY = "night-over-every"
    NIGHT_WITHOUT_DAY = "night-without-day"
    UNKNOWN_USER = "unknown-user"
    NOT_IN_SNAPSHOT = "not-in-snapshot"
    CONSENT_NOT_READABLE = "consent-not-readable"
    NOT_READ = "not-read"


class Campaign(NamedTuple):
    """What is to be sent: advertising by a channel, by day or at `night`, or something `informational`, which
    knows no night."""

    channel: Channel
    night: bool
    informational: bool = False

    @property
    def by_day(self) -> "Campaign":
        """The same outside of the night."""
        return self._replace(night=False)

    def asked(self, flags: Collection[Flag]) -> tuple[Flag, ...]:
        """Those of the consents that it asks for."""
        if self.informational:
            return (Flag.INFO,) if Flag.INFO in flags else ()
        return flags_asked(self.channel, flags, night=self.night)


class CampaignVerdict(NamedTuple):
    """What a user is for a campaign, and why."""

    eligibility: Eligibility
    reason: Reason


UNKNOWN_USER = CampaignVerdict(Eligibility.UNKNOWN, Reason.UNKNOWN_USER)
"""Nothing at all was ever set for this user."""
NOT_IN_SNAPSHOT = CampaignVerdict(Eligibility.UNKNOWN, Reason.NOT_IN_SNAPSHOT)
"""The snapshot that is judged by has not got this user; the server may well."""
NOT_READ = CampaignVerdict(Eligibility.UNREADABLE, Reason.NOT_READ)
"""Reading this user failed."""

_PLACES = (
    (Purpose.ADVERTISING, False),
    (Purpose.ADVERTISING, True),
    (Purpose.NIGHT, False),
    (Purpose.NIGHT, True),
    (Purpose.INFORMATIONAL, True),
)
"""Purpose, and whether it is the flag for every channel."""
_WITHDRAWN = dict(
    zip(
        _PLACES,
        (
            Reason.WITHDRAWN,
            Reason.EVERY_WITHDRAWN,
            Reason.NIGHT_WITHDRAWN,
            Reason.NIGHT_EVERY_WITHDRAWN,
            Reason.INFO_WITHDRAWN,
        ),
        strict=True,
    )
)
_NEVER_SET = dict(
    zip(
        _PLACES,
        (
            Reason.NEVER_SET,
            Reason.EVERY_NEVER_SET,
            Reason.NIGHT_NEVER_SET,
            Reason.NIGHT_EVERY_NEVER_SET,
            Reason.INFO_NEVER_SET,
        ),
        strict=True,
    )
)


def judge(campaign: Campaign, consents: Consents, flags: Collection[Flag]) -> CampaignVerdict:
    """What a user with these consents is for that campaign.

    `flags` are the consents that the API version has; one of them that is not in `consents` cannot be read.
    A no of the channel's own comes first, whatever else is odd; then what cannot be read, what contradicts
    itself, any other no, and at last what was never set. Raises ValueError where none of `flags` is asked
    for.
    """
    asked = campaign.asked(flags)
    if not asked:
        raise ValueError("nothing can be said where no consent is asked for")
    withdrawn = [flag for flag in asked if consents.get(flag) is State.UNSUBSCRIBED]
    own = [flag for flag in withdrawn if flag.channel is campaign.channel]
    if own:
        return CampaignVerdict(Eligibility.MAY_NOT, _WITHDRAWN[_place(own[0])])
    if any(flag not in consents for flag in asked):
        return CampaignVerdict(Eligibility.UNREADABLE, Reason.CONSENT_NOT_READABLE)
    odd = _contradiction(campaign.channel, consents, asked)
    if odd is not None:
        return CampaignVerdict(Eligibility.CONTRADICTION, odd)
    if withdrawn:
        return CampaignVerdict(Eligibility.MAY_NOT, _WITHDRAWN[_place(withdrawn[0])])
    if campaign.night and Flag.at(Purpose.NIGHT, campaign.channel) not in asked:
        return CampaignVerdict(Eligibility.MAY_NOT, Reason.NO_NIGHT_CONSENT)
    for flag in asked:
        if consents[flag] is State.NEVER_SET:
            return CampaignVerdict(Eligibility.NEVER_ASKED, _NEVER_SET[_place(flag)])
    return CampaignVerdict(Eligibility.MAY, Reason.GIVEN)


def _place(flag: Flag) -> tuple[Purpose, bool]:
    return flag.purpose, flag.channel is Channel.EVERY


def _contradiction(channel: Channel, consents: Consents, asked: Collection[Flag]) -> Reason | None:
    """What speaks against one of the consents asked for, of those that are about this channel."""
    for one in lint(consents):
        if one.kind is LintKind.NOTHING_EVER_SET:
            return None
        odd, against = one.flags
        if odd.channel in (channel, Channel.EVERY) and against in asked:
            if one.kind is LintKind.NIGHT_WITHOUT_DAY:
                return Reason.NIGHT_WITHOUT_DAY
            return Reason.NIGHT_OVER_EVERY if odd.purpose is Purpose.NIGHT else Reason.GIVEN_OVER_EVERY
    return None


def eligibility_name(one: Eligibility) -> str:
    """Its words, as the head of its reasons."""
    return {
        Eligibility.MAY: _("May be sent to"),
        Eligibility.NEVER_ASKED: _("May go out, but nobody said yes"),
        Eligibility.MAY_NOT: _("May not"),
        Eligibility.CONTRADICTION: _("Contradiction: ask before sending"),
        Eligibility.UNKNOWN: _("Not known"),
        Eligibility.UNREADABLE: _("Not readable"),
    }[one]


def eligibility_glyph(one: Eligibility) -> str:
    """One character for it."""
    return {
        Eligibility.MAY: "✓",
        Eligibility.NEVER_ASKED: "?",
        Eligibility.MAY_NOT: "○",
        Eligibility.CONTRADICTION: "▲",
        Eligibility.UNKNOWN: "×",
        Eligibility.UNREADABLE: "×",
    }[one]


def eligibility_role(one: Eligibility) -> str:
    """Its colour, by the name in `text.roles`: amber may go out without a yes."""
    return {
        Eligibility.MAY: "given",
        Eligibility.NEVER_ASKED: "warn",
        Eligibility.MAY_NOT: "withdrawn",
        Eligibility.CONTRADICTION: "warn",
        Eligibility.UNKNOWN: "label",
        Eligibility.UNREADABLE: "danger",
    }[one]


def reason_name(reason: Reason, campaign: Campaign) -> str:
    """A reason in words, for that campaign."""
    given = _("given, by day and at night") if campaign.night else _("given")
    words = {
        Reason.GIVEN: given,
        Reason.NEVER_SET: _("{channel} by day was never set"),
        Reason.EVERY_NEVER_SET: _("given, every channel was never set"),
        Reason.NIGHT_NEVER_SET: _("{channel} at night was never set"),
        Reason.NIGHT_EVERY_NEVER_SET: _("given, all at night was never set"),
        Reason.INFO_NEVER_SET: _("informational was never set"),
        Reason.WITHDRAWN: _("{channel} advertising withdrawn"),
        Reason.EVERY_WITHDRAWN: _("every channel withdrawn"),
        Reason.NIGHT_WITHDRAWN: _("{channel} at night withdrawn"),
        Reason.NIGHT_EVERY_WITHDRAWN: _("every channel at night withdrawn"),
        Reason.INFO_WITHDRAWN: _("informational withdrawn"),
        Reason.NO_NIGHT_CONSENT: _("{channel} has no consent for the night"),
        Reason.GIVEN_OVER_EVERY: _("given, but every channel withdrawn"),
        Reason.NIGHT_OVER_EVERY: _("at night given, but all withdrawn"),
        Reason.NIGHT_WITHOUT_DAY: _("at night given, not by day"),
        Reason.UNKNOWN_USER: _("not known to the server"),
        Reason.NOT_IN_SNAPSHOT: _("not in the snapshot"),
        Reason.CONSENT_NOT_READABLE: _("a consent is not readable"),
        Reason.NOT_READ: _("could not be read"),
    }[reason]
    return words.format(channel=channel_name(campaign.channel))
