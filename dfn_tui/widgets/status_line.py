"""The line at the top of every screen: where a change would go, and whether it is night in Korea."""

from collections.abc import Callable, Iterator
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import RenderResult
from textual.timer import Timer
from textual.widget import Widget

from dfn_tui.config import Environment
from dfn_tui.consent.night import Night, night_at
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import Clock, korean_clock

if TYPE_CHECKING:
    from dfn_tui.service.context import ConnectionContext


def environment_words(environment: Environment) -> str:
    """The environment as the operator reads it, in capitals: it must not be mistaken."""
    return {
        Environment.PRODUCTION: _("PRODUCTION"),
        Environment.STAGING: _("STAGING"),
        Environment.SANDBOX: _("SANDBOX"),
    }[environment]


NIGHT_NEAR = 30
"""Minutes before the night in which it is told in amber."""


def night_badge(night: Night, *, short: bool = False) -> Text:
    """What is said of the night: an amber badge in the window and shortly before it, else a word at most."""
    if night.inside:
        hours, minutes = divmod(night.minutes, 60)
        left = _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
        words = _("▲ NIGHT until 08:00")
        return Text.assemble((f" {words} " if short else f" {words} ({left}) ", "badge.night"))
    if night.minutes <= NIGHT_NEAR:
        words = _("▲ NIGHT IN {minutes} MIN").format(minutes=night.minutes)
        return Text.assemble((f" {words} ", "badge.night"))
    return Text() if short else Text.assemble((_("night from 21:00"), "label"))


def environment_badge(environment: Environment) -> Text:
    """The environment on the colour that it has everywhere."""
    style = "badge.production" if environment is Environment.PRODUCTION else "badge"
    return Text.assemble((f" {environment_words(environment)} ", style))


FOLLOW_EVERY = 1.0
"""Seconds between two looks at a job that runs."""


class StatusLine(Widget):
    """Where the operator is: environment, connection, what is to be known of it, the place; Korean time and
    the night. Repainted once a minute, and as a job that runs over this connection goes on.

    Where room is short, what is said of the night by day goes first, then the place and the version. What a
    write depends on is never cut before these.
    """

    def __init__(self, context: "ConnectionContext | None", clock: Clock, place: str = "") -> None:
        super().__init__()
        self._connection_context = context
        self._clock = clock
        self._place: tuple[str, ...] = (place,) if place else ()
        self._shown = Text()
        self._following: Timer | None = None

    def on_mount(self) -> None:
        self._following = self.set_interval(FOLLOW_EVERY, self._look_at_job, pause=True)
        self._minute()
        self.look_again()

    def say_place(self, *words: str) -> None:
        """Names the screen, and then what is to be known of it, the most important first. All inert."""
        if words != self._place:
            self._place = words
            self.refresh()

    def reword(self, told: Callable[[str], str]) -> None:
        """Names the screen anew."""
        self.say_place(*map(told, self._place))

    def _minute(self) -> None:
        """Repaints, and again at the next minute."""
        self.refresh()
        now = self._clock()
        self.set_timer(max(1, ceil(60 - now.second - now.microsecond / 1e6)), self._minute)

    def look_again(self) -> None:
        """Repaints where the connection has something new to say, the server's clock for one. Looks now and
        then by itself for as long as a job runs."""
        if self._connection_context is None or self._following is None:
            return
        if self._connection_context.job_share() is None:
            self._following.pause()
        else:
            self._following.resume()
        if self._shown != self._line():
            self.refresh()

    def _look_at_job(self) -> None:
        if self.screen.is_current:  # what lies beneath is painted when it comes up again
            self.look_again()

    def render(self) -> RenderResult:
        self._shown = self._line()
        return self._shown

    def _line(self) -> Text:
        width = self.size.width
        left, right = Text(), Text()
        for left, right in self._from_long_to_short():
            if left.cell_len + right.cell_len + 2 <= width:
                break
        left.truncate(max(width - right.cell_len - 2, 0), overflow="ellipsis")
        gap = " " * max(1, width - left.cell_len - right.cell_len)
        return Text.assemble(left, gap, right, no_wrap=True, end="")

    def _from_long_to_short(self) -> Iterator[tuple[Text, Text]]:
        """The left and the right side, with ever less of what can be missed."""
        now = self._clock()
        long, short = self._time(now), self._time(now, short=True)
        for count in range(len(self._place), -1, -1):
            place = Text()
            if count:
                place.append("  │  ", "faint").append(self._place[0], "bold")
                for words in self._place[1:count]:
                    place.append(f" · {words}", "label")
            if count == len(self._place):
                yield self._where().append_text(place), long
            yield self._where().append_text(place), short
        yield self._where(short=True), short

    def _where(self, *, short: bool = False) -> Text:
        context = self._connection_context
        if context is None:
            return Text.assemble((" dfn-tui", "bold"))
        connection = context.connection
        text = environment_badge(connection.environment)
        text.append(f" {sanitize(connection.name, 24)}", "bold")
        if not short:
            text.append(f" {connection.api.value}", "label")
        for words, style in self._remarks(context, short=short):
            text.append(" · ", "label").append(words, style)
        return text

    def _remarks(self, context: "ConnectionContext", *, short: bool) -> Iterator[tuple[str, str]]:
        """What is to be known of the connection at this moment, and in which style."""
        share = context.job_share()
        if share is not None:
            yield _("JOB {share} %").format(share=share), "bold"
        if context.mode.read_only:
            words = _("READ-ONLY") if short else _("READ-ONLY ({source})")
            yield words.format(source=context.mode.source), "strong.warn"
        skew = context.clock_skew()
        if skew is not None:
            words = _("clock off {minutes} min") if short else _("server clock off by {minutes} min")
            yield words.format(minutes=round(skew.total_seconds() / 60)), "strong.warn"
        if count := context.not_archived():
            words = _("{count} not archived") if short else _("{count} entries not archived yet")
            yield words.format(count=f"{count:,}"), "warn"
        if context.token_in_memory:
            yield _("token in memory") if short else _("token in memory only"), "warn"

    def _time(self, now: datetime, *, short: bool = False) -> Text:
        night = night_badge(night_at(now), short=short)
        return Text.assemble(
            (korean_clock(now), "bold"), (" KST", "label"), "  " if night else "", night, " "
        )
