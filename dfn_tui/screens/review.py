"""The review: before and after for every staged user, what must be answered, and the send button."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.answers import (
    acknowledgements,
    answered,
    evidence_field,
    focus_what_is_missing,
    reason_field,
)
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.changes import change_line
from dfn_tui.screens.result import ResultScreen
from dfn_tui.service.records import JournalError
from dfn_tui.service.session import Session
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText


class ReviewScreen(SessionScreen[None]):
    """Nothing is sent but by the button here, and the focus starts on Cancel."""

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [REVEAL]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._review = session.review()

    def body(self) -> ComposeResult:
        users = len(self._review.changes)
        title = ngettext(
            "Review: {users} user would be changed", "Review: {users} users would be changed", users
        )
        yield PlainText(title.format(users=users), classes="heading")
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(self._changes(), id="changes")
            yield from acknowledgements(self._review.asked)
            others = [f"! {n.text}" for n in self._review.asked.warnings if not n.must_acknowledge]
            if others:
                yield PlainText(Text.assemble(("\n".join(others), "yellow")), classes="notice")
        evidence = _("Evidence that the person gave this consent (required)")
        yield from evidence_field(self._review.asked, evidence)
        yield from reason_field(self._review.asked)
        yield Buttons(("cancel", _("Cancel")), ("send", _("Send")))

    def on_mount(self) -> None:
        if any(item.personal for change in self._review.changes for item in change.fields):
            self._ask_what_is_kept()

    @work(group="kept")
    async def _ask_what_is_kept(self) -> None:
        """Says so where no undo will be possible. Asked in the background: the keyring may be slow."""
        try:
            kept = await self.session.journal.keeps_personal()
        except JournalError as error:
            words = f"{error.title}. {error.happened}"
        else:
            words = _("There is no keyring: of personal values the journal keeps only a mask.")
            words = "" if kept else f"{words} {_('These changes cannot be undone later.')}"
        if words:
            notice = PlainText(Text.assemble((f"! {words}", "yellow")), classes="notice")
            await self.query_one("#what").mount(notice, after="#changes")

    def _changes(self) -> Text:
        lines = []
        for change in self._review.changes:
            lines.append(Text(sanitize(change.identity.value, 60), "bold"))
            if change.undo_of is not None:
                lines[-1].append("  " + _("undo of entry {seq}").format(seq=change.undo_of), "yellow")
            lines += [Text("  ") + change_line(item, self.revealed) for item in change.fields]
        return Text("\n").join(lines)

    def watch_revealed(self) -> None:
        self.query_one("#changes", PlainText).update(self._changes())

    def action_send(self) -> None:
        """Checks what is checked before sending, so that a refusal leaves the form as it is."""
        approval = answered(self, self._review.asked)
        try:
            self.session.admit(self._review.scope, approval)
        except ConsoleError as error:
            focus_what_is_missing(self)
            self.tell(error)
            return
        self.app.switch_screen(ResultScreen(self.session, self._review, approval))
