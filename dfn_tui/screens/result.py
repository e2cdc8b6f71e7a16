"""The result: per user, what the server confirmed on reading back."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.changes import result_line
from dfn_tui.screens.dialogs import Dialog, ask, copy
from dfn_tui.service.change_format import outcome_words, value_words
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import Conflict, StaleWrite
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.records import Progress
from dfn_tui.service.review import Review
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText

AGAIN, OTHERS = "again", "others"


class ConflictDialog(Dialog[str]):
    """Dismissed with `AGAIN` to review with what is there now, or `OTHERS` to send the other users alone."""

    def __init__(self, conflicts: Sequence[Conflict], others: int) -> None:
        super().__init__(_("Changed meanwhile: nothing was sent"))
        self._conflicts = conflicts
        self._others = others

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield PlainText(Text("\n").join(_conflict_lines(conflict) for conflict in self._conflicts))
        words = ngettext("Send the other user", "Send the {users} others", self._others)
        others = [(OTHERS, words.format(users=self._others))] if self._others else []
        yield Buttons(("cancel", _("Cancel")), (AGAIN, _("Review again")), *others)


def _conflict_lines(conflict: Conflict) -> Text:
    item = conflict.change
    text = Text(f"{sanitize(conflict.user.identity.value, 40)}  {sanitize(item.name, 30)}\n", "bold")
    for label, value in ((_("seen"), item.before), (_("now"), conflict.now), (_("wanted"), item.after)):
        text.append(f"  {label:<8}{value_words(item, value, revealed=False)}\n")
    return text


class ResultScreen(SessionScreen[None]):
    """Sends on opening, and stays until the last user is settled: a write is never cancelled half-way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c", "copy", _("Copy"), id="result.copy", tooltip=_("Send the result to the terminal's clipboard")
        ),
        REVEAL,
    ]

    AUTO_FOCUS = "#what"

    def __init__(self, session: Session, review: Review, approval: Approval) -> None:
        super().__init__(session)
        self._review = review
        self._approval = approval
        self._results: Sequence[UserResult] | None = None
        self._failed = False

    def body(self) -> ComposeResult:
        yield PlainText(_("Sending…"), id="headline")
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(id="results")

    @work(group="apply")
    async def on_mount(self) -> None:
        try:
            with self.showing_waits("#headline") as news:

                def on_progress(progress: Progress) -> None:
                    words = _("Sending: {done} of {total}")
                    self.say("#headline", words.format(done=progress.done, total=progress.total))
                    news(progress)

                self._results = await self.session.apply(self._review, self._approval, on_progress)
        except ConsoleError as error:
            self._failed = True
            self.say("#headline", sanitize(f"{error.title}. {error.happened}"))
            if isinstance(error, StaleWrite):
                self._ask(error)
            else:
                self.tell(error)
            return
        self._show()
        trouble = self.session.journal_trouble
        if trouble is not None:
            self.tell(trouble)
        settled = (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNCHANGED)
        unsettled = [result for result in self._results if result.outcome not in settled]
        errors = [reply.error for result in unsettled for reply in result.errors if reply.error]
        if errors:
            self.tell(errors[0])

    def _ask(self, stale: StaleWrite) -> None:
        """Users that somebody else changed: review them again, or send the others without them."""
        changed = {conflict.user.identity for conflict in stale.conflicts} | self._approval.leave_out
        others = sum(change.identity not in changed for change in self._review.changes)

        def decide(answer: str) -> None:
            if answer == AGAIN:
                self._review_again(changed)
            else:
                approval = self._approval._replace(leave_out=frozenset(changed))
                self.app.switch_screen(ResultScreen(self.session, self._review, approval))

        ask(self.app, ConflictDialog(stale.conflicts, others), decide)

    @work(group="apply")
    async def _review_again(self, changed: Collection[Identity]) -> None:
        with self.showing_errors():
            await self.session.look_again(changed)
            self.action_review(in_place=True)

    def _show(self) -> None:
        if self._results is None:
            return
        self.query_one("#headline", PlainText).update(self._headline(self._results))
        self.query_one("#results", PlainText).update(self._text(self._results, self.revealed))

    def _headline(self, results: Sequence[UserResult]) -> Text:
        counts = [(outcome, sum(r.outcome is outcome for r in results)) for outcome in Outcome]
        words = [f"{count} {outcome_words(outcome)}" for outcome, count in counts if count]
        return Text(_("Result: {counts}").format(counts=", ".join(words)), "bold")

    def _text(self, results: Sequence[UserResult], revealed: bool) -> Text:
        lines = []
        for result in results:
            lines.append(Text(sanitize(result.identity.value, 60), "bold"))
            lines += [Text("  ") + result_line(item, revealed) for item in result.fields]
        return Text("\n").join(lines)

    def action_back(self) -> None:
        """Leaves once every user is settled."""
        if self._results is None and not self._failed:
            self.notify(_("Still sending: this cannot be stopped half-way."), markup=False)
        else:
            super().action_back()

    def watch_revealed(self) -> None:
        self._show()

    def action_copy(self) -> None:
        """Copies the result, personal values masked."""
        if self._results is not None:
            text = Text("\n").join([self._headline(self._results), self._text(self._results, False)])
            copy(self.app, text.plain)
