"""The sentence beside the input: to how many of the list advertising may go out, now and by night."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.timer import Timer

from dfn_tui.consent.flags import Channel
from dfn_tui.text.korea import Clock
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from dfn_tui.service.records import UserRecord
    from dfn_tui.service.types import Capabilities

_BESIDE = 50
"""Columns that the input keeps."""


class NightSentence(PlainText):
    """Said anew when the night begins or ends, and when that is near; only where there is room for it."""

    def __init__(self, capabilities: "Capabilities", clock: Clock, *, id: str) -> None:
        super().__init__(id=id)
        self._capabilities = capabilities
        self._clock = clock
        self._timer: Timer | None = None
        self._words = Text()

    def follow(self, found: "Callable[[], Sequence[UserRecord]]") -> None:
        """Tells of the users that `found` gives, from now on."""
        from dfn_tui.screens.lookup.spread import changes_after, night_sentence  # noqa: PLC0415  only for a list

        now, records = self._clock(), found()
        words = night_sentence(records, Channel.SMS, now, self._capabilities.flags)
        self._words = words if len(records) > 1 else Text()
        self.fit()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(changes_after(now).total_seconds(), lambda: self.follow(found))

    def fit(self) -> None:
        """Shows the sentence where there is room for it."""
        room = self.screen.size.width >= self._words.cell_len + _BESIDE
        self.say(self._words if room else "")
