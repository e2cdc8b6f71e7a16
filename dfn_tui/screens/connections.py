"""The connections: open one, test one, add one, or try the sandbox."""

from rich.cells import cell_len
from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dfn_tui.config import Connection, Environment
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.add_connection import AddConnectionDialog
from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.screens.dialogs import NoticeDialog, Unexpected
from dfn_tui.screens.messages import ConnectionRequested, ErrorRaised
from dfn_tui.screens.tokens import obtain_token
from dfn_tui.service.context import server_url
from dfn_tui.service.tokens import TOKEN_KINDS
from dfn_tui.text import N_, _, padded, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.keys import PLACES, bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import environment_badge, environment_words

_NAME = 24
"""Columns of a name at most; the others are longer than the top line shows."""
_LEAST = 12
"""Columns of a name where room is short."""
_BADGE = 14
"""Columns for the environment."""
_OTHERS = 56
"""Columns for all but the name: a whole address is among it."""


class ConnectionsScreen(ConsoleScreen[None]):
    """Where a first start lands, and where another connection is chosen."""

    BINDINGS = bindings(
        key("a", "add", N_("Add"), "connections.add", N_("Add a connection to the configuration")),
        key("t", "test", N_("Test"), "connections.test", N_("A harmless read: does it work?")),
        key("k", "token", N_("Token"), "connections.token", N_("Give this connection a new token")),
        key("d", "app.demo", N_("Sandbox"), "connections.demo", N_("Try the console on made-up users")),
        key("f7,h", "history", N_("History"), "connections.history", N_("What was changed"), group=PLACES),
    )
    PLACE = N_("Connections")

    AUTO_FOCUS = "OptionList"

    @property
    def enter_does(self) -> str:
        """For the line of keys."""
        return _("Open") if self.connections.known else ""

    @property
    def idle(self) -> tuple[str, ...]:
        """What takes a connection, where there is none."""
        return () if self.connections.known else ("select", "test", "token")

    option_list = getters.query_one(OptionList)

    def body(self) -> ComposeResult:
        with Vertical(classes="panel") as panel:
            panel.border_title = _("Connections")
            yield OptionList(id="connections", compact=True)
            yield PlainText(id="empty")

    def on_mount(self) -> None:
        self._fill()

    def on_resize(self, event: Resize) -> None:
        self._fill()

    def _fill(self, at: str = "") -> None:
        """Lists them. The cursor goes to the one named, or stays; at first it is on the open one."""
        options, known, opened = self.option_list, self.connections.known, self._opened
        chosen = self._chosen()
        at = at or (chosen.name if chosen else opened.name if opened else "")
        width = self.size.width - 8  # the border, its padding and a scrollbar
        names = max((cell_len(sanitize(name, _NAME)) for name in known), default=0)
        names = min(names, max(width - _OTHERS, _LEAST))
        lines = {one.name: _line(one, names, width, is_open=one == opened) for one in known.values()}
        options.clear_options()
        options.add_options(Option(line, id=name) for name, line in lines.items())
        options.display = bool(known)
        if known:
            options.highlighted = [*known].index(at) if at in known else 0
        none = _(
            "There is no connection yet.\n\n"
            "  d  try the console on a sandbox with made-up users\n"
            "  a  add a connection to your DFINERY service"
        )
        self.say("#empty", "" if known else none)
        self.refresh_bindings()

    @property
    def _opened(self) -> Connection | None:
        """The connection of the screen beneath."""
        return self.context.connection if self.context is not None else None

    def _chosen(self) -> Connection | None:
        options = self.option_list
        option = options.highlighted_option
        return self.connections.known[str(option.id)] if option is not None else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._open(str(event.option_id))

    @work(group="open", exclusive=True)
    async def _open(self, name: str) -> None:
        """Opens it. Production is asked about where something else is open; what is open is gone back to."""
        wanted, opened = self.connections.known[name], self._opened
        if wanted == opened:
            self.action_back()
            return
        production = wanted.environment is Environment.PRODUCTION
        if opened is not None and production and opened.environment is not Environment.PRODUCTION:
            answer = await self.app.push_screen_wait(ProductionDialog(wanted, opened))
            if answer is None:
                return
        self.app.post_message(ConnectionRequested(name))

    @work(group="ask")
    async def action_add(self) -> None:
        """Asks for a connection and its token, and adds it."""
        connection = await self.app.push_screen_wait(AddConnectionDialog())
        if connection is not None:
            self._fill(connection.name)
            await self._ask_token(connection)

    @work(group="test", exclusive=True)
    async def action_test(self) -> None:
        """Tests the connection chosen, asking for its token where there is none."""
        connection = self._chosen()
        if connection is None:
            return
        self.notify(_("Testing {name}…").format(name=sanitize(connection.name)), markup=False)
        session = self.connections.session(connection.name)
        try:
            probe = await session.probe()
            error, found = probe.error, "\n".join(probe.lines)
        except ConsoleError as raised:
            error, found = raised, ""
        if error is not None:
            self.app.post_message(ErrorRaised(session, error, self.action_test))
        else:
            title = _("{name} works").format(name=sanitize(connection.name, 30))
            self.app.push_screen(NoticeDialog(title, found))

    @work(group="ask", exclusive=True)
    async def action_token(self) -> None:
        """Gives the connection chosen a new token."""
        connection = self._chosen()
        if connection is not None:
            await self._ask_token(connection)

    async def _ask_token(self, connection: Connection) -> None:
        """Asks for each token of the API version, until one is not given."""
        for kind in TOKEN_KINDS[connection.api]:
            if not await obtain_token(self.app, connection.name, kind):
                break

    def action_history(self) -> None:
        """Shows the journal behind the connection chosen: all have one, but for the sandbox."""
        from dfn_tui.screens.history.screen import HistoryScreen  # noqa: PLC0415  few come here for it

        chosen = self._chosen()
        history = HistoryScreen(self.connections.journal(chosen.name if chosen else None))
        history.context = self.context  # of no connection, but over this one
        self.app.push_screen(history)


