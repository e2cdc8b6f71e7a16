"""On what ground consents are changed, and when the people said so: a line of the review, and its dialog."""

from collections.abc import Callable
from datetime import datetime

from rich.text import Text
from textual.app import ComposeResult

from dfn_tui.consent.duties import Ground, korean_day, read_said, tell_until
from dfn_tui.screens.dialogs import FormDialog
from dfn_tui.service.changes.grounds import require_day
from dfn_tui.service.review import Review, said_words
from dfn_tui.text import _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText


def said_text(reviewed: Review) -> Text:
    """What follows from the ground as it stands, and the keys that change it."""
    keys = Text.assemble("  ", ("g", "bold"), (f" {other_words(reviewed)}", "label"))
    if not is_correction(reviewed):
        keys.append_text(Text.assemble("  ", ("d", "bold"), (f" {_('another day')}", "label")))
    words, day = said_words(reviewed), read_said(reviewed.expressed_on)
    if reviewed.told and day is not None:  # shorter than in a line of its own: it fits into 80 columns
        words = _("{day} → tell {people} by {until}").format(
            day=day, people=f"{reviewed.told:,}", until=tell_until(day)
        )
    return Text(words).append_text(keys)


def other_words(reviewed: Review) -> str:
    """What the ground can be changed to."""
    return _("the person said so") if is_correction(reviewed) else _("mistake")


def is_correction(reviewed: Review) -> bool:
    """Whether nobody said anything of what is reviewed."""
    return {reviewed.ground_of(change) for change in reviewed.changes} - {None} == {Ground.CORRECTION}


class DayDialog(FormDialog[str]):
    """Asks for the day on which the people said so; dismissed with it."""

    def __init__(self, day: str, clock: Callable[[], datetime]) -> None:
        super().__init__(_("When did they say so?"), _("Use it"))
        self._day = day
        self._clock = clock

    def fields(self) -> ComposeResult:
        words = _("The day in Korea, as {today}. The 14 days to tell them the outcome count from it.")
        yield PlainText(words.format(today=korean_day(self._clock())))
        yield Field(self._day, id="day")

    async def result(self) -> str:
        day = self.typed("day").strip()
        require_day(day, self._clock())
        return day
