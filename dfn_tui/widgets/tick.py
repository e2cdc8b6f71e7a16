"""A box to tick whose state shows without colour."""

from textual.content import Content
from textual.widgets import Checkbox


class Tick(Checkbox):
    """`[ ]` or `[✓]`: Textual's own box holds the same sign in both states, in another colour, and draws its
    sides in the colour that it has behind it."""

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:
        super().__init__(label, value, id=id, compact=True)

    @property
    def _button(self) -> Content:
        style = self.get_visual_style("toggle--button")
        return Content.assemble(("[✓]" if self.value else "[ ]", style))
