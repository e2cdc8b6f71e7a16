"""Text on the screen."""

from rich.text import Text
from textual.visual import VisualType
from textual.widgets import Static


class PlainText(Static):
    """Shown as it is: a bracket in it is a bracket, where Textual's own would read markup."""

    def __init__(self, words: VisualType = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(_in_spans(words), markup=False, id=id, classes=classes)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Shows this in place of what was there."""
        super().update(_in_spans(content), layout=layout)

    def say(self, words: str | Text) -> None:
        """Shows these words, or nothing where there are none. The same ones are not painted again."""
        if self.content != _in_spans(words):
            self.update(words)
        self.display = bool(words)


def _in_spans(words: VisualType) -> VisualType:
    """Textual knows the names of our styles in the spans of a text, but not as the style of all of it."""
    if not isinstance(words, Text) or not words.style:
        return words
    spanned = words.copy()
    spanned.style = ""
    spanned.stylize_before(words.style)
    return spanned
