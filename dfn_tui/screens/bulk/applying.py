"""Applying a plan: what must be answered before anything is sent, and the button that starts the job."""

from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.screens.answers import (
    acknowledgements,
    answered,
    evidence_field,
    focus_what_is_missing,
    masked_words,
    reason_field,
    typed,
)
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.format import totals_text
from dfn_tui.screens.messages import JobStarted
from dfn_tui.service.bulk.plan.format import totals_words
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.format import conflict_words
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.policy import Approval, may_be_sent_unread
from dfn_tui.text import N_, _, ngettext
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector
from dfn_tui.widgets.tick import Tick


class ApplyScreen(SessionScreen[str]):
    """Dismissed with the id of the job that was started. Nothing is sent but by the button here, and the
    focus starts on Cancel."""

    PLACE = N_("Apply a plan")
    AUTO_FOCUS = "#cancel"
    BINDINGS = bindings(
        key("i", "missing", N_("What is open"), "apply.missing", N_("Go to what is open, or to the reason")),
        key("ctrl+s", "send", N_("Send"), "apply.send", N_("Start the job")),
    )

    def __init__(self, bulk: BulkSession, path: Path, found: Totals) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._path = path
        self._found = found
        self._starting = False
        self._painted = False
        self._asked = self.session.requirements(self._found.scope)

    def takes_typed_ahead(self) -> bool:
        return may_be_sent_unread(self._found.scope, self.session.connection)

    def body(self) -> ComposeResult:
        users, kind = self._found.to_send, self._found.head.named_by
        title = ngettext("Apply: {users} user would be sent", "Apply: {users} users would be sent", users)
        with VerticalScroll(id="what", classes="panel", can_focus=True) as frame:
            frame.border_title = Text.assemble(title.format(users=f"{users:,}"), (f" ({kind})", "label"))
            frame.border_subtitle = self._found.digest[:12]
            asked = [warning.text for warning in self._asked.to_acknowledge]
            words = totals_words(self._found, self.session.clock(), changes=False)
            figures = [Text(line) for line in words if line not in asked]
            yield PlainText(Text("\n").join([*totals_text(self._found), *figures]), id="figures")
            yield from acknowledgements(self._asked)
            yield from self._options()
            yield from self._answers()
        yield PlainText(id="said")
        yield Buttons(("cancel", _("Cancel")), ("send", _("Send")))

    def _options(self) -> ComposeResult:
        if self.session.capabilities.read_by:
            rules = [(rule, conflict_words(rule)) for rule in OnConflict]
            yield Selector(_("Users changed since by someone else"), rules, OnConflict.STOP)
            yield Tick(_("read every user back after sending"), Options().read_back, id="read-back")
        yield PlainText(_("At most so many requests a minute"))
        yield Field(str(self._bulk.rates(self._found)[0]), id="limit")

    def _answers(self) -> ComposeResult:
        evidence = _("Evidence that these people gave their consent (required)")
        yield from evidence_field(self._asked, evidence)
        if self._found.granted > self._asked.max_grants:
            words = _("Only {most} may be given a consent at once. To allow more this once, type how many")
            yield PlainText(words.format(most=f"{self._asked.max_grants:,}"))
            yield Field(id="max-grants")
        if self._found.scope.capped > self._asked.max_users:
            words = _("Only {most} may be sent at once. To allow more this once, type how many")
            yield PlainText(words.format(most=f"{self._asked.max_users:,}"))
            yield Field(id="max-users")
        yield from reason_field(self._asked, self.session.incident)
        if self._asked.count_required:
            words = _("This is PRODUCTION. Type the number of users ({kind}): {users}")
            yield PlainText(words.format(users=self._found.to_send, kind=self._found.head.named_by))
            yield Field(id="count")

    def action_back(self) -> None:
        """Leaves, unless the job is just being started."""
        if not self._starting:
            super().action_back()

    def on_mount(self) -> None:
        self.call_after_refresh(self._now_painted)

    def _now_painted(self) -> None:
        self._painted = True

    @property
    def enter_does(self) -> str:
        """For the line of keys, where a field has the focus."""
        return _("What is open") if isinstance(self.focused, Field) else ""

    @on(Input.Changed)
    def _say_kept(self) -> None:
        self.say("#said", Text(masked_words(self), "warn"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_missing()

    def action_missing(self) -> None:
        """Goes to the first thing that is open, or to the reason."""
        if not focus_what_is_missing(self, optional="read-back"):
            self.query_one("#reason").focus()

    def action_send(self) -> None:
        """Starts the job, unless something is open."""
        if not self._painted:
            self.notify(_("Nothing was sent: that key was pressed before this could be read."), markup=False)
        elif not self._starting:
            self._starting = True
            self._send()

    @work(group="apply")
    async def _send(self) -> None:
        self.say("#said", Text(_("Checking the plan…"), "label"))
        try:
            run = await self._bulk.apply(
                self._path, self._approval(), self._options_chosen(), digest=self._found.digest
            )
        except ConsoleError as error:
            self._starting = False
            self.say("#said", Text(f"✗ {error.title}", "strong.danger"))
            if isinstance(error, GateRefused):
                focus_what_is_missing(self, optional="read-back")
            self.tell(error, retry=self.action_send)
            return
        self.app.post_message(JobStarted(self._bulk))
        self.dismiss(run.record.id)

    def _number(self, id: str) -> int | None:
        """The number typed, with or without commas between its thousands; None where it is none."""
        digits = typed(self, id).strip().replace(",", "")
        return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None

    def _approval(self) -> Approval:
        return answered(self, self._asked)._replace(
            typed_count=self._number("count"),
            max_grants=self._number("max-grants"),
            max_users=self._number("max-users"),
        )

    def _options_chosen(self) -> Options:
        """As chosen; without reading there is nothing to choose. Raises GateRefused."""
        limit = self._number("limit")
        if not limit:
            raise GateRefused(
                _("The limit is no number"),
                _("It is in requests a minute, 1 or more. Nothing was sent."),
                _("Give a number."),
            )
        if not self.session.capabilities.read_by:
            return Options(limit=limit)
        return Options(self.query_one(Selector).value, self.query_one("#read-back", Tick).value, limit)
