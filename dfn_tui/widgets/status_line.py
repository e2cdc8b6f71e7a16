"""The line at the top of every screen: where a change would go, and whether it is night in Korea."""

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


def night_words(night: Night) -> str:
    """`NIGHT 657 min left` inside the window, `day, night in 42 min` before it."""
    if night.inside:
        return _("NIGHT {minutes} min left").format(minutes=night.minutes)
    return _("day, night in {minutes} min").format(minutes=night.minutes)


FOLLOW_EVERY = 1.0
"""Seconds between two looks at a job that runs."""


class StatusLine(Widget):
    """Connection, environment, read-only, Korean time, night or day. Repainted once a minute, and as a job
    that runs over this connection goes on."""

    def __init__(self, context: "ConnectionContext | None", clock: Clock) -> None:
        super().__init__()
        self._connection_context = context
        self._clock = clock
        self._shown = Text()
        self._following: Timer | None = None

    def on_mount(self) -> None:
        self._following = self.set_interval(FOLLOW_EVERY, self._look_at_job, pause=True)
        self._minute()
        self.look_again()

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
        if self._shown != self._words():
            self.refresh()

    def _look_at_job(self) -> None:
        if self.screen.is_current:  # what lies beneath is painted when it comes up again
            self.look_again()

    def render(self) -> RenderResult:
        self._shown = self._words()
        left, right = self._shown.copy(), self._time(self._clock())
        room = self.size.width - right.cell_len - 2
        left.truncate(max(room, 0), overflow="ellipsis")
        gap = " " * max(1, self.size.width - left.cell_len - right.cell_len)
        return Text.assemble(left, gap, right, no_wrap=True)

    def _words(self) -> Text:
        context = self._connection_context
        if context is None:
            return Text(_("dfn-tui · no connection open"))
        connection = context.connection
        production = connection.environment is Environment.PRODUCTION
        text = Text()
        text.append(
            f" {environment_words(connection.environment)} ", "bold reverse red" if production else "reverse"
        )
        text.append(f" {sanitize(connection.name, 24)}", "bold")
        share = context.job_share()
        if share is not None:
            text.append(" · " + _("JOB {share} %").format(share=share), "bold")
        if context.mode.read_only:
            words = _("READ-ONLY ({source})").format(source=context.mode.source)
            text.append(" · " + words, "bold yellow")
        if context.token_in_memory:
            text.append(" · " + _("token in memory only"), "yellow")
        skew = context.clock_skew()
        if skew is not None:
            minutes = round(skew.total_seconds() / 60)
            text.append(" · " + _("server clock off by {minutes} min").format(minutes=minutes), "bold yellow")
        return text

    def _time(self, now: datetime) -> Text:
        night = night_at(now)
        text = Text(f"{korean_clock(now)} KST ")
        text.append(f" {night_words(night)} ", "bold reverse yellow" if night.inside else "")
        return text
