"""The consents as a matrix to choose from: channels down, purposes across."""

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from dfn_tui.consent.flags import Channel, Flag, Purpose, State
from dfn_tui.consent.messages import channel_name, state_glyph, state_name
from dfn_tui.text import N_, _, padded
from dfn_tui.widgets.keys import bindings, key

_HEAD, _CELL = 15, 18
_PURPOSES, _CHANNELS = tuple(Purpose), tuple(Channel)


class FlagPicker(Widget, can_focus=True):
    """Each cell has a number, which is a key. `wanted` holds what was chosen.

    With one state a cell is chosen or not; with several, each press goes on to the next of them.
    """

    BINDINGS = bindings(
        key("up", "move(0,-1)", N_("Up"), "picker.up", N_("Up"), show=False),
        key("down", "move(0,1)", N_("Down"), "picker.down", N_("Down"), show=False),
        key("left", "move(-1,0)", N_("Left"), "picker.left", N_("Left"), show=False),
        key("right", "move(1,0)", N_("Right"), "picker.right", N_("Right"), show=False),
        key("space", "choose", N_("Choose"), "picker.toggle", N_("Choose this consent, or no longer")),
    )

    cursor: reactive[int] = reactive(0)

    def __init__(self, flags: Sequence[Flag], states: Sequence[State], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.flags = tuple(flag for flag in Flag if flag in flags)
        self.wanted: dict[Flag, State] = {}
        self._states = tuple(states)
        advertising = (at for at, flag in enumerate(self.flags) if flag.purpose is Purpose.ADVERTISING)
        self.set_reactive(FlagPicker.cursor, next(advertising, 0))

    @property
    def flag(self) -> Flag:
        """The consent under the cursor."""
        return self.flags[self.cursor]

    def action_move(self, across: int, down: int) -> None:
        """Moves to the nearest consent that way, where there is one."""
        x, y = _place(self.flag)
        ahead = [
            (abs(_place(flag)[0] - x) * 10 + abs(_place(flag)[1] - y), at)
            for at, flag in enumerate(self.flags)
            if (across and (_place(flag)[0] - x) * across > 0)
            or (down and _place(flag)[0] == x and (_place(flag)[1] - y) * down > 0)
        ]
        if ahead:
            self.cursor = min(ahead)[1]

    def action_choose(self) -> None:
        """Goes on to the next state of the consent under the cursor; after the last one it is not wanted."""
        turn = [None, *self._states]
        state = turn[(turn.index(self.wanted.get(self.flag)) + 1) % len(turn)]
        self.wanted.pop(self.flag, None)
        if state is not None:
            self.wanted[self.flag] = state
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the consent that was clicked."""
        place = event.get_content_offset(self)
        if place is not None and place.x >= _HEAD and 1 <= place.y <= len(_CHANNELS):
            x = min((place.x - _HEAD) // _CELL, len(_PURPOSES) - 1)
            flag = Flag.at(_PURPOSES[x], _CHANNELS[place.y - 1])
            if flag in self.flags:
                self.cursor = self.flags.index(flag)

    def number(self, event: events.Key) -> int | None:
        """The place of the consent whose number was pressed."""
        at = int(event.key) - 1 if event.key.isdigit() else -1
        return at if 0 <= at < len(self.flags) else None

    def render(self) -> RenderResult:
        heads = {
            Purpose.INFORMATIONAL: _("info"),
            Purpose.ADVERTISING: _("advertising"),
            Purpose.NIGHT: _("at night"),
        }
        text = Text(no_wrap=True)
        text.append(" " * _HEAD)
        for purpose in _PURPOSES:
            text.append(padded("  " + heads[purpose], _CELL), "label")
        for channel in _CHANNELS:
            text.append("\n" + padded(channel_name(channel), _HEAD))
            for purpose in _PURPOSES:
                text.append_text(self._cell(Flag.at(purpose, channel)))
        return text

    def _cell(self, flag: Flag | None) -> Text:
        if flag is None or flag not in self.flags:
            return Text(" " * _CELL)
        at = self.flags.index(flag)
        state = self.wanted.get(flag)
        words = f"{state_glyph(state)} {state_name(state)}" if state else "·"
        cell = Text.assemble((f"{at + 1} ", "bold"), (words, "strong.staged" if state else "label"))
        if at == self.cursor:
            cell.stylize("cursor" if self.has_focus else "cursor.off")
        return cell + Text(" " * max(_CELL - cell.cell_len, 0))


def _place(flag: Flag) -> tuple[int, int]:
    return _PURPOSES.index(flag.purpose), _CHANNELS.index(flag.channel)
