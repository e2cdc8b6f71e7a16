"""A list to choose from whose cursor is seen in every theme."""

from textual.style import Style
from textual.widgets import OptionList

from dfn_tui.widgets.palette import TERMINAL


class Choices(OptionList):
    """In the terminal's own colours the row of the cursor is reversed. Textual's is black on white, which is
    bold type alone where there are no colours, and it takes no such style from a style sheet."""

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """Textual's, and reversed where the cursor is."""
        style = super().get_visual_style(*component_classes, partial=partial)
        at_cursor = "option-list--option-highlighted" in component_classes
        return style + Style(reverse=True) if at_cursor and self.app.theme == TERMINAL else style
