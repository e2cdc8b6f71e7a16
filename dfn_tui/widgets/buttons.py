"""A line of buttons."""

from textual.containers import Horizontal
from textual.widgets import Button


class Buttons(Horizontal):
    """Given as ids and words."""

    def __init__(self, *buttons: tuple[str, str]) -> None:
        super().__init__(*(Button(words, id=id, compact=True) for id, words in buttons), classes="buttons")
