"""A job: how far it is while it runs, how its users ended, and what can be done next."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.base import is_seen
from dfn_tui.screens.bulk.dialogs import MakingDialog
from dfn_tui.screens.bulk.format import job_lines
from dfn_tui.screens.bulk.job_panels import JobPanel, PacePanels
from dfn_tui.screens.bulk.steering import SteeredJob
from dfn_tui.screens.bulk.troubles import Troubles
from dfn_tui.screens.bulk.verify import VerifyScreen
from dfn_tui.screens.dialogs import ChoiceDialog, PathDialog, ask
from dfn_tui.screens.messages import PlanRequested
from dfn_tui.service.bulk.asking import default_plan_file, new_plan_file
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.bulk.run.results import write_results
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.bulk.troubles import TROUBLED
from dfn_tui.service.change_format import outcome_words
from dfn_tui.text import N_, _, ngettext
from dfn_tui.widgets.keys import FIND, KEEP, bindings, key
from dfn_tui.widgets.plain_text import PlainText

_ALL = "all"
_TAKE_IN = "take-in"
PAINT_EVERY = 1.0
"""Seconds between two looks at a run."""
LOOK_EVERY = 5.0
"""Seconds between two looks at the file of a job that another process runs."""


class JobScreen(SteeredJob):
    """The job of that id. It runs on when this screen is left, and shows itself in the status line then.
    Painted once a second while it runs and can be seen."""

    PLACE = N_("Job")
    BINDINGS = bindings(
        key("p", "pause", N_("Pause"), "job.pause", N_("Send nothing for now, or go on")),
        key("s", "stop", N_("Stop"), "job.stop", N_("Stop after what is under way; resume it later")),
        key("minus", "slower", N_("Slower"), "job.slower", N_("Fewer requests a minute")),
        key("plus", "faster", N_("Faster"), "job.faster", N_("More requests a minute")),
        key("r", "resume", N_("Resume"), "job.resume", N_("Go on where it was left")),
        key("t", "failed", N_("Try again"), "job.failed", N_("Do those that failed once more")),
        key("u", "undo", N_("Undo…"), "job.undo", N_("Make a plan that takes the job back")),
        key("v", "verify", N_("Verify"), "job.verify", N_("Who is not as wanted now?")),
        key("f", "filter", N_("Filter"), "job.filter", N_("Show only who ended in one way"), group=FIND),
        key(
            "e",
            "results",
            N_("Export…"),
            "job.results",
            N_("Write how each user ended to a file"),
            group=KEEP,
        ),
        key("A", "abort", N_("Give up…"), "job.abort", N_("Stop for good: it cannot be resumed")),
        key(
            "f5,R", "look", N_("Read again"), "job.look", N_("Read it and its users"), show=False, group=KEEP
        ),
    )

    AUTO_FOCUS = "DataTable"

    pace = getters.query_one(PacePanels)
    troubles = getters.query_one(Troubles)

    def __init__(self, bulk: BulkSession, id: str) -> None:
        super().__init__(bulk, id)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high"), (32, "-roomy")]
        self._live = False
        self._troubled = 0

    def body(self) -> ComposeResult:
        yield JobPanel(self.job)
        yield PacePanels()
        with VerticalScroll(id="about", classes="panel", can_focus=False) as about:
            about.border_title = _("As approved")
            yield PlainText(id="lines")
        troubles = Troubles(self._bulk, self.job)
        troubles.add_class("panel")
        yield troubles
        words = _("Leaving this screen or connection does not stop it: s and quitting do.")
        yield PlainText(words, id="leave", classes="hint")

    def on_mount(self) -> None:
        self._switch(live=self._run is not None)
        self.call_after_refresh(self.paint)  # its widgets have a width by then
        self.set_interval(PAINT_EVERY, self.paint)
        self.set_interval(LOOK_EVERY, self._look_elsewhere)
        self._begin_reading()

    @work(group="plan")
    async def _begin_reading(self) -> None:
        """Reads what the job changes, then who failed; how it stands as well, unless it runs here."""
        with self.showing_errors(retry=self._begin_reading):
            await self._bulk.unseal(self.job)
            found, record = await asyncio.to_thread(self._read_plan)
            self._scope = found.scope
            self.panel.say_what(found, record.reason)
            self.troubles.ask()
        if not self._live:
            self.look()

    def _read_plan(self) -> tuple[Totals, JobRecord]:
        with self._bulk.jobs.open(self.job) as job:
            return totals(job.plan), job.record

    def on_screen_resume(self) -> None:
        """What went on meanwhile is shown at once."""
        self.paint()

    def _switch(self, *, live: bool) -> None:
        """Shows what there is to be seen while a job runs here, or else what was approved."""
        self._live = live
        self.pace.display = self.query_one("#leave").display = live
        self.query_one("#about").display = not live
        self.refresh_bindings()

    def paint(self) -> None:
        """Shows how far the run is; at its end, how it ended."""
        if not is_seen(self):
            return  # nobody sees it
        run = self._run
        if run is None:
            if self._live:
                self._switch(live=False)
                self.look()
                self._tell_why()
            return
        if not self._live or self._summary is not None:
            self._summary = None
            self._switch(live=True)
        progress, now = run.progress(), self.session.clock()
        self.panel.show_run(run, progress, now)
        self.pace.show_run(run, progress, now)
        self._show_troubles(progress.counts, live=True)

    def follow_run(self) -> None:
        self._switch(live=True)  # it may be over already
        self.paint()

    def _show_troubles(self, counts: "dict[Outcome, int]", *, live: bool) -> None:
        """Reads them anew where they became others."""
        troubled = sum(counts.get(one, 0) for one in TROUBLED)
        self.troubles.say_counts(counts, live=live)
        if troubled != self._troubled:
            self._troubled = troubled
            self.troubles.look_again()

    def _look_elsewhere(self) -> None:
        """A job that another process runs goes on there."""
        if is_seen(self) and self._summary is not None and self._summary.under_way:
            self.look()

    def _tell_why(self) -> None:
        run = self._bulk.run
        if run is not None and run.record.id == self.job and run.error is not None:
            self.tell(run.error, retry=self.action_resume)

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Reads how the job stands from its file."""
        with self.showing_errors():
            self._summary = await asyncio.to_thread(self._bulk.jobs.summary, self.job)
            if self._live:
                return
            self.panel.show_summary(self._summary)
            self.say("#lines", "\n".join(job_lines(self._summary)))
            if not self._summary.locked:
                self._show_troubles(self._summary.ended, live=False)
            self.status_line.look_again()
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run, job = self._run, self._summary
        if action in ("pause", "slower", "faster", "stop", "abort"):
            return run is not None
        if action in ("resume", "failed", "verify", "undo"):
            if run is not None or job is None or job.under_way or self._starting:
                return False
            if action == "resume":
                return job.unfinished or bool(job.ended.get(Outcome.UNKNOWN))
            if action == "failed":
                return job.repeatable
            by_snapshot = self.session.snapshots is not None and not job.unfinished
            return action == "undo" or bool(self.session.capabilities.read_by) or by_snapshot
        if action == "filter":
            return bool(self.troubles.table.items) or self.troubles.only is not None
        return True

    @work(exclusive=True, group="users")
    async def action_look(self) -> None:
        """Reads how the job stands, and who of its users are listed: their names, and what is there now."""
        if self._run is None:
            self.look()
        with self.showing_errors():
            await self.troubles.read_users()

    def action_filter(self) -> None:
        """Asks which of those that did not come out as wanted are listed."""

        def choose(answer: str) -> None:
            self.troubles.only = None if answer == _ALL else Outcome(answer)
            self._troubled = -1  # read anew with the next look
            if self._live:
                self.paint()
            else:
                self.look()

        choices = [(_ALL, _("all")), *((one.value, outcome_words(one)) for one in TROUBLED)]
        ask(self.app, ChoiceDialog(_("Show only"), choices), choose)

    @on(Troubles.UserOpened)
    def _open_user(self, event: Troubles.UserOpened) -> None:
        from dfn_tui.screens.user.screen import UserScreen  # noqa: PLC0415  not every job needs it

        self.app.push_screen(UserScreen(self.session, event.identity))

    def action_verify(self) -> None:
        """Reads every user again, and shows who is not as wanted."""
        if self._summary is not None:
            self.app.push_screen(VerifyScreen(self._bulk, self._summary))

    @work(group="undo", exclusive=True)
    async def action_undo(self) -> None:
        """Makes the plan that takes the job back, and shows it. Where that leaves out who had said no, asks
        whether they are taken in."""
        name = str(default_plan_file(self._bulk.folder, self.session.clock()))
        with self.showing_errors():
            path = await asyncio.to_thread(new_plan_file, name, self._bulk.folder)
            make = partial(self._bulk.plan_undo, self.job, path)
            result = await self.app.push_screen_wait(MakingDialog(make, path))
            if result == path and (left_out := await asyncio.to_thread(_said_no, path)):
                words = ngettext(
                    "{users} of these had said no, and is left out",
                    "{users} of these had said no, and are left out",
                    left_out,
                ).format(users=f"{left_out:,}")
                dialog = ChoiceDialog(words, _resubscribe_choices(), grave=True)
                if await self.app.push_screen_wait(dialog) == _TAKE_IN:
                    again = partial(make, resubscribe=True, replace_file=True)
                    result = await self.app.push_screen_wait(MakingDialog(again, path))
            if isinstance(result, ConsoleError):
                self.tell(result, retry=self.action_undo)
            elif result is not None:
                self.app.post_message(PlanRequested(self._bulk, result))

    def action_results(self) -> None:
        """Asks where to, and writes how every user ended; before that for the key, where it is locked."""
        if self._summary is not None and self._summary.locked:
            self._unseal_results()
        else:
            self._ask_for_results()

    @work(group="results", exclusive=True)
    async def _unseal_results(self) -> None:
        with self.showing_errors(retry=self._unseal_results):
            await self._bulk.unseal(self.job)
            self._ask_for_results()

    def _ask_for_results(self) -> None:
        prompt = _("Write the results to this new file, readable only by you:")
        name = f"./results-{self.job}.csv"
        journal = self._bulk.session.journal.path

        def write(path: str) -> Awaitable[Path]:
            return asyncio.to_thread(write_results, self._bulk.jobs, self.job, journal, path)

        dialog = PathDialog(_("Results"), prompt, _("Write"), name, write)
        ask(self.app, dialog, self.tell_written)


def _said_no(path: Path) -> int:
    """How many users a plan leaves out because they had said no."""
    with open_plan(path) as plan:
        return totals(plan).statuses.get(PlanStatus.SAID_NO, 0)


def _resubscribe_choices() -> list[tuple[str, str]]:
    return [
        ("leave", _("leave them as they are")),
        (_TAKE_IN, _("give them the consent all the same: needs evidence of their yes")),
    ]
