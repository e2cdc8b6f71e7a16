"""A user's panes on their own: an app of one pane over a hand-made record."""

from collections.abc import Mapping
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.widgets import Static

from dfn_tui import paths
from dfn_tui.api.calls import Profile, Reply
from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.types import Capabilities, Identity, IdentityKind, Value
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.screens.user.pane import ValuePane
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Draft
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.key_bar import KeyBar
from dfn_tui.widgets.table import Table

READ_AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
HOSTILE = {
    "markup": "[/foo]",
    "action": "[@click=app.quit]x",
    "escape": "\x1b[31m\x1b]0;owned\x07",
    "bidi": "a\u202eb\u200bc",
    "surrogate": "half \ud800",
    "wide": "가" * 3000,
}
"""Text that is to be shown and not obeyed, by what is wrong with it."""


def record(
    properties: Mapping[str, Value] | None = None,
    ci: Mapping[str, str] | None = None,
    *,
    identity: Identity | None = None,
    failure: Reply | None = None,
) -> UserRecord:
    """A user; None is what was not read."""
    return UserRecord(
        identity or Identity(IdentityKind.USER_ID, "User_1"),
        READ_AT,
        None if properties is None else Profile({}, properties),
        ci,
        failure,
    )


class PaneApp(ThemedApp):
    """One pane, and what the screen around it would do."""

    AUTO_FOCUS = ""

    def __init__(
        self,
        pane: type[ValuePane],
        user: UserRecord,
        capabilities: Capabilities = VERSION_1,
    ) -> None:
        super().__init__(list(paths.style_files()))
        self.draft = Draft(user)
        self.changes = 0
        self._pane = pane(capabilities)

    def compose(self) -> ComposeResult:
        yield self._pane
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.reveal(False)

    def reveal(self, revealed: bool) -> None:
        self._pane.show(self.draft, revealed)

    def on_draft_changed(self) -> None:
        self.changes += 1
        self.reveal(False)

    def read_again(self, user: UserRecord) -> None:
        self.draft = Draft(user)
        self.reveal(False)

    def shown(self) -> str:
        """What the terminal would show, line by line."""
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def row(self, start: str) -> str:
        """The one line on the screen that begins with that text."""
        [line] = [line for line in self.shown().splitlines() if line.startswith(f" {start} ")]
        return line

    def typed(self, id: str = "value") -> str:
        return self.screen.query_one(f"#{id}", Field).value

    def fill(self, id: str, text: str) -> None:
        self.screen.query_one(f"#{id}", Field).value = text

    def refusal(self) -> str:
        return str(self.screen.query_one(".refusal", Static).render())

    @property
    def in_dialog(self) -> bool:
        return len(self.screen_stack) > 1


def assert_inert(shown: str) -> None:
    """Nothing on the screen may act on the terminal."""
    bad = [char for char in shown if char != "\n" and not char.isprintable()]
    assert bad == []
