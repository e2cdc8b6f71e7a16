"""A job as it is steered: paused, slowed, stopped, given up, and gone on with."""

from collections.abc import Awaitable, Callable
from functools import partial

from rich.text import Text
from textual import getters, work

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.job_panels import JobPanel
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.messages import JobStarted
from dfn_tui.service.bulk.run.format import decision_words
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.policy import may_be_sent_unread
from dfn_tui.service.changes.scope import Scope
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.status_line import environment_words

_GIVE_UP = "give-up"
_GO_ON = "go-on"


class SteeredJob(SessionScreen[None]):
    """The screen of the job of that id, as far as the job is moved by it. Subclasses show it."""

    panel = getters.query_one(JobPanel)

    def __init__(self, bulk: BulkSession, id: str) -> None:
        super().__init__(bulk.session)
        self.job = id
        self._bulk = bulk
        self._summary: JobSummary | None = None
        self._starting = False
        self._scope: Scope | None = None
        """What the job was approved for; None until that is read."""

    def paint(self) -> None:
        """Shows how far the run is; at its end, how it ended."""
        raise NotImplementedError

    def look(self) -> object:
        """Reads how the job stands from its file."""
        raise NotImplementedError

    def follow_run(self) -> None:
        """Shows a run that has just begun."""
        raise NotImplementedError

    @property
    def _run(self) -> Run | None:
        """The run of this job, while it is under way here."""
        run = self._bulk.run
        return run if run is not None and self._bulk.busy and run.record.id == self.job else None

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
            self.paint()
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
        ask(self.app, ChoiceDialog(_("Give this job up?"), choices, grave=True), decide)

    def action_resume(self) -> None:
        """Goes on; where somebody changed users meanwhile, asks what is done about them."""
        if self._summary is None or not (self._summary.conflicts and self._summary.unfinished):
            self._confirm(self._bulk.resume)
            return
        title = _("Changed by someone else since the plan was made")

        def decide(rule: str) -> None:
            self._begin(partial(self._bulk.resume, on_conflict=OnConflict(rule)))

        ask(self.app, ChoiceDialog(title, [*decision_words().items()], grave=True), decide)

    def action_failed(self) -> None:
        self._confirm(partial(self._bulk.resume, failed=True))

    def _confirm(self, resume: Callable[[str], Awaitable[Run]]) -> None:
        """Asks before anything but withdrawals is sent: the key may have been typed for another screen."""
        scope = self._scope
        if scope is not None and scope.users and may_be_sent_unread(scope, self.session.connection):
            self._begin(resume)
            return
        connection = self.session.connection
        title = _("Send what is left of this job?")
        words = _("It sends over {name} ({environment}), as it was approved.").format(
            name=sanitize(connection.name, 40), environment=environment_words(connection.environment)
        )
        choices = [("leave", _("Leave it as it is")), (_GO_ON, _("Go on with it"))]

        def decide(answer: str) -> None:
            if answer == _GO_ON:
                self._begin(resume)

        ask(self.app, ChoiceDialog(title, choices, words, grave=True), decide)

    def _begin(self, resume: Callable[[str], Awaitable[Run]]) -> None:
        if not self._starting:
            self._starting = True
            self._start(resume)

    @work(group="start")
    async def _start(self, resume: Callable[[str], Awaitable[Run]]) -> None:
        self.panel.say_state(Text(_("starting…"), "label"))
        try:
            await resume(self.job)
        except ConsoleError as error:
            self.look()
            self.tell(error, retry=lambda: self._begin(resume))
            return
        finally:
            self._starting = False
        self.app.post_message(JobStarted(self._bulk))
        self.follow_run()

    def action_back(self) -> None:
        """Leaves; the job goes on. While it is being started nothing would wait for that."""
        if not self._starting:
            super().action_back()
