"""The result: per user, what the server confirmed on reading back."""

import asyncio
from collections.abc import Collection, Sequence

from rich.text import Text
from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.dialogs import PathDialog, Unexpected, ask, copy
from dfn_tui.screens.history.undo import UndoScreen
from dfn_tui.screens.result_lines import (
    SETTLED,
    Proof,
    ResultBuilder,
    bar,
    counts_line,
    find_proof,
    next_words,
    parts,
    read_back_at,
    result_text,
    with_conflicts,
)
from dfn_tui.service.change_format import step_words
from dfn_tui.service.changes.inverse import plainly_undone, prepare_undos, stage_undos, taken_back
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import Conflict, StaleWrite
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.export import export
from dfn_tui.service.records import Progress
from dfn_tui.service.review import Review
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import file_stamp
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.lines import Lines, Page, in_colours
from dfn_tui.widgets.plain_text import PlainText

AGAIN, OTHERS = "again", "others"
"""What is decided where somebody else changed users: review them again, or send the others alone."""


_LEAVE = N_("^q leaves")

TALL = 30
"""From so many rows on there is room for more than what must be read."""


class ConflictDialog(Unexpected[str]):
    """Dismissed with `AGAIN` to review with what is there now, or `OTHERS` to send the other users alone."""

    AUTO_FOCUS = "#cancel"
    BINDINGS = bindings(
        key("up,pageup", "scroll('up')", N_("Up"), "conflict.up", N_("Scroll up"), show=False),
        key("down,pagedown", "scroll('down')", N_("Down"), "conflict.down", N_("Scroll down"), show=False),
    )

    lines = getters.query_one(Lines)

    def __init__(self, conflicts: Sequence[Conflict], others: int, session: Session) -> None:
        super().__init__(_("Changed meanwhile: nothing was sent"))
        self._conflicts = conflicts
        self._others = others
        self._name_of = session.name_of

    def body(self) -> ComposeResult:
        yield Lines(self._page, id="conflicts", can_focus=False)
        words = ngettext("Send the other user", "Send the {users} others", self._others)
        others = [(OTHERS, words.format(users=self._others))] if self._others else []
        yield Buttons(("cancel", _("Cancel")), (AGAIN, _("Review again")), *others)

    def _page(self, width: int) -> Page:
        page = ResultBuilder(width, self.app.console, self._name_of, revealed=False)
        page.unsettled(with_conflicts((), self._conflicts))
        return page.page()

    def action_scroll(self, way: str) -> None:
        """A few lines up or down."""
        self.lines.scroll_relative(y=-6 if way == "up" else 6, animate=False)


