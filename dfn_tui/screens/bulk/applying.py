"""Applying a plan: what must be answered before anything is sent, and the button that starts the job."""

from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.screens.answers import (
    acknowledgements,
    answered,
    evidence_field,
    focus_what_is_missing,
    reason_field,
    typed,
)
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.messages import JobStarted
from dfn_tui.service.bulk.plan.format import totals_words
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.run.format import conflict_words
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.bulk.session import BulkSession, Options
from dfn_tui.service.changes.policy import Approval, requirements
from dfn_tui.text import _, ngettext
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector
from dfn_tui.widgets.tick import Tick


class ApplyScreen(SessionScreen[str]):
    """Dismissed with the id of the job that was started. Nothing is sent but by the button here, and the
    focus starts on Cancel."""

    AUTO_FOCUS = "#cancel"

    def __init__(self, bulk: BulkSession, path: Path, found: Totals) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._path = path
        self._found = found
        self._starting = False
        self._asked = requirements(self._found.scope, self.session.connection, self.session.clock())

    def body(self) -> ComposeResult:
        users = self._found.to_send
        title = ngettext("Apply: {users} user would be sent", "Apply: {users} users would be sent", users)
        heading = title.format(users=f"{users:,}")
        yield PlainText(f"{heading} · {self._found.digest[:12]}", classes="heading")
        with VerticalScroll(id="what", can_focus=True):
            asked = [warning.text for warning in self._asked.to_acknowledge]
            figures = [
                words for words in totals_words(self._found, self.session.clock()) if words not in asked
            ]
            yield PlainText("\n".join(figures), id="figures")
            yield from acknowledgements(self._asked)
            yield from self._options()
            yield from self._answers()
        yield Buttons(("cancel", _("Cancel")), ("send", _("Send")))

    def _options(self) -> ComposeResult:
        if self.session.capabilities.read_by:
            rules = [(rule, conflict_words(rule)) for rule in OnConflict]
            yield Selector(_("Users changed since by someone else"), rules, OnConflict.STOP)
            yield Tick(_("read every user back after sending"), Options().read_back, id="read-back")
        yield PlainText(_("At most so many requests a minute"))
        yield Field(str(Options().limit), id="limit")

    def _answers(self) -> ComposeResult:
        evidence = _("Evidence that these people gave their consent (required)")
        yield from evidence_field(self._asked, evidence)
        if self._found.granted > self._asked.max_grants:
            words = _("Only {most} may be given a consent at once. To allow more this once, type how many")
            yield PlainText(words.format(most=f"{self._asked.max_grants:,}"))
            yield Field(id="max-grants")
        if self._found.to_send > self._asked.max_users:
            words = _("Only {most} may be sent at once. To allow more this once, type how many")
            yield PlainText(words.format(most=f"{self._asked.max_users:,}"))
            yield Field(id="max-users")
        yield from reason_field(self._asked)
        if self._asked.count_required:
            words = _("This is PRODUCTION. Type the number of users: {users}")
            yield PlainText(words.format(users=self._found.to_send))
            yield Field(id="count")

    def action_back(self) -> None:
        """Leaves, unless the job is just being started."""
        if not self._starting:
            super().action_back()

    def action_send(self) -> None:
        if not self._starting:
            self._starting = True
            self._send()

    @work(group="apply")
    async def _send(self) -> None:
        self.say(".heading", _("Checking the plan…"))
        try:
            run = await self._bulk.apply(
                self._path, self._approval(), self._options_chosen(), digest=self._found.digest
            )
        except ConsoleError as error:
            self._starting = False
            self.say(".heading", f"! {error.title}")
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
