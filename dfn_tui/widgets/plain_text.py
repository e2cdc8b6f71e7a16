"""Text on the screen."""

from textual.visual import VisualType
from textual.widgets import Static


class PlainText(Static):
    """Shown as it is: a bracket in it is a bracket, where Textual's own would read markup."""

    def __init__(self, words: VisualType = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(words, markup=False, id=id, classes=classes)

    def say(self, words: str) -> None:
        """Shows these words, or nothing where there are none. The same ones are not painted again."""
        if self.content != words:
            self.update(words)
        self.display = bool(words)
