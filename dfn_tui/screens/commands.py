"""The palette: what can be done here, in words, with the keys that do the same."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from dfn_tui.consent.presets import Preset
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.text import N_, _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import GROUPS, MOVE, PLACES, KnownKey, bindings, key, keys_of, lowered, shown_nodes

WIDTH = 64
"""Columns of a line: the dialog's without its frame, paddings and a scrollbar."""


_MOVES = (
    ("down", "cursor_down", N_("The next command")),
    ("up", "cursor_up", N_("The one before")),
    ("pagedown", "page_down", N_("Further down")),
    ("pageup", "page_up", N_("Further up")),
)


class Command(NamedTuple):
    """Something that can be done. It is found by its `words`, and by `also`: in English too."""

    words: str
    run: Callable[[], Awaitable[object] | object]
    about: str = ""
    keys: str = ""
    also: str = ""


@runtime_checkable
class OffersPresets(Protocol):
    """A screen or widget on which presets can be staged: it has the action `preset('stop-all')`, too."""

    def offered_presets(self) -> Sequence[Preset]:
        """Those that can be staged at this moment; empty where nobody is there to stage them for."""


def commands_of(screen: Screen[object]) -> Iterator[Command]:
    """Everything that can be done on a screen: presets first, then its keys by what they are for."""
    known = keys_of(screen)
    target = next((node for node in shown_nodes(screen) if isinstance(node, OffersPresets)), None)
    if target is not None:
        keys = next(
            (one.written for one in known if one.node is target and "preset" in one.binding.action), ""
        )
        also = N_("stop ads advertising withdraw no")
        for preset in target.offered_presets():
            run = partial(screen.app.run_action, f"preset('{preset.id}')", target)
            yield Command(preset.name, run, "", keys, f"{_(also)} {also} {preset.id}")
    for group in (one for one in GROUPS if one is not MOVE):
        yield from (_command_of(one, screen) for one in known if one.binding.group is group and one.enabled)


def _command_of(one: KnownKey, screen: Screen[object]) -> Command:
    binding = one.binding
    words = _(binding.description)
    words = words[:1].upper() + words[1:]
    if binding.group is PLACES:
        words = _("Go to {place}").format(place=lowered(words))
    run = partial(screen.app.run_action, binding.action, one.node)
    return Command(words, run, _(binding.tooltip), one.written, f"{binding.description} {binding.tooltip}")


def found(commands: Iterable[Command], typed: str) -> list[Command]:
    """Those in which some word begins with each word that was typed: by their own words first."""
    wanted = typed.casefold().split()

    def holds(words: str) -> bool:
        known = words.casefold().split()
        return all(any(word.startswith(part) for word in known) for part in wanted)

    fitting = [one for one in commands if holds(f"{one.words} {one.about} {one.also} {one.keys}")]
    return sorted(fitting, key=lambda one: not holds(one.words))


class CommandsDialog(Dialog[Command]):
    """Dismissed with the command that was chosen."""

    AUTO_FOCUS = "Field"
    # With priority: a field would take them to scroll.
    BINDINGS = bindings(
        *(
            replace(
                key(keys, f"move('{how}')", words, f"commands.{how}", words, show=False, group=MOVE),
                priority=True,
            )
            for keys, how, words in _MOVES
        )
    )

    enter_does = N_("Do it")
    option_list = getters.query_one(OptionList)

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(_("What to do"))
        self._commands = commands
        self._shown: list[Command] = []
        self._typed: str | None = None

    def body(self) -> ComposeResult:
        yield Field(placeholder=_("a few words, as “stop sms” or “history”"))
        options = OptionList(compact=True)
        options.can_focus = False  # the arrows move in it from the field
        yield options

    def on_mount(self) -> None:
        self._fill("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    def _fill(self, typed: str) -> None:
        """Lists what fits. Keys that arrive together are taken in their order: what was typed may be listed
        before its message comes, and the cursor stays then."""
        if typed == self._typed:
            return
        self._typed = typed
        self._shown = found(self._commands, typed)
        options = self.option_list
        options.clear_options()
        options.add_options(Option(_line(one)) for one in self._shown)
        if not self._shown:
            options.add_option(Option(_("Nothing here does that."), disabled=True))
        options.highlighted = 0 if self._shown else None

    def action_move(self, how: str) -> None:
        """Moves in the list."""
        self._fill(self.query_one(Field).value)
        getattr(self.option_list, f"action_{how}")()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._fill(event.value)
        at = self.option_list.highlighted
        if at is not None and self._shown and self.is_active:
            self.dismiss(self._shown[at])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.is_active:
            self.dismiss(self._shown[event.option_index])


def _line(command: Command) -> Text:
    text = Text(command.words, no_wrap=True)
    if command.about:
        text.append(f"  {command.about}", "label")
    text.truncate(WIDTH - Text(command.keys).cell_len - 2, overflow="ellipsis", pad=True)
    return text.append("  ").append(command.keys, "bold")
