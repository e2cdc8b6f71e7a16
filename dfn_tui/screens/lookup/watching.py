"""The key that watches users of a list."""

from dfn_tui.screens.lookup.staging_panel import StagingPanel
from dfn_tui.screens.messages import WatchToggled
from dfn_tui.text import N_
from dfn_tui.widgets.keys import KEEP, bindings, key


class WatchingPanel(StagingPanel):
    """A list whose marked users, or the one under the cursor, can be watched. A sign is left of their ids."""

    BINDINGS = bindings(
        key(
            "w",
            "watch",
            N_("Watch"),
            "list.watch",
            N_("Watch these users"),
            show=False,
            group=KEEP,
        )
    )

    def action_watch(self) -> None:
        """Watches these users, or lets go of them."""
        if chosen := self._chosen():
            self.app.post_message(WatchToggled(self._session, chosen))
