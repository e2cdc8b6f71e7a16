"""The themes of the console: which one it starts with, and how it changes to another."""

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING

from textual.app import App
from textual.reactive import Initialize, Reactive
from textual.theme import Theme

from dfn_tui.widgets.palette import TERMINAL, text_theme, themes
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def theme_for(environ: Mapping[str, str], asked: str | None) -> str:
    """The theme to start with: the one that was asked for, or dark, or the terminal's own colours where it
    has too few for ours, or where `NO_COLOR` asks for none."""
    many = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    many = many or environ.get("TERM", "").rpartition("-")[2] in ("256color", "kitty", "direct")
    return (asked or "dark") if many and not environ.get("NO_COLOR") else TERMINAL


class ThemedApp(App[None]):
    """An app in one of our three themes. What it shows names the roles of `widgets.palette`."""

    # Known from the start: to change it later styles everything again.
    theme: Reactive[str] = Reactive(Initialize(attrgetter("_first_theme")))

    def __init__(self, css: "Sequence[Path]", theme: str = TERMINAL) -> None:
        self._first_theme = theme
        super().__init__(css_path=[*css], watch_css=False)
        self._disable_tooltips = True  # nothing has one: moves of the mouse are not asked for
        self.console.push_theme(text_theme(theme))

    @property
    def available_themes(self) -> dict[str, Theme]:
        return themes()

    def watch_theme(self, before: str, theme: str) -> None:
        """Texts that were made with the colours of the theme before are made anew."""
        if before == theme:
            return
        self.console.pop_theme()
        self.console.push_theme(text_theme(theme))
        for screen in self.screen_stack:
            for shown in screen.query(PlainText):
                shown.update(shown.content)

    def action_theme(self, name: str) -> None:
        """Changes to that theme, for this run."""
        self.theme = name
