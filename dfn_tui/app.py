"""The composition root of the console: it is given its connections, and holds no globals."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.reactive import Reactive
from textual.screen import Screen

from dfn_tui import paths
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.lock import LockingApp
from dfn_tui.screens.lookup.screen import LookupScreen
from dfn_tui.screens.messages import (
    ConnectionRequested,
    ErrorRaised,
    JobStarted,
    PlanRequested,
    ReviewRequested,
    WritesSettled,
)
from dfn_tui.service.connections import Connections
from dfn_tui.text import _

if TYPE_CHECKING:
    from rich.text import Text
    from rich.traceback import Trace

    from dfn_tui.service.bulk.session import BulkSession
    from dfn_tui.service.context import ConnectionContext

COLLECT_AFTER = 0.5
"""Seconds after the start until Python's garbage collector, which the command line stopped, works again."""


LEAVING = 8.0
"""Seconds that what is being written is given when the operator leaves; as many as after a signal."""


class ConsoleApp(LockingApp):
    """The console on `connections`, opened on the one named `start`, or on the list where it is None.

    With `demo` it starts a sandbox and opens on that. `user` is looked up on the first connection opened.
    """

    TITLE = "dfn-tui"
    AUTO_FOCUS = ""
    theme: Reactive[str] = Reactive("ansi-dark")  # from the start: a change later styles everything again
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", _("Quit"), id="app.quit", tooltip=_("Leave the console")),
        Binding(
            "ctrl+l",
            "repaint",
            _("Repaint"),
            show=False,
            id="app.repaint",
            tooltip=_("Send the whole screen again"),
        ),
        Binding(
            "ctrl+z",
            "suspend_process",
            _("Suspend"),
            show=False,
            id="app.suspend",
            tooltip=_("Back to the shell, until its command fg"),
        ),
    ]

    def __init__(
        self,
        connections: Connections,
        start: str | None = None,
        *,
        demo: bool = False,
        user: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(connections, paths.style_files("base", "lookup"), monotonic)
        self.animation_level = "none"
        self._start = start
        self._demo = demo
        self._user = user
        self._leaving: asyncio.Future[None] | None = None
        self._worth_looking_up: Sequence[tuple[str, str]] = ()

    def on_mount(self) -> None:
        self.set_timer(COLLECT_AFTER, gc.enable)
        if self._demo:
            self.start_demo()
        elif self._start is None:
            self.action_connections()
        else:
            self.open_connection(self._start)

    def action_connections(self) -> None:
        """Shows the connections, over what is open."""
        from dfn_tui.screens.connections import ConnectionsScreen  # noqa: PLC0415  not needed for the first paint

        self.push_screen(ConnectionsScreen())

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

    def _show_manual(self, context: "ConnectionContext | None") -> None:
        from dfn_tui.screens.manual import ManualScreen  # noqa: PLC0415  Markdown is slow to import

        self.push_screen(ManualScreen(context))

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
        from dfn_tui.service.tokens import TokenNeeded  # noqa: PLC0415  as above

        error = event.error
        kind = event.session.token_that_helps(error)
        if isinstance(error, TokenNeeded):
            self._ask_token(event, error.kind, locked=error.locked)
            return

        dialog = ErrorDialog(error, offer_token=kind is not None)
        ask(self, dialog, lambda _answer: self._ask_token(event, kind or ""))

    @work(group="token")
    async def _ask_token(self, event: ErrorRaised, kind: str, *, locked: bool = False) -> None:
        from dfn_tui.screens.tokens import obtain_token  # noqa: PLC0415  not needed for the first paint

        name, reason = event.session.connection.name, event.error.happened
        given = await obtain_token(self, name, kind, reason, locked=locked)
        if given and event.retry is not None:
            event.retry()

    @on(JobStarted)
    def _follow(self, event: JobStarted) -> None:
        # What the job did not expect is a defect and must be heard of, so it is waited for in any case.
        self.run_worker(self._tell_end(event.bulk), group="job", exit_on_error=True)

    async def _tell_end(self, bulk: "BulkSession") -> None:
        """Says how the job ended, on whatever screen the operator is by then."""
        from dfn_tui.screens.bulk.format import end_of_job  # noqa: PLC0415
        from dfn_tui.screens.bulk.job import JobScreen  # noqa: PLC0415  only a job needs these

        record = await bulk.wait()
        if not isinstance(self.screen, JobScreen):
            counts = bulk.run.progress().counts if bulk.run is not None else {}
            self.notify(end_of_job(record, counts), markup=False)

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
        """Leaves; what is being written is finished first, as far as that ends soon."""
        self.leave(timeout=LEAVING)

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
        except TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001  a defect: told like those of any handler, not lost
            self._handle_exception(error)
            return
        # A signal may mean that nobody is there any more, nor the terminal.
        self.exit(return_code=code, message=_left(jobs) if jobs and code == 0 else None)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own, and every key of the screen."""
        yield from super().get_system_commands(screen)
        context = getattr(screen, "context", None)
        words = _("Read about tokens, keys, exit codes, …")
        yield SystemCommand(_("Manual"), words, partial(self._show_manual, context))
        named = {one.binding.id: one for one in reversed(screen.active_bindings.values())}
        for node, binding, enabled, tooltip in named.values():
            if enabled and binding.id and not binding.system:
                run = partial(self.run_action, binding.action, node)
                yield SystemCommand(binding.description, tooltip or binding.tooltip, run)

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
