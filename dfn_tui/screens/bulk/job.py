"""A job: how far it is while it runs, how its users ended, and what can be done next."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.dialogs import PAINT_EVERY, MakingDialog
from dfn_tui.screens.bulk.format import job_lines, job_state, progress_bar
from dfn_tui.screens.bulk.verify import VerifyScreen
from dfn_tui.screens.dialogs import ChoiceDialog, PathDialog, ask
from dfn_tui.screens.messages import JobStarted, PlanRequested
from dfn_tui.service.bulk.asking import default_plan_file, new_plan_file
from dfn_tui.service.bulk.run.format import progress_words
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.results import write_results
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import count_words
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText

_GIVE_UP = "give-up"


class JobScreen(SessionScreen[None]):
    """The job of that id. It runs on when this screen is left, and shows itself in the status line then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", _("Pause"), id="job.pause", tooltip=_("Send nothing for now, or go on")),
        Binding("minus", "slower", _("Slower"), id="job.slower", tooltip=_("Fewer requests a minute")),
        Binding("plus", "faster", _("Faster"), id="job.faster", tooltip=_("More requests a minute")),
        Binding(
            "s", "stop", _("Stop"), id="job.stop", tooltip=_("Stop after what is under way; resume it later")
        ),
        Binding(
            "A", "abort", _("Give up…"), id="job.abort", tooltip=_("Stop for good: it cannot be resumed")
        ),
        Binding("r", "resume", _("Resume"), id="job.resume", tooltip=_("Go on where it was left")),
        Binding(
            "f", "failed", _("Failed again"), id="job.failed", tooltip=_("Do those that failed once more")
        ),
        Binding("v", "verify", _("Verify"), id="job.verify", tooltip=_("Who is not as wanted now?")),
        Binding("u", "undo", _("Undo…"), id="job.undo", tooltip=_("Make a plan that takes the job back")),
        Binding("e", "results", _("Results…"), id="job.results", tooltip=_("Write the results to a file")),
        Binding("f5", "look", _("Read again"), show=False, id="job.look", tooltip=_("Read it again")),
    ]

    AUTO_FOCUS = "#what"

    def __init__(self, bulk: BulkSession, id: str) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._job = id
        self._summary: JobSummary | None = None
        self._live = False
        self._starting = False

    def body(self) -> ComposeResult:
        yield PlainText(_("Job {job}").format(job=sanitize(self._job, 60)), classes="heading")
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(id="bar")
            yield PlainText(id="lines")

    def on_mount(self) -> None:
        self.set_interval(PAINT_EVERY, self._paint)
        self._paint()
        if not self._live:
            self._look()

    @property
    def _run(self) -> Run | None:
        """The run of this job, while it is under way here."""
        run = self._bulk.run
        return run if run is not None and self._bulk.busy and run.record.id == self._job else None

    def _paint(self) -> None:
        """Shows how far the run is; at its end, how it ended."""
        run = self._run
        if run is None:
            if self._live:
                self._live = False
                self._look()
                self._tell_why()
            return
        if not self._live or self._summary is not None:
            self._live = True
            self._summary = None
            self.refresh_bindings()
        progress = run.progress()
        lines = [
            *progress_words(progress, run.rate_limiter.under_way, self.session.clock()),
            *(f"  {words}" for words in count_words(progress.counts)),
        ]
        self.say("#bar", progress_bar(progress, self.size.width - 1))
        self.say("#lines", "\n".join(lines))
        self.say(".heading", self._heading(_("under way")))

    def _heading(self, state: str) -> str:
        return _("Job {job}: {state}").format(job=sanitize(self._job, 60), state=state)

    def _tell_why(self) -> None:
        run = self._bulk.run
        if run is not None and run.record.id == self._job and run.error is not None:
            self.tell(run.error, retry=self.action_resume)

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """Reads how the job stands from its file."""
        with self.showing_errors(".heading"):
            self._summary = await asyncio.to_thread(self._bulk.job, self._job)
            if self._live:
                return
            self.say("#bar", "")
            self.say("#lines", "\n".join(job_lines(self._summary)))
            self.say(".heading", self._heading(job_state(self._summary)))
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
                return bool(job.ended.get(Outcome.FAILED))
            return action == "undo" or bool(self.session.capabilities.read_by)
        return True

    def action_pause(self) -> None:
        """Pauses, or goes on."""
        self._steer(
            lambda run: run.rate_limiter.resume() if run.rate_limiter.paused else run.rate_limiter.pause()
        )

    def action_slower(self) -> None:
        self._steer(lambda run: run.rate_limiter.slower())

    def action_faster(self) -> None:
        self._steer(lambda run: run.rate_limiter.faster())

    def action_stop(self) -> None:
        """Stops after what is under way; nothing is lost by it."""
        self._steer(lambda run: run.stop())

    def _steer(self, turn: Callable[[Run], None]) -> None:
        run = self._run
        if run is not None:
            turn(run)
            self._paint()
            self.refresh_bindings()

    def action_abort(self) -> None:
        """Asks whether the job is to be stopped for good."""

        def decide(answer: str) -> None:
            if answer == _GIVE_UP:
                self._steer(lambda run: run.stop(abort=True))

        choices = [
            ("keep", _("Let it run")),
            (_GIVE_UP, _("Give it up: the rest is not sent, and it cannot be resumed")),
        ]
        ask(self.app, ChoiceDialog(_("Give this job up?"), choices), decide)

    def action_look(self) -> None:
        if self._run is None:
            self._look()

    def action_resume(self) -> None:
        self._begin(failed=False)

    def action_failed(self) -> None:
        self._begin(failed=True)

    def _begin(self, *, failed: bool) -> None:
        if not self._starting:
            self._starting = True
            self._start(failed)

    @work(group="start")
    async def _start(self, failed: bool) -> None:
        self.say(".heading", self._heading(_("starting…")))
        try:
            await self._bulk.resume(self._job, failed=failed)
        except ConsoleError as error:
            self._look()
            self.tell(error, retry=lambda: self._begin(failed=failed))
            return
        finally:
            self._starting = False
        self.app.post_message(JobStarted(self._bulk))
        self._live = True  # it may be over already
        self._paint()

    def action_back(self) -> None:
        """Leaves; the job goes on. While it is being started nothing would wait for that."""
        if not self._starting:
            super().action_back()

    def action_verify(self) -> None:
        """Reads every user again, and shows who is not as wanted."""
        if self._summary is not None:
            self.app.push_screen(VerifyScreen(self._bulk, self._summary))

    @work(group="undo", exclusive=True)
    async def action_undo(self) -> None:
        """Makes the plan that takes the job back, and shows it."""
        name = str(default_plan_file(self._bulk.folder, self.session.clock()))
        with self.showing_errors():
            path = await asyncio.to_thread(new_plan_file, name, self._bulk.folder)
            make = partial(self._bulk.plan_undo, self._job, path)
            result = await self.app.push_screen_wait(MakingDialog(make, path))
            if isinstance(result, ConsoleError):
                self.tell(result, retry=self.action_undo)
            elif result is not None:
                self.app.post_message(PlanRequested(self._bulk, result))

    def action_results(self) -> None:
        """Asks where to, and writes how every user ended."""
        job = self._summary.path if self._summary is not None else self._bulk.folder / f"{self._job}.db"
        prompt = _("Write the results to this new file, readable only by you:")
        name = f"./results-{self._job}.csv"
        journal = self._bulk.session.journal.path

        def write(path: str) -> Awaitable[Path]:
            return asyncio.to_thread(write_results, job, journal, path)

        dialog = PathDialog(_("Results"), prompt, _("Write"), name, write)
        ask(self.app, dialog, self.tell_written)