class ProductionDialog(Unexpected[str]):
    """Asks whether production is to be opened from somewhere else. Dismissed with `"open"`."""

    def __init__(self, wanted: Connection, opened: Connection) -> None:
        environment, name = environment_words(wanted.environment), sanitize(wanted.name, _NAME)
        super().__init__(_("Open {environment} {name}?").format(environment=environment, name=name))
        self._wanted = wanted
        self._opened = opened

    def body(self) -> ComposeResult:
        text = Text(_("You are on") + " ")
        text.append_text(environment_badge(self._opened.environment))
        text.append(f" {sanitize(self._opened.name, _NAME)}", "bold").append(".\n\n")
        text.append_text(environment_badge(self._wanted.environment))
        text.append(f" {sanitize(self._wanted.name, _NAME)}", "bold")
        text.append(f"  {sanitize(server_url(self._wanted), 60)}", "label").append("\n")
        yield PlainText(text.append(_("What is sent from there on reaches real people.")))
        yield Buttons(("close", _("Cancel")), ("open", _("Open it")))


def _line(connection: Connection, names: int, width: int, *, is_open: bool) -> Text:
    """One connection, in columns for names so wide, in a line so wide."""
    text = Text("▸ " if is_open else "  ", no_wrap=True)
    text.append(padded(sanitize(connection.name, names), names), "bold").append("  ")
    badge = environment_badge(connection.environment)
    text.append_text(badge).append(" " * (_BADGE - badge.cell_len)).append(f"{connection.api.value}  ")
    remarks = Text()
    if connection.read_only:
        remarks.append("  " + _("read-only"), "warn")
    if is_open:
        remarks.append("  " + _("open"), "bold")
    text.append(sanitize(server_url(connection)), "label")
    text.truncate(width - remarks.cell_len, overflow="ellipsis", pad=True)
    return text.append_text(remarks)
