"""The dialog that adds a connection to the configuration."""

from textual.app import ComposeResult
from textual.widgets import Select

from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.screens.dialogs import FormDialog
from dfn_tui.text import _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.status_line import environment_words


class AddConnectionDialog(FormDialog[Connection]):
    """Dismissed with the connection once it is in the file."""

    def __init__(self) -> None:
        super().__init__(_("Add a connection"), _("Add"))

    def fields(self) -> ComposeResult:
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

    async def result(self) -> Connection:
        connection = Connection(
            name=self.typed("name").strip(),
            api=ApiVersion(str(self.query_one("#api", Select).value)),
            environment=Environment(str(self.query_one("#environment", Select).value)),
            service_id=self.typed("service-id").strip() or None,
            base_url=self.typed("base-url").strip() or None,
        )
        await self.connections.add(connection)
        return connection
