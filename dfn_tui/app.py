"""The composition root of the console: it is given its connections, and holds no globals."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import events, on, work
from textual.driver import Driver

from dfn_tui import paths
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import EmptyScreen
from dfn_tui.screens.lookup.screen import LookupScreen
from dfn_tui.screens.messages import (
    ConnectionRequested,
    ErrorRaised,
    JobStarted,
    PlanRequested,
    ReviewRequested,
    WatchToggled,
    WritesSettled,
)
from dfn_tui.screens.typing import TypingApp
from dfn_tui.service.connections import Connections
from dfn_tui.text import N_, _
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.palette import TERMINAL

if TYPE_CHECKING:
    from rich.text import Text
    from rich.traceback import Trace

    from dfn_tui.config import TokenKind
    from dfn_tui.screens.banners import Banners
    from dfn_tui.screens.bulk.job_ends import JobEnds
    from dfn_tui.screens.watching import Watches
    from dfn_tui.service.bulk.session import BulkSession

COLLECT_AFTER = 0.5
"""Seconds after the start until Python's garbage collector, which the command line stopped, works again."""

ARCHIVE_AFTER = 1.0
"""Seconds after the start until the journal is sent to its archive, where it has one: not while a screen is
painted for the first time."""

LEAVING = 8.0
"""Seconds that what is being written is given when the operator leaves; as many as after a signal."""


