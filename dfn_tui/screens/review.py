"""The review: before and after for every staged user, what must be answered, and the send button."""

from collections.abc import Iterator

from rich.text import Text
from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input

from dfn_tui.consent.duties import Ground
from dfn_tui.consent.flags import State
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.screens.answers import (
    acknowledgements,
    answered,
    focus_what_is_missing,
    masked_words,
    reason_hint,
    typed,
)
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.dialogs import ask
from dfn_tui.screens.kept import age_words
from dfn_tui.screens.result import TALL, ResultScreen
from dfn_tui.screens.review_lines import Shown, review_page, shown_of
from dfn_tui.screens.said import DayDialog, is_correction, said_text
from dfn_tui.service.changes.blocks import withdrawals_left
from dfn_tui.service.changes.grounds import Said
from dfn_tui.service.changes.policy import Approval, may_be_sent_unread
from dfn_tui.service.changes.team_rules import fits
from dfn_tui.service.records import FieldKind, JournalError
from dfn_tui.service.review import said_words
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock, spoken_time
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.lines import Lines, Page, in_colours
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tick import Tick

SIDE_NOTICES = ("lint:", "create:")
"""How the ids of notices begin that stand elsewhere: with the change itself, or with a box to tick."""


class ReviewScreen(SessionScreen[None]):
    """Nothing is sent but by the button here or its key, and the focus starts on Cancel."""

    PLACE = N_("Review")
    AUTO_FOCUS = "#cancel"
    BINDINGS = bindings(
        key("ctrl+s", "send", N_("Send"), "review.send", N_("Send it, once nothing is open")),
        key("i", "reason", N_("Reason"), "review.reason", N_("Go to what is still open, or to the reason")),
        key("v", "each", N_("One line a user"), "review.each", N_("Each user, or each kind of change once")),
        key(
            "a",
            "withdraw",
            N_("Withdraw that too"),
            "review.withdraw",
            N_("Stage the consents that stay given"),
        ),
        key("d", "day", N_("Another day"), "review.day", N_("When the people said so, if not today")),
        key("g", "ground", N_("Ground"), "review.ground", N_("The people said so, or it is a correction")),
        REVEAL,
        key("up", "scroll('up')", N_("Up"), "review.up", N_("Scroll up"), show=False),
        key("down", "scroll('down')", N_("Down"), "review.down", N_("Scroll down"), show=False),
        key("pageup", "scroll('page_up')", N_("Page up"), "review.page_up", N_("Scroll up"), show=False),
        key(
            "pagedown",
            "scroll('page_down')",
            N_("Page down"),
            "review.page_down",
            N_("Scroll down"),
            show=False,
        ),
    )

    lines = getters.query_one("#what", Lines)
    send_button = getters.query_one("#send", Button)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._each = False
        self._painted = False
        self._not_kept = ""
        self._look()

    def takes_typed_ahead(self) -> bool:
        return may_be_sent_unread(self._review.scope, self.session.connection)

    def _look(self) -> None:
        """Takes what is staged now as what is reviewed."""
        self._review = self.session.review()
        warnings = self._review.asked.warnings
        notices = [n.text for n in warnings if not n.must_acknowledge and not n.id.startswith(SIDE_NOTICES)]
        if restored := self.session.staging.restored():
            age = age_words(self.session.clock() - min(restored))
            words = _("Staged before this console was started, {age} ago ({time} KST).")
            notices.insert(0, words.format(age=age, time=spoken_time(min(restored))))
        self._shown: Shown = shown_of(self.session, self._review.changes, notices)

    def body(self) -> ComposeResult:
        asked = self._review.asked
        yield Lines(self._page, id="what", classes="panel", said=self._read_at(), can_focus=False)
        with VerticalScroll(id="requirements", classes="panel", can_focus=False) as panel:
            panel.border_title = Text(_("Requirements"))
            panel.set_class(not asked.to_acknowledge, "-typed")
            if not (asked.reason_required or asked.evidence_required or asked.to_acknowledge):
                panel.display = False
            if asked.reason_required:
                yield PlainText(id="need-reason")
            if asked.evidence_required:
                yield PlainText(id="need-evidence")
            yield from acknowledgements(asked)
        with Vertical(id="ground", classes="panel") as ground:
            ground.border_title = Text(_("On what ground"))
            yield from self._ground()
        users = len(self._review.changes)
        send = ngettext("Send {users} user", "Send {users} users", users).format(users=f"{users:,}")
        with Horizontal(id="decide"):
            yield Buttons(("cancel", _("Cancel")), ("send", send))
            yield PlainText(id="open")

    def _ground(self) -> Iterator[Widget]:
        asked, staging = self._review.asked, self.session.staging
        given = {
            "evidence": staging.evidence_for(self._granted),
            "reason": staging.ground.reason or self.session.incident,
        }
        rows = []
        if asked.evidence_required:
            rows.append(
                (
                    _("Evidence (required)"),
                    "evidence",
                    _("form, call record, date"),
                )
            )
        words = _("Reason or ticket (required)") if asked.reason_required else _("Reason or ticket")
        rows.append((words, "reason", reason_hint(asked)))
        if said_words(self._review):
            shown = PlainText(said_text(self._review), id="said")
            yield Horizontal(PlainText(_("The person said so"), classes="label"), shown)
        for label, id, placeholder in rows:
            yield Horizontal(
                PlainText(label, classes="label"), Field(given[id], id=id, placeholder=placeholder)
            )

    @property
    def _granted(self) -> list[Identity]:
        """Who would be given a consent."""
        grants = {(FieldKind.CONSENT, State.SUBSCRIBED.value)}
        return [
            change.identity
            for change in self._review.changes
            if any((item.kind, item.after) in grants for item in change.fields)
        ]

    @on(Input.Changed)
    def _keep_ground(self) -> None:
        """What was typed stays, also where the review is left."""
        reason, evidence = typed(self, "reason"), typed(self, "evidence")
        self.session.staging.note_ground(reason, evidence, self._granted)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < TALL, "-low")

    def on_mount(self) -> None:
        self.app.clear_notifications()  # they would lie upon the fields
        self._say_title()
        self._say_open()
        self.call_after_refresh(self._now_painted)
        fields = (item for change in self._review.changes for item in change.fields)
        # That there was nothing before is known without its value.
        if any(item.personal and not (item.readable and item.before is None) for item in fields):
            self._ask_what_is_kept()

    def _now_painted(self) -> None:
        self._painted = True

    @work(group="kept")
    async def _ask_what_is_kept(self) -> None:
        """Says so where no undo will be possible. Asked in the background: the keyring may be slow."""
        try:
            kept = await self.session.journal.keeps_personal()
        except JournalError as error:
            words = f"{error.title}. {error.happened}"
        else:
            why = self.session.journal.no_key_reason or _("There is no keyring.")
            words = _("{why} Of personal values the journal keeps only a mask.").format(why=why)
            words = "" if kept else f"{words} {_('These changes cannot be undone later.')}"
        self._not_kept = words
        self.lines.rebuild()

    def _page(self, width: int) -> Page:
        shown = self._shown
        if self._not_kept:
            shown = shown._replace(notices=[*shown.notices, self._not_kept])
        names = self.session.name_of
        return review_page(shown, width, self.app.console, names, revealed=self.revealed, each=self._each)

    def _read_at(self) -> str:
        read = [self.session.staging.read_at(change.identity) for change in self._review.changes]
        oldest = korean_clock(min(read)) if read else ""
        if not self.session.capabilities.read_by:
            return _("not readable: nothing that is sent is verified")
        return _("read {time}, read again just before sending").format(time=oldest)

    def _say_title(self) -> None:
        users, edits = len(self._review.changes), sum(len(one.fields) for one in self._review.changes)
        title = ngettext("Review: {users} user", "Review: {users} users", users).format(users=f"{users:,}")
        counted = ngettext("{edits} edit", "{edits} edits", edits).format(edits=f"{edits:,}")
        rest = _("{edits} · nothing has been sent").format(edits=counted)
        words = Text.assemble((title, "bold"), (f" · {rest}", "label"))
        self.lines.border_title = in_colours(words, self.app.console)

    def watch_revealed(self) -> None:
        self.lines.rebuild()

    @on(Input.Changed)
    @on(Tick.Changed)
    def _say_open(self) -> None:
        """What each requirement is met by, and what is still open, in the words of the policy."""
        approval = answered(self, self._review.asked)
        self._say_requirements(approval)
        try:
            self.session.admit(self._review.scope, approval)
            words = Text.assemble(("^s", "bold"), " ", (_("sends"), "label"))
        except GateRefused as refused:
            words = Text(_("▲ open: {what}").format(what=refused.title), "warn")
        sendable = not words.plain.startswith("▲")
        if kept := masked_words(self):
            words = Text.assemble(words, "  ", (kept, "warn"))
        if self.send_button.disabled is sendable:
            self.send_button.disabled = not sendable
        self.say("#open", words)

    def _say_requirements(self, approval: Approval) -> None:
        asked, granted = self._review.asked, self._review.scope.granted
        met = [warning.id in approval.acknowledged for warning in asked.to_acknowledge]
        why, pattern = _("production: a reason for every change"), asked.reason_pattern
        if pattern:
            why = _("the company: a reason with {pattern}").format(pattern=sanitize(pattern, 40))
        words = ngettext(
            "a consent is given to {users} user: evidence",
            "a consent is given to {users} users: evidence",
            granted,
        )
        proof = words.format(users=f"{granted:,}") if granted else _("the company: evidence of every change")
        reason, evidence = approval.reason, bool(approval.evidence.strip())
        for required, id, fulfilled, what in (
            (asked.reason_required, "#need-reason", bool(reason.strip()) and fits(pattern, reason), why),
            (asked.evidence_required, "#need-evidence", evidence, proof),
        ):
            if required:
                met.append(fulfilled)
                self.say(id, Text.assemble(("✓ ", "ok") if met[-1] else ("▲ ", "warn"), what))
        panel = self.query_one("#requirements")
        words = _("{open} of {all} open").format(open=met.count(False), all=len(met))
        said = (_("all met"), "ok") if all(met) else (words, "strong.warn")
        panel.border_subtitle = in_colours(Text(*said), self.app.console)

    def action_reason(self) -> None:
        """Goes to the first thing that is open, or to the reason."""
        if not focus_what_is_missing(self):
            self.query_one("#reason").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        focus_what_is_missing(self)

    def action_each(self) -> None:
        """Shows a line for each user, or each kind of change once."""
        self._each = not self._each
        self.lines.rebuild()

    def action_withdraw(self) -> None:
        """Stages the withdrawal of what would stay given for the night without the day."""
        wanted = withdrawals_left(self._shown.left)
        self.session.staging.withdraw(wanted)
        self._show_anew()

    def _show_anew(self) -> None:
        self._look()
        self._say_title()
        self.lines.rebuild()
        self.say("#said", said_text(self._review))
        self._say_open()
        self.refresh_bindings()

    def action_day(self) -> None:
        """Asks for the day on which the people said so."""
        ask(self.app, DayDialog(self._review.expressed_on, self.session.clock), self._say_day)

    def _say_day(self, day: str) -> None:
        self.session.staging.note_said(Said(self._review.ground, day))
        self._show_anew()

    def action_ground(self) -> None:
        """Takes what is reviewed for a correction instead of the people's word, or the other way round."""
        other = Ground.EXPRESSED if is_correction(self._review) else Ground.CORRECTION
        self.session.staging.note_said(Said(other))
        self._show_anew()

    def action_scroll(self, way: str) -> None:
        getattr(self.lines, f"scroll_{way}")(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there is something to be withdrawn with what is, and consents are anybody's word."""
        if action in ("day", "ground"):
            return bool(said_words(self._review)) and (action == "ground" or not is_correction(self._review))
        return action != "withdraw" or any(one.left for one in self._shown.left)

    def action_send(self) -> None:
        """Checks what is checked before sending, so that a refusal leaves the form as it is."""
        if not self._painted and not self.takes_typed_ahead():
            self.notify(_("Nothing was sent: that key was pressed before this could be read."), markup=False)
            return
        approval = answered(self, self._review.asked)
        try:
            self.session.admit(self._review.scope, approval)
        except ConsoleError as error:
            focus_what_is_missing(self)
            self.tell(error)
            return
        self.app.switch_screen(ResultScreen(self.session, self._review, approval))
