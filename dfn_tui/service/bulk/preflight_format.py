"""What a pre-flight found, in words for the console and for commands."""

from datetime import datetime

from dfn_tui.consent.campaign import Campaign, CampaignVerdict, Eligibility, Reason
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.night import night_at
from dfn_tui.service.bulk.preflight import PreflightReport
from dfn_tui.service.snapshots.format import age_words
from dfn_tui.text import _, ngettext
from dfn_tui.text.korea import korean_clock

_SOON = 60
"""Minutes before the night in which it is told: a campaign takes its time to go out."""
_REASONS, _ELIGIBILITIES = list(Reason), list(Eligibility)
_BLOCKS = {Eligibility.MAY: "█", Eligibility.NEVER_ASKED: "▒", Eligibility.CONTRADICTION: "▒"}


def campaign_name(campaign: Campaign) -> str:
    """What is sent."""
    channel = channel_name(campaign.channel)
    if campaign.informational:
        return _("informational messages by {channel}").format(channel=channel)
    return _("advertising by {channel}").format(channel=channel)


def verdicts_in_order(report: PreflightReport) -> list[CampaignVerdict]:
    """The verdicts that were given, those of one eligibility together."""
    return sorted(
        report.counts, key=lambda one: (_ELIGIBILITIES.index(one.eligibility), _REASONS.index(one.reason))
    )


def percent_of(users: int, total: int) -> float:
    """A share of all, with one decimal."""
    return round(100 * users / total, 1) if total else 0.0


def verdict_bar(report: PreflightReport, verdict: CampaignVerdict, cells: int) -> str:
    """A bar of at most so many cells: the commonest verdict has all of them, and each at least one."""
    most = max(report.counts.values(), default=1)
    return _BLOCKS.get(verdict.eligibility, "░") * max(1, round(report.counts[verdict] / most * cells))


def night_words(campaign: Campaign, at: datetime) -> str:
    """What the night has to do with it, if anything."""
    if campaign.informational:
        return ""
    if campaign.night:
        return _("That is at night: each person needs the consent for the day and the one for the night.")
    minutes = night_at(at).minutes
    if minutes > _SOON:
        return ""
    words = _("The night begins {minutes} min later: what has not gone out by then needs the night consent.")
    return words.format(minutes=minutes)


def may_words(report: PreflightReport) -> str:
    """How many may be sent to, and how many could be by day."""
    words = _("{count} of {users} users may be sent to.")
    said = words.format(count=f"{report.to_send:,}", users=f"{report.users:,}")
    if report.campaign.night:
        said += " " + _("By day it would be {count}.").format(count=f"{report.by_day:,}")
    return said


def unfit_words(report: PreflightReport) -> str:
    """That the list as given must not be used, where somebody on it may not be sent to."""
    others = report.users - report.to_send
    if not others:
        return ""
    words = ngettext(
        "The list as given must not be used: for {count} person nobody can show a yes.",
        "The list as given must not be used: for {count} people nobody can show a yes.",
        others,
    )
    return words.format(count=f"{others:,}")


def read_words(report: PreflightReport, now: datetime) -> str:
    """When the consents were read, or how old the snapshot is."""
    if report.began is None or report.ended is None:
        return ""
    if report.by_snapshot:
        words = _("By a snapshot, {age}: take another one before anything goes out later.")
        return words.format(age=age_words(report.began, now))
    words = _("Consents as of {began} to {ended} KST: read again before anything goes out later.")
    began, ended = (korean_clock(one, seconds=True) for one in (report.began, report.ended))
    return words.format(began=began, ended=ended)


def never_words(report: PreflightReport) -> str:
    """What became of those who were never asked, where there are any."""
    never = sum(n for one, n in report.counts.items() if one.eligibility is Eligibility.NEVER_ASKED)
    if not never:
        return ""
    if not report.include_never_set:
        words = _("Never set is on neither list ({count}): --include-never-set takes it in.")
        return words.format(count=f"{never:,}")
    words = ngettext(
        "Taken in, though they never said yes: {count} user.",
        "Taken in, though they never said yes: {count} users.",
        never,
    )
    return words.format(count=f"{never:,}")