class ResultScreen(SessionScreen[None]):
    """Sends on opening, and stays until the last user is settled: a write is never cancelled half-way.
    `conflicts` are of the users who were left out, because somebody else changed them."""

    PLACE = N_("Result")
    BINDINGS = bindings(
        key("u", "undo", N_("Undo"), "result.undo", N_("Take back what was applied: it is reviewed first")),
        key("t", "receipt", N_("Receipt"), "result.receipt", N_("What the consents of these users rest on")),
        key(
            "y", "copy_ids", N_("Copy ids"), "result.copy_ids", N_("Send the ids to the terminal's clipboard")
        ),
        key(
            "Y,c", "copy", N_("Copy proof"), "result.copy", N_("Send the result to the terminal's clipboard")
        ),
        key("e", "export", N_("Export…"), "result.export", N_("Write the result to a file")),
        key("S", "again", N_("Review again"), "result.again", N_("Review who was left out, as they are now")),
        key("v", "each", N_("One line a user"), "result.each", N_("Each user, or each change once")),
        REVEAL,
    )

    AUTO_FOCUS = "Lines"

    failures = getters.query_one("#failures", Lines)
    confirmed = getters.query_one("#confirmed", Lines)

    def __init__(
        self, session: Session, review: Review, approval: Approval, conflicts: Sequence[Conflict] = ()
    ) -> None:
        super().__init__(session)
        self._review = review
        self._approval = approval
        self._conflicts = conflicts
        self._seen = {one.identity: session.staging.seen(one.identity) for one in review.changes}
        self._results: Sequence[UserResult] | None = None
        self._proof: Proof | None = None
        self._failed = False
        self._each = False

    def body(self) -> ComposeResult:
        with Vertical(id="outcome", classes="panel") as panel:
            panel.border_title = Text(_("Outcome"))
            yield PlainText(_("Checking what is there now, nothing sent yet…"), id="headline")
            yield PlainText(id="bar")
        yield Lines(self._failures_page, id="failures", classes="panel")
        yield Lines(self._confirmed_page, id="confirmed", classes="panel")
        yield PlainText(id="next", classes="panel")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < TALL, "-low")
        self.call_after_refresh(self._say_bar)

    def _say_bar(self) -> None:
        if self._results is not None:
            self.say("#bar", bar(self._results, self.query_one("#outcome").content_size.width))

    @work(group="apply")
    async def on_mount(self) -> None:
        try:
            with self.showing_waits("#headline", _(_LEAVE)) as news:

                def on_progress(progress: Progress) -> None:
                    self.say("#headline", f"{step_words(progress)} · {_(_LEAVE)}")
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
        self._results = with_conflicts(self._results, self._conflicts)
        self._proof = await find_proof(self.session.journal, self._results, self._approval.reason)
        self._show()
        trouble = self.session.journal_trouble
        if trouble is not None:
            self.tell(trouble)
        unsettled = [result for result in self._results if result.outcome not in SETTLED]
        errors = [reply.error for result in unsettled for reply in result.errors if reply.error]
        if errors:
            self.tell(errors[0])

    def _ask(self, stale: StaleWrite) -> None:
        """Users that somebody else changed: review them again, or send the others without them."""
        changed = {conflict.user.identity for conflict in stale.conflicts} | self._approval.leave_out
        others = sum(change.identity not in changed for change in self._review.changes)
        conflicts = (*self._conflicts, *stale.conflicts)

        def decide(answer: str) -> None:
            if answer == AGAIN:
                self._review_again(changed)
            else:
                approval = self._approval._replace(leave_out=frozenset(changed))
                self.app.switch_screen(ResultScreen(self.session, self._review, approval, conflicts))

        ask(self.app, ConflictDialog(stale.conflicts, others, self.session), decide)

    @work(group="apply")
    async def _review_again(self, changed: Collection[Identity]) -> None:
        with self.showing_errors():
            await self.session.look_again(changed)
            self.action_review(in_place=True)

    def _show(self) -> None:
        results = self._results
        if results is None:
            return
        # Where nothing can be read back, nothing can be confirmed, and that none was says nothing.
        always = (
            (Outcome.CONFIRMED, Outcome.FAILED) if self.session.capabilities.read_by else (Outcome.FAILED,)
        )
        self.say("#headline", counts_line(results, always))
        self.query_one("#outcome").border_subtitle = Text(self._read_words(results))
        self._say_bar()
        failed, settled = parts(results)
        self.failures.display, self.confirmed.display = bool(failed), bool(settled)
        self.failures.set_class(not settled, "-alone")
        self._rebuild()
        (self.failures if failed else self.confirmed).focus()
        self.query_one("#next").border_title = Text(_("Next"))
        words = next_words(settled, self._review, *taken_back(results), left_out=bool(self._conflicts))
        self.say("#next", words)
        self.refresh_bindings()

    def _rebuild(self) -> None:
        failed, settled = parts(self._results or ())
        for lines, results in ((self.failures, failed), (self.confirmed, settled)):
            lines.border_title = in_colours(counts_line(results), self.app.console)
            lines.rebuild()

    def _read_words(self, results: Sequence[UserResult]) -> str:
        at = read_back_at(results)
        return _("read back {time}").format(time=at) if at else _("not read back")

    def _builder(self, width: int, *, revealed: bool) -> ResultBuilder:
        return ResultBuilder(width, self.app.console, self.session.name_of, revealed=revealed)

    def _failures_page(self, width: int, *, revealed: bool | None = None) -> Page:
        failed, settled = parts(self._results or ())
        page = self._builder(width, revealed=self.revealed if revealed is None else revealed)
        if failed:
            page.each_user(failed) if self._each else page.unsettled(failed)
            if not settled:
                page.proof(failed, self._proof)
        return page.page()

    def _confirmed_page(self, width: int, *, revealed: bool | None = None) -> Page:
        _failed, settled = parts(self._results or ())
        page = self._builder(width, revealed=self.revealed if revealed is None else revealed)
        if settled:
            page.each_user(settled) if self._each else page.settled(settled)
            page.proof(settled, self._proof)
            users = {result.identity for result in settled}
            changes = [one for one in self._review.changes if one.identity in users]
            page.reach(changes, self._seen, self.session.capabilities.flags)
        return page.page()

    @work(group="undo", exclusive=True)
    async def action_undo(self) -> None:
        """Stages the undo of all that was applied. It goes to the review at once where every value of before
        comes back, and else first to what does not."""
        with self.showing_errors():
            entries_back, _left = taken_back(self._results or ())
            found = [await self.session.journal.entry(seq) for seq in entries_back]
            entries = [entry for entry in found if entry is not None]
            plans = await prepare_undos(self.session, entries)
            if not self.is_active:
                return
            if not plainly_undone(plans):
                self.app.push_screen(UndoScreen(self.session, entries, plans))
                return
            stage_undos(self.session.staging, plans)
            self.action_review()

    def action_receipt(self) -> None:
        """The receipts of the users in the panel with the focus."""
        from dfn_tui.screens.history.receipt import ReceiptScreen  # noqa: PLC0415  rarely needed

        if users := self._users_here():
            self.app.push_screen(ReceiptScreen(self.session, users))

    def _users_here(self) -> Sequence[Identity]:
        return [*dict.fromkeys(one for one in self._at_cursor().items if isinstance(one, Identity))]

    def _at_cursor(self) -> Lines:
        return self.failures if self.focused is self.failures else self.confirmed

    @on(Lines.Picked)
    def _open(self, event: Lines.Picked) -> None:
        from dfn_tui.screens.user.screen import UserScreen  # noqa: PLC0415  it is there already, mostly

        if isinstance(event.item, Identity):
            self.app.push_screen(UserScreen(self.session, event.item))

    def action_again(self) -> None:
        """Reviews those who were left out, with what is there now."""
        self._review_again({conflict.user.identity for conflict in self._conflicts})

    def action_each(self) -> None:
        """Shows a line for each user, or each change once."""
        self._each = not self._each
        self._rebuild()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done only once it is over, and with whom there is something to be done."""
        if action == "again":
            return bool(self._conflicts) and self._results is not None
        if action == "undo":
            return bool(taken_back(self._results or ())[0])
        return action not in ("receipt", "copy_ids", "copy", "export", "each") or self._results is not None

    def action_back(self) -> None:
        """Leaves once every user is settled."""
        if self._results is None and not self._failed:
            self.notify(_("Still sending: this cannot be stopped half-way."), markup=False)
        else:
            super().action_back()

    def watch_revealed(self) -> None:
        self._rebuild()

    def action_copy_ids(self) -> None:
        """Copies the ids of the panel with the focus, one a line."""
        copy(self.app, "\n".join(user.value for user in self._users_here()))

    def action_copy(self) -> None:
        """Copies the result, personal values masked."""
        copy(self.app, self._as_text())

    def _as_text(self) -> str:
        pages = [make(100, revealed=False) for make in (self._failures_page, self._confirmed_page)]
        return "\n".join([counts_line(self._results or ()).plain, *map(result_text, pages)])

    def action_export(self) -> None:
        """Asks where to, and writes the result there, personal values masked."""
        text = self._as_text()
        dialog = PathDialog(
            _("Export the result"),
            _("Write it to this new file, readable only by you:"),
            _("Export"),
            f"./result-{file_stamp(self.session.clock())}.txt",
            lambda path: asyncio.to_thread(export, path, lambda file: file.write(text)),
        )
        ask(self.app, dialog, self.tell_written)
