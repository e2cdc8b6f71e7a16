"""What is asked on the list: which consents, and what to sort by."""

from collections.abc import Sequence

from textual import events, getters
from textual.app import ComposeResult

from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.text import N_, _
from dfn_tui.widgets.flag_picker import FlagPicker
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText


class ConsentsDialog(Dialog[Consents]):
    """Which consents; dismissed with what is wanted of them. Of one state the key of a number is enough."""

    BINDINGS = bindings(
        key("enter", "take", N_("Take these"), "consents.take", N_("Take these"), shown_as="enter")
    )

    picker = getters.query_one(FlagPicker)

    def __init__(self, title: str, flags: Sequence[Flag], states: Sequence[State]) -> None:
        super().__init__(title)
        self._flags = flags
        self._states = states

    def body(self) -> ComposeResult:
        yield FlagPicker(self._flags, self._states)
        if len(self._states) == 1:
            hint = _("A number takes that one at once. space chooses several, enter takes them.")
        else:
            hint = _("space: withdraw, give, leave as it is. enter goes on.")
        yield PlainText(hint, classes="hint")

    def on_key(self, event: events.Key) -> None:
        at = self.picker.number(event)
        if at is None:
            return
        event.stop()
        self.picker.cursor = at
        if len(self._states) == 1 and not self.picker.wanted:
            self.action_take()
        else:
            self.picker.action_choose()

    def action_take(self) -> None:
        """Takes what was chosen; of one state the consent under the cursor, where none was."""
        wanted = dict(self.picker.wanted)
        if not wanted and len(self._states) == 1:
            wanted = {self.picker.flag: self._states[0]}
        if wanted:
            self.dismiss(wanted)
