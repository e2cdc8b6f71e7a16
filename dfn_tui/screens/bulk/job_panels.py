"""The panels of a job: what it does and how far it is, how fast, and what of the limit it takes."""

from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from dfn_tui.screens.bulk.drawing import JobTimes, rate_chart, share_bar, time_line
from dfn_tui.screens.bulk.format import counts_text, state_text, wanted_text
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT
from dfn_tui.service.bulk.run.format import (
    doing_words,
    held_up_words,
    limit_words,
    share_of,
    under_way_words,
)
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import RunProgress
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.text import _, padded, sanitize
from dfn_tui.text.korea import korean_clock, spoken_time
from dfn_tui.widgets.plain_text import PlainText

_CHART_ROWS = 2


class JobPanel(Vertical):
    """What a job changes, how far it is, and where on the clock it ends."""

    def __init__(self, job: str) -> None:
        super().__init__(id="job", classes="panel")
        self._job = job
        self._found: Totals | None = None
        self.say_state(Text(_("reading…")))

    def compose(self) -> ComposeResult:
        for id in ("wanted", "held", "bar", "counts", "line"):
            yield PlainText(id=id)

    def say_state(self, state: Text, since: str = "") -> None:
        """Says where the job stands, in the frame."""
        self.border_title = Text.assemble(_("Job {job}: ").format(job=sanitize(self._job, 60)), state)
        self.border_subtitle = since

    def say_what(self, found: Totals | None, reason: str) -> None:
        """Says what the job changes, and why."""
        self._found = found
        text = wanted_text(found) if found is not None else Text()
        if reason:
            text.append(" · " if text else "", "label").append(sanitize(reason, 200), "label")
        self._say("wanted", text)

    def _say(self, id: str, words: Text | str) -> None:
        self.query_one(f"#{id}", PlainText).say(words)

    @property
    def _room(self) -> int:
        return max(self.content_size.width, 10)

    def show_run(self, run: Run, progress: RunProgress, now: datetime) -> None:
        """A run at this moment."""
        self.say_state(
            Text(_("under way")), _("since {clock} KST").format(clock=korean_clock(run.record.begun))
        )
        self._say("held", Text(held_up_words(progress, now), "strong.warn"))
        self._say("bar", share_bar(share_of(progress), self._room))
        self._say("counts", counts_text(progress.counts, progress.total, to_read=run.reads_back))
        left = progress.seconds_left
        ends = None if left is None or progress.paused else now + timedelta(seconds=left)
        grants = self._found is not None and bool(self._found.granted)
        line, below = time_line(JobTimes(run.record.begun, now, ends, grants), self._room)
        self._say("line", Text("\n").join([line, below]))

    def show_summary(self, job: JobSummary) -> None:
        """A job that does not run here."""
        self.say_state(state_text(job))
        share = 100 * job.done // job.total if job.total else 100
        self._say("held", "")
        self._say("bar", share_bar(share, self._room))
        self._say("counts", counts_text(job.ended, job.total, to_read=False, in_snapshot=job.blind))
        words = _("begun {time} KST").format(time=spoken_time(job.record.begun))
        if job.record.ended is not None:
            words += " · " + _("ended {clock}").format(clock=korean_clock(job.record.ended))
        self._say("line", Text(words, "label"))


class PacePanels(Horizontal):
    """How fast a run goes, and what of the documented limit it takes. The limit is in requests, so the curve
    is, too: its top is what the job is held to."""

    chart = getters.query_one("#chart", PlainText)

    def __init__(self) -> None:
        super().__init__(id="pace")

    def compose(self) -> ComposeResult:
        with Vertical(id="rate", classes="panel") as rate:
            rate.border_title = Text.assemble(_("Rate"), (" " + _("requests a minute"), "label"))
            rate.border_subtitle = _("last 5 min")
            yield PlainText(id="chart")
            yield PlainText(id="doing")
            yield PlainText(id="held-to")
        with Vertical(id="limit", classes="panel") as limit:
            limit.border_title = Text.assemble(
                _("Limit"), (" " + _("{limit} a minute").format(limit=f"{DOCUMENTED_LIMIT:,}"), "label")
            )
            yield PlainText(id="share")
            yield PlainText(id="troubled")

    def show_run(self, run: Run, progress: RunProgress, now: datetime) -> None:
        """A run at this moment."""
        limiter = run.rate_limiter
        words = _("requests a minute, at most {limit}").format(limit=f"{progress.limit:,}")
        self.query_one("#rate").border_title = Text.assemble(_("Rate"), (" " + words, "label"))
        top = f"{progress.limit:,} "
        room = max(self.chart.content_size.width - len(top), 4)
        rates = limiter.meter.a_minute(limiter.now)
        rows = rate_chart(rates, progress.limit, room, _CHART_ROWS)
        sides = [top, *["".rjust(len(top))] * (_CHART_ROWS - 2), "0 ".rjust(len(top))]
        lines = [Text.assemble((side, "label"), row) for side, row in zip(sides, rows, strict=True)]
        self.chart.say(Text("\n").join(lines))
        speed = progress.users_per_second * 60
        words = _("{users} users a minute").format(users=f"{speed:,.0f}")
        under_way = under_way_words(progress, limiter.under_way)
        self.query_one("#doing", PlainText).say(
            Text.assemble((words, "bold"), (f" · {doing_words(progress)} · {under_way}", "label"))
        )
        self.query_one("#held-to", PlainText).say(Text(limit_words(progress, limiter.under_way), "label"))
        self._show_limit(run, now)

    def _show_limit(self, run: Run, now: datetime) -> None:
        limiter, meter = run.rate_limiter, run.rate_limiter.meter
        share = min(100 * meter.last_minute(limiter.now) // DOCUMENTED_LIMIT, 100)
        widget = self.query_one("#share", PlainText)
        label = _("this job") + " "
        widget.say(
            Text.assemble((label, "label"), share_bar(share, widget.content_size.width - cell_len(label)))
        )
        rows = [
            (_("put off"), _("{count} times").format(count=f"{meter.put_off:,}")),
            (_("sent again"), _("{count} users").format(count=f"{run.sent_again:,}")),
        ]
        if meter.slowest is not None:
            latency, at = meter.slowest
            then = now - timedelta(seconds=limiter.now - at)
            words = _("{seconds:.1f} s at {clock}").format(seconds=latency, clock=korean_clock(then))
            rows.append((_("slowest"), words))
        self.query_one("#troubled", PlainText).say(
            Text("\n").join([Text.assemble((padded(name, 12), "label"), words) for name, words in rows])
        )
