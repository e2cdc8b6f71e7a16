"""A framed part of a screen."""

from rich.text import Text
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip

_CORNER = 2
"""Cells of the border that stay to be seen at each corner."""


class Panel(Vertical):
    """Its upper edge bears a title at the left and `aside` at the right; Textual has one text for each edge,
    and forgets what a style was called."""

    DEFAULT_CLASSES = "panel"

    title = Text()
    aside = Text()

    def say_title(self, title: Text, aside: Text) -> None:
        """Shows these words in the upper edge. The same ones are not painted again."""
        shown, new = (self.title, self.aside), (title, aside)
        if [*shown, *(one.style for one in shown)] != [*new, *(one.style for one in new)]:
            self.title, self.aside = new
            self.refresh(Region(0, 0, self.outer_size.width, 1).translate(-self.content_offset))

    def say_subtitle(self, words: str) -> None:
        """Shows these words at the right of the lower edge. The same ones are not painted again."""
        if self.border_subtitle != words:
            self.border_subtitle = words

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
        if crop.y == 0 and strips and crop.width == self.outer_size.width:
            strips = [self._edge(strips[0]), *strips[1:]]
        return strips

    def _edge(self, edge: Strip) -> Strip:
        """The upper edge with what it bears; the title is cut where both do not fit."""
        aside = self._words(self.aside)
        end = edge.cell_length - _CORNER
        room = end - aside.cell_length - _CORNER - 4
        title = self.title.copy()
        title.truncate(max(room, 0), overflow="ellipsis")
        words = self._words(title)
        between = edge.crop(_CORNER + words.cell_length, end - aside.cell_length)
        return Strip.join([edge.crop(0, _CORNER), words, between, aside, edge.crop(end)])

    def _words(self, text: Text) -> Strip:
        """The words as they stand in the edge."""
        if not text:
            return Strip([])
        words = Strip(Text.assemble(" ", text, " ").render(self.app.console)).apply_style(self.rich_style)
        for line_filter in self.get_line_filters():  # as NO_COLOR asks for
            words = words.apply_filter(line_filter, self.background_colors[1])
        return words
