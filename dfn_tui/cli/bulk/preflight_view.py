"""What a pre-flight found, as a table with bars, and as records for programs."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dfn_tui.cli.colours import columns_of
from dfn_tui.cli.forms import RecordView
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.campaign import (
    Campaign,
    CampaignVerdict,
    Eligibility,
    eligibility_glyph,
    eligibility_name,
    eligibility_role,
    reason_name,
)
from dfn_tui.service.bulk.preflight import PreflightReport
from dfn_tui.service.bulk.preflight_format import percent_of, verdict_bar, verdicts_in_order
from dfn_tui.service.bulk.preflight_lists import WrittenList
from dfn_tui.text import _, width

_COLUMNS = ("record", "result", "reason", "users", "percent", "path", "sha256")
_MOST_CELLS, _FEWEST_CELLS = 48, 8
_BESIDE = 26  # cells of a line that neither the words nor the bar take


class PreflightRecord(NamedTuple):
    """A record of the output, and the verdict that it counts; None for the list as a whole and for files."""

    data: Mapping[str, object]
    verdict: CampaignVerdict | None = None


def records(
    report: PreflightReport, at: datetime, written: Sequence[tuple[str, WrittenList]]
) -> Iterator[PreflightRecord]:
    """A record for each reason, one for the list, and one for each file, which is of those who may or not."""
    taken = report.taken
    assert taken is not None
    for verdict in verdicts_in_order(report):
        users = report.counts[verdict]
        found = {"result": verdict.eligibility.value, "reason": verdict.reason.value, "users": users}
        yield PreflightRecord(
            {"record": "reason"} | found | {"percent": percent_of(users, taken.users)}, verdict
        )
    campaign = report.campaign
    yield PreflightRecord(
        {
            "record": "list",
            "result": Eligibility.MAY.value if report.whole else Eligibility.MAY_NOT.value,
            "users": taken.users,
            "may": report.to_send,
            "may_by_day": report.by_day if campaign.night else report.to_send,
            "bad": taken.bad,
            "duplicates": taken.duplicates,
            "blank": taken.blank,
            "channel": campaign.channel.value,
            "informational": campaign.informational,
            "at": at.isoformat(timespec="seconds"),
            "night": campaign.night,
            "include_never_set": report.include_never_set,
            "read_from": report.began.isoformat(timespec="seconds") if report.began else None,
            "read_to": report.ended.isoformat(timespec="seconds") if report.ended else None,
            "by_snapshot": report.by_snapshot,
        }
    )
    for result, one in written:
        found = {"record": "file", "result": result, "users": one.users, "path": str(one.path)}
        yield PreflightRecord(found | {"sha256": one.digest})


def preflight_view(report: PreflightReport) -> RecordView[PreflightRecord]:
    """The reasons below what they come to, with a bar each where somebody looks at it."""
    headings = (Heading(_("why")), Heading(_("users"), right=True), Heading("", right=True), Heading(""))
    firsts: dict[Eligibility, CampaignVerdict] = {}
    for verdict in verdicts_in_order(report):
        firsts.setdefault(verdict.eligibility, verdict)
    widest = max((width(_words(one, report.campaign)) for one in report.counts), default=0)
    columns = columns_of(sys.stdout)
    room = 0 if columns is None else min(columns - widest - _BESIDE, _MOST_CELLS)

    def cells(one: PreflightRecord) -> Iterator[Row]:
        none, verdict = TableCell(""), one.verdict
        if verdict is not None:
            kind = verdict.eligibility
            if firsts[kind] is verdict:
                yield TableCell(eligibility_name(kind), "label"), none, none, none
            users = report.counts[verdict]
            share = f"{percent_of(users, report.read):.1f} %"
            bar = verdict_bar(report, verdict, room) if room >= _FEWEST_CELLS else ""
            role = eligibility_role(kind)
            words = TableCell(_words(verdict, report.campaign), role)
            yield words, TableCell(f"{users:,}"), TableCell(share, "label"), TableCell(bar, role)
        elif one.data["record"] == "list":
            assert report.taken is not None
            repeated = _("{count} repeated, {bad} not understood").format(
                count=f"{report.taken.duplicates:,}", bad=f"{report.taken.bad:,}"
            )
            yield (
                TableCell(_("users in the list")),
                TableCell(f"{report.taken.users:,}"),
                none,
                TableCell(repeated, "label"),
            )

    return RecordView(lambda one: one.data, _COLUMNS, headings, cells)


def _words(verdict: CampaignVerdict, campaign: Campaign) -> str:
    return f"  {eligibility_glyph(verdict.eligibility)} {reason_name(verdict.reason, campaign)}"
