"""One entry of the journal, whole."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import REVEAL, ConsoleScreen
from dfn_tui.screens.dialogs import ErrorDialog, copy
from dfn_tui.screens.history.undo import UndoScreen
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.inverse import still_applied
from dfn_tui.service.history import entry_lines, outcome_lines
from dfn_tui.service.records import Entry, Intent, JournalError, explain_redaction
from dfn_tui.service.session import Session
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText


class EntryScreen(ConsoleScreen[None]):
    """What was written, by whom and why, and how it ended. The history was opened from `session`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", _("Undo…"), id="entry.undo", tooltip=_("See what taking it back would stage")),
        REVEAL,
        Binding(
            "c", "copy", _("Copy"), id="entry.copy", tooltip=_("Send the entry to the terminal's clipboard")
        ),
    ]

    AUTO_FOCUS = "#what"

    def __init__(self, journal: AsyncJournal, entry: Entry, session: Session | None) -> None:
        super().__init__(session.context if session else None)
        self._journal = journal
        self._entry = entry
        self._session = session
        self._unsealed: Intent | None = None
        self._outcomes = ""

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(self._text(self._entry), id="entry")

    def on_screen_resume(self) -> None:
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """The entry may have got another outcome meanwhile."""
        try:
            self._entry = await self._journal.entry(self._entry.seq) or self._entry
            lines = outcome_lines(await self._journal.outcomes(self._entry.seq))
        except JournalError as error:
            lines = iter([f"! {error.title}. {error.happened} {error.next_step}"])
        self._outcomes = "\n".join(lines)
        self._show()

    def _show(self) -> None:
        entry = self._entry._replace(intent=self._unsealed) if self._unsealed else self._entry
        self.query_one("#entry", PlainText).update(self._text(entry))

    def _text(self, entry: Entry) -> str:
        subject = entry.intent.subject
        covers = [(subject.kind, subject.redaction), *((c.name, c.redaction) for c in entry.intent.changes)]
        covered = [
            _("{name}: {why}").format(name=sanitize(name), why=explain_redaction(cover))
            for name, cover in covers
            if cover is not None
        ]
        return "\n".join([*entry_lines(entry), *covered, "", self._outcomes])

    def watch_revealed(self, revealed: bool) -> None:
        self._unsealed = None
        if revealed:
            self._unseal()
        else:
            self._show()

    @work(exclusive=True, group="reveal")
    async def _unseal(self) -> None:
        """Reveals personal values as far as they are kept."""
        try:
            unsealed = await self._journal.reveal(self._entry)
        except JournalError as error:
            self.revealed = False
            self.app.push_screen(ErrorDialog(error))
            return
        if self.revealed:  # not masked meanwhile
            self._unsealed = unsealed
            self._show()

    def action_copy(self) -> None:
        """Copies the entry, personal values masked."""
        copy(self.app, self._text(self._entry))

    def action_undo(self) -> None:
        """Goes to what taking this entry back would stage."""
        if not still_applied(self._entry):
            self.notify(_("Nothing of this was applied: there is nothing to undo."), markup=False)
            return
        try:
            session = self.connections.session_of(self._entry, self._journal)
        except ConsoleError as error:
            self.app.push_screen(ErrorDialog(error))
        else:
            self.app.push_screen(UndoScreen(session, self._entry))
