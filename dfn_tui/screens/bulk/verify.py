"""Verifying: who of a job is not as it wanted them, at this moment."""

import shlex

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.dialogs import PAINT_EVERY
from dfn_tui.screens.bulk.drawing import share_bar
from dfn_tui.screens.bulk.format import field_words
from dfn_tui.service.bulk.input.records import shown_user
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.verifying import Drift
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import value_words
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.widgets.plain_text import PlainText

SHOWN = 200
"""Users that are named; of the others only their number is told."""


class VerifyScreen(SessionScreen[None]):
    """Reads on opening; leaving stops it. Nothing is sent."""

    PLACE = N_("Verify")
    AUTO_FOCUS = "#what"

    def __init__(self, bulk: BulkSession, job: JobSummary) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._job = job

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", classes="panel", can_focus=True):
            yield PlainText(id="bar")
            yield PlainText(id="drift")

    def on_mount(self) -> None:
        self.set_interval(PAINT_EVERY, self._paint)
        self._begin()

    def _begin(self) -> None:
        self._read = self._drifted = 0
        self._over = False
        self._lines: list[str] = []
        self._verify()
        self._paint()

    @work(group="verify", exclusive=True)
    async def _verify(self) -> None:
        with self.showing_errors(retry=self._begin):
            async for drift in self._bulk.verify(self._job.record.id, self._show_progress):
                self._drifted += 1
                if len(self._lines) < SHOWN:
                    self._lines.append(self._words(drift))
            self._over = True
        self._paint()

    def _show_progress(self, users: int) -> None:
        self._read += users

    def _words(self, drift: Drift) -> str:
        who = shown_user(*drift.user)
        found = [
            _("{name} is {now}, not {wanted}").format(
                name=field_words(change),
                now=value_words(change, now, revealed=False),
                wanted=value_words(change, change.after, revealed=False),
            )
            for change, now in drift.fields
        ]
        if drift.failure:
            found.append(_("could not be read. {why}").format(why=sanitize(drift.failure, 200)))
        return f"{who}: {', '.join(found)}"

    def _paint(self) -> None:
        read = _("{read} of {total} users read").format(read=f"{self._read:,}", total=f"{self._job.total:,}")
        drifted = ngettext("{users} is not as wanted", "{users} are not as wanted", self._drifted)
        words = f"{read} · {drifted.format(users=f'{self._drifted:,}')}"
        if self._over and not self._drifted:
            words = _("All {total} users are as wanted.").format(total=f"{self._job.total:,}")
        elif not self._over and not self._drifted:
            words = read
        lines = list(self._lines)
        if self._drifted > len(lines):
            job, connection = sanitize(self._job.record.id, 60), sanitize(self.session.connection.name, 64)
            command = shlex.join(["dfn-tui", "bulk", "verify", job, "-c", connection])
            lines.append(_("These are the first ones. All of them: {command}").format(command=command))
        frame = self.query_one("#what")
        frame.border_title = words
        share = 100 * self._read // self._job.total if self._job.total else 100
        over = self._over or not frame.content_size.width
        self.say("#bar", Text() if over else share_bar(share, frame.content_size.width))
        self.say("#drift", "\n".join(lines))
