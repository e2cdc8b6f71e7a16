"""One entry of the journal, whole."""

from collections.abc import Sequence

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import LOOK_EVERY, REVEAL, ConsoleScreen, is_seen
from dfn_tui.screens.changes import (
    ARROW,
    STATE,
    PageBuilder,
    after_text,
    arrow,
    before_text,
    columns,
    field_title,
    outcome_text,
)
from dfn_tui.screens.dialogs import ErrorDialog, copy
from dfn_tui.screens.history.undo import UndoScreen
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.blocks import flag_of
from dfn_tui.service.changes.inverse import still_applied
from dfn_tui.service.history import (
    approved_words,
    entry_lines,
    left_out_words,
    note_lines,
    outcome_lines,
    redaction_lines,
    ref_words,
    user_of,
    who,
    word_words,
)
from dfn_tui.service.records import Entry, FieldChange, Intent, JournalError
from dfn_tui.service.session import Session
from dfn_tui.text import N_, _, sanitize
from dfn_tui.text.korea import spoken_time
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.lines import Lines, Page, in_colours

LABEL = 14
"""The width of the column that says what something is."""


class EntryScreen(ConsoleScreen[None]):
    """What was written, by whom and why, and how it ended. The history was opened from `session`."""

    PLACE = N_("Entry")
    BINDINGS = bindings(
        key("u", "undo", N_("Undo…"), "entry.undo", N_("See what taking it back would stage")),
        REVEAL,
        key("c,Y", "copy", N_("Copy"), "entry.copy", N_("Send the entry to the terminal's clipboard")),
    )

    AUTO_FOCUS = "#what"

    lines = getters.query_one("#what", Lines)

    def __init__(self, journal: AsyncJournal, entry: Entry, session: Session | None) -> None:
        super().__init__(session.context if session else None)
        self._journal = journal
        self._entry = entry
        self._session = session
        self._unsealed: Intent | None = None
        self._outcomes: Sequence[str] = (_("Reading how it ended…"),)

    def body(self) -> ComposeResult:
        lines = Lines(self._page, id="what", classes="panel")
        title = _("Entry {seq}").format(seq=self._entry.seq)
        rest = _("{time} KST").format(time=spoken_time(self._entry.at, seconds=True))
        words = Text.assemble((title, "bold"), (f" · {rest}", "label"))
        lines.border_title = in_colours(words, self.app.console)
        yield lines

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY, self._look_whether_ended)

    def _look_whether_ended(self) -> None:
        """An entry that is open ends while it is looked at."""
        if self._entry.outcome is None and is_seen(self):
            self._read()

    def on_screen_resume(self) -> None:
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """The entry may have got another outcome meanwhile."""
        try:
            self._entry = await self._journal.entry(self._entry.seq) or self._entry
            notes = note_lines(await self._journal.notes(self._entry))
            outcomes = outcome_lines(await self._journal.outcomes(self._entry.seq), meaning=True)
            self._outcomes = [*outcomes, *notes]
        except JournalError as error:
            self._outcomes = [f"✗ {error.title}. {error.happened} {error.next_step}"]
        self.lines.rebuild()
        self.refresh_bindings()

    def _page(self, width: int) -> Page:
        intent = self._unsealed or self._entry.intent
        page = PageBuilder(width, self.app.console, lambda _user: "")
        page.add(self._title(intent))
        if intent.undo_of is not None:
            page.add(Text(_("Takes back entry {seq}").format(seq=ref_words(intent.undo_of)), "label"))
        page.add()
        for change in intent.changes:
            self._change(page, change)
        page.rule()
        for label, text in self._ground(intent):
            self._said(page, label, text)
        page.rule()
        for line in (*self._outcomes, *redaction_lines(self._entry._replace(intent=intent))):
            page.wrap(Text(line))
        return page.page()

    def _title(self, intent: Intent) -> Text:
        user, session = user_of(intent), self._session
        if user is None:
            return Text(sanitize(f"{intent.subject.kind} {intent.subject.value}", 80), "bold")
        here = session is not None and session.connection.name == intent.connection
        return user_title(user, session.name_of(user) if session is not None and here else "")

    def _change(self, page: PageBuilder, change: FieldChange) -> None:
        """A field by its meaning, before and after in columns, and how it ended."""
        page.add(field_title(change))
        ending = self._entry.outcome_of(change)
        wide = STATE if flag_of(change) is not None else (page.width - 2 - ARROW - STATE) // 2
        before, after = (
            before_text(change, revealed=self.revealed),
            after_text(change, revealed=self.revealed),
        )
        values = columns((arrow(before, after, wide), 2 * wide + ARROW))
        how = Text(_("… open"), "strong.danger")
        if ending:
            how = outcome_text(ending, in_snapshot=self._entry.in_snapshot)
        page.add(Text.assemble("  ", values, how))

    @staticmethod
    def _ground(intent: Intent) -> Sequence[tuple[str, str]]:
        where = _("{name} ({environment}, {api})").format(
            name=sanitize(intent.connection), environment=intent.environment, api=intent.api
        )
        return (
            *([(_("incident"), sanitize(intent.incident))] if intent.incident else []),
            (_("reason"), sanitize(intent.reason)),
            (_("evidence"), sanitize(intent.evidence)),
            *([(_("said"), word)] if (word := word_words(intent)) else []),
            *((_("acknowledged"), sanitize(warning)) for warning in intent.warnings),
            *([(_("left out"), left_out_words(intent.left_out))] if intent.left_out else []),
            (_("by"), who(intent.operator)),
            *([(_("signed"), signed)] if (signed := approved_words(intent)) else []),
            (_("connection"), where),
            (_("program"), f"dfn-tui {intent.program}"),
        )

    def _said(self, page: PageBuilder, label: str, text: str) -> None:
        left = Text(label, "label")
        for line in Text(text or "–").wrap(self.app.console, max(page.width - LABEL, 10)):
            page.add(Text.assemble(columns((left, LABEL)), line))
            left = Text("")

    def watch_revealed(self, revealed: bool) -> None:
        self._unsealed = None
        if revealed:
            self._unseal()
        else:
            self.lines.rebuild()

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
            self.lines.rebuild()

    @property
    def idle(self) -> tuple[str, ...]:
        """What was not applied cannot be taken back."""
        return () if still_applied(self._entry) else ("undo",)

    def action_copy(self) -> None:
        """Copies the entry, personal values masked."""
        entry = self._entry
        copy(self.app, "\n".join([*entry_lines(entry), *redaction_lines(entry), "", *self._outcomes]))

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
            self.app.push_screen(UndoScreen(session, [self._entry]))
