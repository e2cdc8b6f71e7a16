"""Screens with a filter above what they show."""

from textual import getters

from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.widgets.field import Field


class FilteredScreen(ConsoleScreen[None]):
    """Esc leaves the filter before it leaves the screen, as in the list of users."""

    filter_field = getters.query_one("#filter", Field)

    def show_all(self) -> None:
        """Called where the filter was emptied: shows everything, and puts the focus there."""
        raise NotImplementedError

    def action_back(self) -> None:
        """Empties the filter; where it is empty, leaves it; else leaves this screen."""
        if not (self.filter_field.value or self.filter_field.has_focus):
            super().action_back()
            return
        self.filter_field.value = ""
        self.show_all()

    def action_filter(self) -> None:
        """Goes to the filter."""
        self.set_focus(self.filter_field)  # at once: what is typed next goes there
