"""What leads through the console on every screen: the help, the palette, the manual."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.screens.lock import LockingApp
from dfn_tui.text import _, speak, spoken
from dfn_tui.widgets.key_bar import enter_words
from dfn_tui.widgets.keys import KnownKey, key, keys_of, lowered
from dfn_tui.widgets.palette import TERMINAL

if TYPE_CHECKING:
    from dfn_tui.screens.commands import Command


LANGUAGES = {"en": "Language: English", "ko": "언어: 한국어"}
"""Each in its own words, for whoever reads no other."""


class GuidedApp(LockingApp):
    """Has a help of each screen and each dialog, and a palette of what can be done there."""

    ENABLE_COMMAND_PALETTE = False  # Textual's own, which is another

    def action_help(self) -> None:
        """Shows the keys of the screen, or closes what shows them."""
        from dfn_tui.screens.help import HelpScreen  # noqa: PLC0415  not needed for the first paint

        screen = self.screen
        if isinstance(screen, HelpScreen):
            screen.dismiss(None)
        elif not self.locked:
            keys = keys_of(screen)
            if (words := enter_words(screen)) and not any("enter" in one.written for one in keys):
                keys.insert(
                    0, KnownKey(key("enter", "", words, "here.enter", words), screen, ("enter",), True)
                )
            self.push_screen(HelpScreen(keys, _name_of(screen), self.context))

    def action_commands(self) -> None:
        """Shows what can be done on the screen; from its help as well."""
        from dfn_tui.screens.commands import CommandsDialog  # noqa: PLC0415  not needed for the first paint
        from dfn_tui.screens.dialogs import ask  # noqa: PLC0415  as above
        from dfn_tui.screens.help import HelpScreen  # noqa: PLC0415  as above

        if self.locked or isinstance(self.screen, CommandsDialog):
            return
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        dialog = CommandsDialog([*self._commands(self.screen)])
        ask(self, dialog, lambda command: self.call_later(command.run))

    def _commands(self, screen: Screen[Any]) -> "Iterator[Command]":
        from dfn_tui.screens.commands import Command, commands_of  # noqa: PLC0415  not for the first paint
        from dfn_tui.screens.translating import SaysAgain  # noqa: PLC0415  as above

        yield from commands_of(screen)
        about = _("Read about tokens, keys, exit codes, …")
        yield Command(_("Manual"), self.action_manual, about)
        names = {"dark": _("Theme: dark"), "light": _("Theme: light")}
        names[TERMINAL] = _("Theme: the terminal's own colours")
        for name, words in names.items():
            yield Command(words, partial(self.action_theme, name), _("For this run"))
        for name, words in LANGUAGES.items():
            if name != spoken() and isinstance(screen, SaysAgain):
                yield Command(words, partial(self.action_language, name), _("For this run"))
        yield Command(_("Lock now"), self.lock, _("Cover the screen and drop the tokens from memory"))

    def action_language(self, language: str) -> None:
        """Speaks that language, for this run: what is on the screens is said again."""
        from dfn_tui.screens.translating import say_again  # noqa: PLC0415  not needed for the first paint

        before = spoken()
        speak(language)
        for screen in self.screen_stack:
            say_again(screen, before)

    def action_manual(self) -> None:
        """Opens the manual."""
        from dfn_tui.screens.manual import ManualScreen  # noqa: PLC0415  Markdown is slow to import

        self.push_screen(ManualScreen(self.context))


def _name_of(screen: Screen[Any]) -> str:
    """What the help calls the screen that it is about."""
    place = screen.PLACE if isinstance(screen, ConsoleScreen) else ""
    title = place or screen.title or ""
    return lowered(_(title))
