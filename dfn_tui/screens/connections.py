"""The connections: open one, test one, add one, or try the sandbox."""

from typing import ClassVar

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dfn_tui.config import Connection
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.add_connection import AddConnectionDialog
from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.screens.dialogs import NoticeDialog
from dfn_tui.screens.messages import ConnectionRequested, ErrorRaised
from dfn_tui.screens.tokens import obtain_token
from dfn_tui.service.tokens import TOKEN_KINDS
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import environment_words


class ConnectionsScreen(ConsoleScreen[None]):
    """Where a first start lands, and where another connection is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "a", "add", _("Add"), id="connections.add", tooltip=_("Add a connection to the configuration")
        ),
        Binding("t", "test", _("Test"), id="connections.test", tooltip=_("A harmless read: does it work?")),
        Binding(
            "k", "token", _("Token"), id="connections.token", tooltip=_("Give this connection a new token")
        ),
        Binding(
            "d",
            "app.demo",
            _("Sandbox"),
            id="connections.demo",
            tooltip=_("Try the console on made-up users"),
        ),
        Binding(
            "f7", "history", _("History"), id="connections.history", tooltip=_("What was changed, by whom")
        ),
    ]

    AUTO_FOCUS = "OptionList"

    option_list = getters.query_one(OptionList)

    def body(self) -> ComposeResult:
        yield PlainText(_("Connections"), classes="heading")
        yield OptionList(id="connections", compact=True)
        yield PlainText(id="empty")

    def on_mount(self) -> None:
        self._fill()

    def _fill(self) -> None:
        options = self.option_list
        options.clear_options()
        known = self.connections.known
        options.add_options([Option(_line(connection), id=name) for name, connection in known.items()])
        options.display = bool(known)
        if known:
            options.highlighted = 0
        none = _(
            "There is no connection yet.\n\n"
            "  d  try the console on a sandbox with made-up users\n"
            "  a  add a connection to your DFINERY service"
        )
        self.say("#empty", "" if known else none)

    def _chosen(self) -> Connection | None:
        options = self.option_list
        option = options.highlighted_option
        return self.connections.known[str(option.id)] if option is not None else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.post_message(ConnectionRequested(str(event.option_id)))

    @work(group="add")
    async def action_add(self) -> None:
        """Asks for a connection and its token, and adds it."""
        connection = await self.app.push_screen_wait(AddConnectionDialog())
        if connection is not None:
            self._fill()
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

    @work(group="token", exclusive=True)
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
        self.app.push_screen(HistoryScreen(self.connections.journal(chosen.name if chosen else None)))


def _line(connection: Connection) -> Text:
    text = Text(f"{sanitize(connection.name, 30):<32}", "bold")
    text.append(f"{environment_words(connection.environment):<12}")
    text.append(f"{connection.api.value:<4}")
    if connection.read_only:
        text.append(_("read-only"), "yellow")
    return text
