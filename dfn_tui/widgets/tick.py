"""A box to tick whose state shows without colour."""

from textual.widgets import Checkbox


class Tick(Checkbox):
    """`[ ]` or `[x]`: Textual's own box holds the same sign in both states, in another colour."""

    BUTTON_LEFT = "["
    BUTTON_RIGHT = "]"

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:
        super().__init__(label, value, id=id, compact=True)

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802  Textual's name for it
        return "x" if self.value else " "
