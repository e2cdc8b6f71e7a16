"""Quitting while something is staged or a job runs: stay, keep it and quit, or drop it and quit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from dfn_tui.screens.dialogs import Dialog
from dfn_tui.screens.staged import edits_words
from dfn_tui.service.kept.unsent import UnsentEdits
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from dfn_tui.service.bulk.session import BulkSession

KEEP, DROP = "keep", "drop"


class QuitDialog(Dialog[str]):
    """Dismissed with `KEEP` or `DROP`; staying is None, and the focus is on that. `jobs` stop in any case,
    and can be resumed."""

    AUTO_FOCUS = "#close"

    def __init__(self, unsent: Sequence[UnsentEdits], jobs: "Sequence[BulkSession]") -> None:
        super().__init__(_("Quit?"))
        self._unsent = unsent
        self._jobs = jobs

    def takes_typed_ahead(self) -> bool:
        return not self._unsent  # they may be dropped here

    def body(self) -> ComposeResult:
        for one in self._unsent:
            words = _("Staged on {name} and not sent: {edits}.")
            name = sanitize(one.session.connection.name, 40)
            yield PlainText(words.format(name=name, edits=edits_words(one.changes)), classes="staged")
            kept = _("They can be kept, sealed: the next console on {name} offers them for 24 hours.")
            lost = _("▲ They cannot be kept. {why}")
            yield PlainText(
                lost.format(why=one.why_not_kept) if one.why_not_kept else kept.format(name=name),
                classes="next-step",
            )
        for bulk in self._jobs:
            words = _("A job runs on {name}: it stops after what is under way, and can be resumed.")
            yield PlainText(words.format(name=sanitize(bulk.session.connection.name, 40)))
        yield Buttons(*self._choices())

    def _choices(self) -> Sequence[tuple[str, str]]:
        stay = ("close", _("Stay"))
        if not self._unsent:
            return stay, (KEEP, _("Stop the job and quit"))
        lost = [bool(one.why_not_kept) for one in self._unsent]
        keep = _("Keep what can be kept, and quit") if any(lost) else _("Keep and quit")
        return stay, *([] if all(lost) else [(KEEP, keep)]), (DROP, _("Drop and quit"))