class ConsoleApp(TypingApp):
    """The console on `connections`, opened on the one named `start`, or on the list where it is None.

    With `demo` it starts a sandbox and opens on that. `user` is looked up on the first connection opened.
    `theme` is one of `widgets.palette.THEMES`. `ascii_glyphs`: whether it is drawn with ASCII alone; None:
    where the terminal makes two cells of other signs.
    """

    TITLE = "dfn-tui"
    AUTO_FOCUS = ""
    BINDINGS = bindings(
        replace(
            key("ctrl+p", "commands", N_("Commands"), "app.commands", N_("Find what to do by a word")),
            priority=True,
            show=False,
        ),
        key("ctrl+q", "quit", N_("Quit"), "app.quit", N_("Leave the console")),
        key("ctrl+l", "repaint", N_("Repaint"), "app.repaint", N_("Send the whole screen again"), show=False),
        key(
            "ctrl+z",
            "suspend_process",
            N_("Suspend"),
            "app.suspend",
            N_("Back to the shell, until its command fg"),
            show=False,
        ),
    )

    def __init__(
        self,
        connections: Connections,
        start: str | None = None,
        *,
        demo: bool = False,
        user: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        theme: str = TERMINAL,
        ascii_glyphs: bool | None = None,
    ) -> None:
        super().__init__(connections, paths.style_files("base", "lookup"), monotonic, theme)
        self.ascii_glyphs = ascii_glyphs
        self.animation_level = "none"
        self._start = start
        self._demo = demo
        self._user = user
        self._leaving: asyncio.Future[None] | None = None
        self._job_ends: JobEnds | None = None
        self._banners: Banners | None = None
        self._watches: Watches | None = None
        self._worth_looking_up: Sequence[tuple[str, str]] = ()

    def get_default_screen(self) -> EmptyScreen:
        return EmptyScreen(id="_default")

    def on_mount(self) -> None:
        self.set_timer(COLLECT_AFTER, gc.enable)
        if self.connections.archive.configured and not self._demo:
            self.set_timer(ARCHIVE_AFTER, self._start_archiving)
        if self._demo:
            self.start_demo()
        elif self._start is None:
            self.action_connections()
        else:
            self.open_connection(self._start)

    def _start_archiving(self) -> None:
        if (archive := self.connections.archive.sender()) is not None:
            archive.start()

    def action_connections(self) -> None:
        """Shows the connections, over what is open."""
        from dfn_tui.screens.connections import ConnectionsScreen  # noqa: PLC0415  not needed for the first paint

        self.push_screen(ConnectionsScreen(self.context))

    def open_connection(self, name: str) -> None:
        """Shows the look-up screen of that connection, in place of all screens."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        user, self._user = self._user, None
        self.push_screen(LookupScreen(self.connections, name, self._worth_looking_up, user))

    def start_demo(self) -> None:
        """Starts the sandbox where it does not run yet, and opens it. Raises ConsoleError."""
        demo = self.connections.start_demo()
        self._worth_looking_up = demo.worth_looking_up
        self.open_connection(demo.start)
        self.call_after_refresh(demo.run)

    @on(ConnectionRequested)
    def _open_chosen(self, event: ConnectionRequested) -> None:
        self.open_connection(event.name)

    def action_demo(self) -> None:
        """Starts a sandbox for this run and opens it, or says why not."""
        from dfn_tui.screens.dialogs import ErrorDialog  # noqa: PLC0415  not needed for the first paint

        try:
            self.start_demo()
        except ConsoleError as error:
            self.push_screen(ErrorDialog(error))

    @on(ReviewRequested)
    def _review(self, event: ReviewRequested) -> None:
        from dfn_tui.screens.review import ReviewScreen  # noqa: PLC0415  not needed for the first paint

        # In place means at once: a screen that came up in between would stage what it read before.
        show = self.switch_screen if event.in_place else self.push_screen
        show(ReviewScreen(event.session))

    @on(PlanRequested)
    def _show_plan(self, event: PlanRequested) -> None:
        from dfn_tui.screens.bulk.plan import PlanScreen  # noqa: PLC0415  only a job needs it

        self.push_screen(PlanScreen(event.bulk, event.path))

    @on(WritesSettled)
    def _tell_settled(self, event: WritesSettled) -> None:
        from dfn_tui.screens.dialogs import NoticeDialog  # noqa: PLC0415  not needed for the first paint
        from dfn_tui.service.change_format import reconciled_words  # noqa: PLC0415  as above

        words = "\n".join(map(reconciled_words, event.settled))
        self.push_screen(NoticeDialog(_("Left open by an earlier run"), words))

    @on(ErrorRaised)
    def _tell_error(self, event: ErrorRaised) -> None:
        """Shows it, with the offer to replace the token where that would help. A missing one is asked for."""
        from dfn_tui.screens.dialogs import ErrorDialog, ask  # noqa: PLC0415  not needed for the first paint
        from dfn_tui.service.addresses import AddressQuestion  # noqa: PLC0415  as above
        from dfn_tui.service.snapshots.snapshots import SnapshotKeyNeeded  # noqa: PLC0415  as above
        from dfn_tui.service.tokens import KeyNeeded, TokenNeeded  # noqa: PLC0415  as above

        error = event.error
        self.typed_ahead.drop()  # meant for what did not come
        kind = event.session.token_that_helps(error)
        if isinstance(error, TokenNeeded):
            self._ask_token(event, error.kind, locked=error.locked)
            return
        if isinstance(error, AddressQuestion):
            self._ask_address(event)
            return
        if isinstance(error, KeyNeeded | SnapshotKeyNeeded) and error.locked:
            self._ask_password(event)
            return

        dialog = ErrorDialog(error, offer_token=kind is not None)
        ask(self, dialog, lambda _answer: kind and self._ask_token(event, kind))

    @work(group="token")
    async def _ask_token(self, event: ErrorRaised, kind: "TokenKind", *, locked: bool = False) -> None:
        from dfn_tui.screens.tokens import obtain_token  # noqa: PLC0415  not needed for the first paint

        name, reason = event.session.connection.name, event.error.happened
        given = await obtain_token(self, name, kind, reason, locked=locked)
        if given and event.retry is not None:
            event.retry()

    @work(group="token")
    async def _ask_address(self, event: ErrorRaised) -> None:
        """Asks once whether the token may go where it did not go before."""
        from dfn_tui.screens.dialogs import ChoiceDialog  # noqa: PLC0415  as above

        error, choices = event.error, [("no", _("Send nothing")), ("yes", _("That is right: send it there"))]
        dialog = ChoiceDialog(error.title, choices, error.happened, grave=True)
        if await self.push_screen_wait(dialog) == "yes":
            await self.connections.tokens.accept_address(event.session.connection)
            if event.retry is not None:
                event.retry()

    @work(group="token")
    async def _ask_password(self, event: ErrorRaised) -> None:
        """Has the keyring unlocked where what is sealed needs it."""
        from dfn_tui.screens.tokens import UNLOCKED, UnlockDialog  # noqa: PLC0415  as above

        dialog = UnlockDialog(event.session.connection.name, event.error.happened, for_token=False)
        if await self.push_screen_wait(dialog) == UNLOCKED and event.retry is not None:
            event.retry()

    @on(JobStarted)
    def _follow(self, event: JobStarted) -> None:
        # What the job did not expect is a defect and must be heard of, so it is waited for in any case.
        self.run_worker(self._tell_end(event.bulk), group="job", exit_on_error=True)

    async def _tell_end(self, bulk: "BulkSession") -> None:
        """Says how the job ended, on whatever screen the operator is by then."""
        from dfn_tui.screens.bulk.job_ends import JobEnds  # noqa: PLC0415  only a job needs it

        self._job_ends = self._job_ends or JobEnds(self, self.banners)
        await self._job_ends.follow(bulk)

    @property
    def banners(self) -> "Banners":
        """What is told wherever the operator is."""
        from dfn_tui.screens.banners import Banners  # noqa: PLC0415  only a job and a watch need it

        self._banners = self._banners or Banners(self, self._monotonic)
        return self._banners

    @on(WatchToggled)
    def _watch(self, event: WatchToggled) -> None:
        from dfn_tui.screens.watching import Watches  # noqa: PLC0415  only a watch needs it

        self._watches = self._watches or Watches(self, self.banners)
        self._watches.toggle(event.session, event.records)

    async def hand_on(self, event: events.Key | events.Paste) -> None:
        """Lets the line that tells of a job's end, or of a change, have each key first."""
        banners = self._banners if isinstance(event, events.Key) else None
        if banners is not None and not self.locked and banners.take_key(cast("events.Key", event).key):
            return
        await super().hand_on(event)

    @property
    def defect(self) -> BaseException | None:
        """What ended the console that nobody expected; of a worker what failed in it."""
        from textual.worker import WorkerFailed  # noqa: PLC0415  not needed for the first paint

        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        """A defect crashes loudly, but without the values of variables: they may be somebody's data.

        Textual's own report shows every local variable of every frame. What an exception says is left out
        too, as it often quotes such a value: its type and where it was raised tell enough.
        """
        import rich  # noqa: PLC0415  rich's traceback brings pygments, which no start needs
        from rich.segment import Segments  # noqa: PLC0415
        from rich.traceback import Traceback  # noqa: PLC0415

        self.bell()
        report = Traceback(show_locals=False, width=None, suppress=[rich])
        _leave_out_words(report.trace)
        self._exit_renderables.append(Segments(self.console.render(report, self.console.options)))
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Leaves, after asking where something is staged or a job runs; what is being written is finished
        first, as far as that ends soon."""
        staged = any(session.unsent() for session in self.connections.sessions.values())
        if staged or (self.connections.jobs_under_way and not self.locked):
            self._ask_to_quit()
        else:
            self.leave(timeout=LEAVING)

    @work(group="quit", exclusive=True)
    async def _ask_to_quit(self) -> None:
        from dfn_tui.screens.dialogs import ask  # noqa: PLC0415  not needed for the first paint
        from dfn_tui.screens.quitting import DROP, QuitDialog  # noqa: PLC0415  as above
        from dfn_tui.service.kept.unsent import drop_all, unsent_edits  # noqa: PLC0415  as above

        unsent = await unsent_edits(self.connections)
        if self.locked:  # whoever is there may be somebody else
            if any(one.why_not_kept for one in unsent):
                self.notify(_("Unlock first: staged edits would be lost."), markup=False)
            else:
                self.leave(timeout=LEAVING)
            return

        def quit_so(answer: str) -> None:
            if answer == DROP:
                drop_all(self.connections)
            self.leave(timeout=LEAVING)

        if not isinstance(self.screen, QuitDialog):
            ask(self, QuitDialog(unsent, self.connections.jobs_under_way), quit_so)

    def leave(self, code: int = 0, timeout: float | None = None) -> None:
        """Ends the console with exit code `code`: no more input, look-ups dropped, writes finished.

        Writes that do not end in `timeout` seconds stay open in the journal, for the next start to settle.
        May be called again, to be quicker.
        """
        if self._driver is not None:
            self._driver.disable_input()
        self.workers.cancel_all()
        if self._leaving is not None:
            self._leaving.cancel()
        self._leaving = asyncio.ensure_future(self._finish(code, timeout))

    async def _finish(self, code: int, within: float | None) -> None:
        jobs = self.connections.jobs_under_way
        if jobs:
            self.notify(_("The job stops after what is under way, and can be resumed."), markup=False)
        try:
            async with asyncio.timeout(within):
                finishing = asyncio.ensure_future(self.connections.finish())
                if not (await asyncio.wait([finishing], timeout=0.5))[0]:
                    words = _("Waiting for the last answers, {seconds:.0f} s at most.")
                    self.notify(words.format(seconds=within or LEAVING), markup=False)
                await finishing
                await self.connections.archive_rest()
        except TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001  a defect: told like those of any handler, not lost
            self._handle_exception(error)
            return
        # A signal may mean that nobody is there any more, nor the terminal.
        self.exit(return_code=code, message=_left(jobs) if jobs and code == 0 else None)

    def get_driver_class(self) -> type[Driver]:
        if sys.platform == "win32":
            return super().get_driver_class()
        from dfn_tui.painting.driver import ThriftyDriver  # noqa: PLC0415  needs what Windows does not have

        return ThriftyDriver

    def action_suspend_process(self) -> None:
        """Stops the console for as long as its shell likes. Where it is the only program of its terminal,
        nobody could wake it again."""
        if sys.platform != "win32":
            from dfn_tui.terminal import started_by_shell  # noqa: PLC0415  needs what Windows does not have

            if started_by_shell():
                self.mask()  # whoever brings it back may be somebody else
                super().action_suspend_process()
                return
        self.notify(_("There is no shell that this console could be suspended to."), markup=False)

    def action_repaint(self) -> None:
        """Sends the whole screen again: something else may have written to the terminal."""
        if repaint := getattr(self._driver, "repaint", None):  # only the driver for a slow line has it
            repaint()


def _left(jobs: "Sequence[BulkSession]") -> "Text":
    """What is said in the shell of jobs that were left before their end."""
    from rich.text import Text  # noqa: PLC0415  only a job needs these

    from dfn_tui.service.bulk.run.format import left_words  # noqa: PLC0415
    from dfn_tui.service.bulk.run.records import UNFINISHED  # noqa: PLC0415

    lines = []
    for bulk in jobs:
        run = bulk.run
        # The sandbox's jobs are gone with it.
        if run and run.record.state in UNFINISHED and (bulk.folder / f"{run.record.id}.db").exists():
            lines.append(left_words(run.record, run.progress(), bulk.session.connection.name))
    return Text("\n".join(lines))


def _leave_out_words(trace: "Trace") -> None:
    for stack in trace.stacks:
        stack.exc_value, stack.notes, stack.syntax_error = "", [], None
        for inner in stack.exceptions:
            _leave_out_words(inner)
