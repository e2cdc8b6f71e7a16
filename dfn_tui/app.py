"""The composition root of the console: it is given its connections, and holds no globals."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from dfn_tui import paths
from dfn_tui.screens.connections import ConnectionsScreen
from dfn_tui.screens.lookup import LookupScreen
from dfn_tui.service import Connections
from dfn_tui.text import _


class ConsoleApp(App[None]):
    """The console on `connections`, opened on the one named `start`, or on the list where it is None.

    With `demo` it starts a sandbox and opens on that.
    """

    TITLE = "dfn-tui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", _("Quit"), id="app.quit", tooltip=_("Leave the console")),
    ]

    def __init__(self, connections: Connections, start: str | None = None, *, demo: bool = False) -> None:
        super().__init__(css_path=list(paths.style_files()), watch_css=False)
        self.connections = connections
        self.animation_level = "none"
        self._start = start
        self._demo = demo
        self._worth_looking_up: Sequence[tuple[str, str]] = ()

    def on_mount(self) -> None:
        self.theme = "ansi-dark"
        if self._demo:
            self.start_demo()
        elif self._start is None:
            self.choose_connection()
        else:
            self.open_connection(self._start)

    def choose_connection(self) -> None:
        """Shows the connections, over what is open."""
        self.push_screen(ConnectionsScreen())

    def open_connection(self, name: str) -> None:
        """Shows the look-up screen of that connection, in place of all screens."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.push_screen(LookupScreen(self.connections.desk(name), self._worth_looking_up))

    def start_demo(self) -> None:
        """Starts the sandbox where it does not run yet, and opens it. Raises ConsoleError."""
        demo = self.connections.start_demo()
        self._worth_looking_up = demo.worth_looking_up
        self.open_connection(demo.start)

    def _fatal_error(self) -> None:
        """A defect crashes loudly, but without the values of variables: they may be somebody's data.

        Textual's own report shows every local variable of every frame.
        """
        import rich  # noqa: PLC0415  rich's traceback brings pygments, which no start needs
        from rich.segment import Segments  # noqa: PLC0415
        from rich.traceback import Traceback  # noqa: PLC0415

        self.bell()
        report = Traceback(show_locals=False, width=None, suppress=[rich])
        self._exit_renderables.append(Segments(self.console.render(report, self.console.options)))
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Leaves; what is being written is finished first."""
        await self.connections.finish()
        self.exit()
