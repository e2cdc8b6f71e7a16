"""The dialog that adds a connection to the configuration."""

from textual import work
from textual.app import ComposeResult
from textual.widgets import Select

from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.service.connections import Connections
from dfn_tui.text import _
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import environment_words


class AddConnectionDialog(Dialog[Connection]):
    """Dismissed with the connection once it is in the file. What is wrong with it is said in place."""

    AUTO_FOCUS = "#name"

    def __init__(self, connections: Connections) -> None:
        super().__init__(_("Add a connection"))
        self._connections = connections

    def body(self) -> ComposeResult:
        yield PlainText(_("Name"))
        yield Field(id="name", placeholder="prod")
        yield PlainText(_("API version"))
        versions = [(_("1 (dfinery.io)"), ApiVersion.V1), (_("2 (dfinery.ai)"), ApiVersion.V2)]
        yield Select(versions, value=ApiVersion.V1, allow_blank=False, compact=True, id="api")
        yield PlainText(_("Environment"))
        environments = [(environment_words(one), one) for one in Environment]
        yield Select(
            environments, value=Environment.PRODUCTION, allow_blank=False, compact=True, id="environment"
        )
        yield PlainText(_("Service id (version 2)"))
        yield Field(id="service-id")
        yield PlainText(_("Base URL, where it is not the product's own"))
        yield Field(id="base-url", placeholder="https://")
        yield PlainText(id="wrong")
        yield Buttons(("cancel", _("Cancel")), ("add", _("Add")))

    @work(exclusive=True)
    async def action_add(self) -> None:
        connection = Connection(
            name=self.query_one("#name", Field).value.strip(),
            api=ApiVersion(str(self.query_one("#api", Select).value)),
            environment=Environment(str(self.query_one("#environment", Select).value)),
            service_id=self.query_one("#service-id", Field).value.strip() or None,
            base_url=self.query_one("#base-url", Field).value.strip() or None,
        )
        try:
            await self._connections.add(connection)
        except ConsoleError as error:
            self.query_one("#wrong", PlainText).update(f"{error.happened} {error.next_step}")
            return
        self.dismiss(connection)
