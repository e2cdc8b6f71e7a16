"""The pre-flight of a campaign: who of some users may be sent to at a time, and why the others may not."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.consent.campaign import (
    Campaign,
    Eligibility,
    eligibility_glyph,
    eligibility_name,
    eligibility_role,
    reason_name,
)
from dfn_tui.consent.flags import SENDING_CHANNELS, Channel
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.night import night_at
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import ChoiceDialog, FormDialog, PathDialog, ask
from dfn_tui.screens.lookup.rows import in_batches
from dfn_tui.service.bulk.preflight import JudgedUser, PreflightReport
from dfn_tui.service.bulk.preflight_format import (
    campaign_name,
    may_words,
    night_words,
    percent_of,
    read_words,
    unfit_words,
    verdict_bar,
    verdicts_in_order,
)
from dfn_tui.service.bulk.preflight_lists import CampaignLists
from dfn_tui.service.bulk.sending_time import sending_time
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, padded, width
from dfn_tui.text.korea import file_stamp, spoken_time
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import KEEP, bindings, key
from dfn_tui.widgets.lines import in_colours
from dfn_tui.widgets.plain_text import PlainText

_MOST_CELLS, _FEWEST_CELLS = 48, 6


class TimeDialog(FormDialog[datetime]):
    """Asks when a campaign goes out."""

    def __init__(self, now: datetime) -> None:
        super().__init__(_("When does it go out?"), _("Judge for this time"))
        self._now = now

    def fields(self) -> ComposeResult:
        yield PlainText(_("Korean time: today, or tomorrow where that is over; or a date with a time"))
        yield Field(id="time", placeholder="21:10")

    async def result(self) -> datetime:
        return sending_time(self.typed("time"), self._now)


class PreflightScreen(SessionScreen[None]):
    """Reads the users anew, once; for another time or channel they are judged again as they were read.
    Nothing is written to the platform."""

    PLACE = N_("Pre-flight")
    AUTO_FOCUS = "#what"
    BINDINGS = bindings(
        key("t", "time", N_("Other time"), "preflight.time", N_("Judge for another time")),
        key("c", "channel", N_("Other channel"), "preflight.channel", N_("Judge for another channel")),
        key("e", "export", N_("Write the lists"), "preflight.export", N_("Who may be sent to, and who not")),
        key("f5,R", "read", N_("Read again"), "preflight.read", N_("Read these users again"), group=KEEP),
    )

    def __init__(self, session: Session, identities: Sequence[Identity]) -> None:
        super().__init__(session)
        self._identities = identities
        self._channel = Channel.SMS
        self._at: datetime | None = None
        self._records: list[UserRecord] = []

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", classes="panel", can_focus=True):
            yield PlainText(id="said")
            yield PlainText(id="reasons")

    def on_mount(self) -> None:
        self._read()

    def on_resize(self) -> None:
        self._paint()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        self._records = []
        self._paint()
        with self.showing_errors(retry=self._read):
            async for records in in_batches(self.session.look_up(self._identities), 200):
                self._records += records
                self._paint()
        self.refresh_bindings()

    @property
    def _whole(self) -> bool:
        return len(self._records) == len(self._identities)

    def _judged(self) -> tuple[PreflightReport, datetime, list[JudgedUser]]:
        at = self._at or self.session.clock()
        campaign = Campaign(self._channel, night_at(at).inside)
        report = PreflightReport(campaign, self.session.capabilities.flags)
        return report, at, [report.add(record) for record in self._records]

    def _paint(self) -> None:
        report, at, _users = self._judged()
        frame = self.query_one("#what", VerticalScroll)
        words = _("{users} users, {at} KST").format(users=f"{len(self._identities):,}", at=spoken_time(at))
        name = campaign_name(report.campaign)
        title = Text.assemble((name[:1].upper() + name[1:], "bold"), (f" · {words}", "label"))
        frame.border_title = in_colours(title, self.app.console)
        self.say("#said", self._said(report, at))
        self.say("#reasons", _reasons(report, frame.content_size.width))

    def _said(self, report: PreflightReport, at: datetime) -> Text:
        if not self._whole:
            words = _("{done} of {total} read · esc leaves")
            return Text(words.format(done=f"{report.read:,}", total=f"{len(self._identities):,}"))
        lines = [
            (_mark("▲ ", night_words(report.campaign, at)), "strong.warn"),
            (may_words(report), "bold"),
            (_mark("✗ ", unfit_words(report)), "strong.danger"),
            (read_words(report), "label"),
        ]
        return Text("\n").join([Text(words, style) for words, style in lines if words])

    # What the keys do.

    def action_time(self) -> None:
        """Asks for another time, and judges for it."""

        def take(at: datetime) -> None:
            self._at = at
            self._paint()

        ask(self.app, TimeDialog(self.session.clock()), take)

    def action_channel(self) -> None:
        """Asks for another channel, and judges for it."""

        def take(channel: str) -> None:
            self._channel = Channel(channel)
            self._paint()

        choices = [(channel.value, channel_name(channel)) for channel in SENDING_CHANNELS]
        ask(self.app, ChoiceDialog(_("The campaign goes out by"), choices), take)

    def action_read(self) -> None:
        self._read()

    def action_export(self) -> None:
        """Asks where to, and writes both lists there."""
        report, at, users = self._judged()
        prompt = _("Who may be sent to, to this new file; who may not to the one beside it:")
        path = f"./{self._channel}-{file_stamp(at)}.may.csv"

        async def write(name: str) -> Path:
            return await asyncio.to_thread(_write, report, users, name)

        ask(self.app, PathDialog(_("Write the lists"), prompt, _("Write"), path, write), self.tell_written)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There are no lists before all were read."""
        return action != "export" or self._whole


def _mark(sign: str, words: str) -> str:
    return sign + words if words else ""


def _write(report: PreflightReport, users: Sequence[JudgedUser], name: str) -> Path:
    may = Path(name.strip()).expanduser()
    stem = may.name.removesuffix(".csv").removesuffix(".may")
    kind = users[0].record.identity.kind.value
    with CampaignLists(report, kind, may, may.with_name(f"{stem}.may-not.csv")) as lists:
        lists.keep(users)
        return lists.finish()[0].path


def _reasons(report: PreflightReport, cells: int) -> Text:
    """A line for each reason, below what it comes to, with a bar."""
    text = Text(no_wrap=True)
    names = {one: reason_name(one.reason, report.campaign) for one in report.counts}
    widest = max(map(width, names.values()), default=0)
    room = min(cells - widest - 24, _MOST_CELLS)
    before: Eligibility | None = None
    for verdict in verdicts_in_order(report):
        kind, users = verdict.eligibility, report.counts[verdict]
        if kind is not before:
            text.append(f"\n{eligibility_name(kind)}\n", "label")
            before = kind
        role = eligibility_role(kind)
        text.append(f"  {eligibility_glyph(kind)} ", role).append(padded(names[verdict], widest))
        text.append(f"{users:>9,}", "bold").append(f"{percent_of(users, report.read):>6.1f} %  ", "label")
        if room >= _FEWEST_CELLS:
            text.append(verdict_bar(report, verdict, room), role)
        text.append("\n")
    return text
