"""A plan: what would be sent to whom, by groups and by users, and who is left out of it."""

import asyncio
import shlex
from dataclasses import replace
from pathlib import Path

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.bulk.applying import ApplyScreen
from dfn_tui.screens.bulk.approving import ApproveDialog
from dfn_tui.screens.bulk.filter import FilterDialog, shown_words
from dfn_tui.screens.bulk.format import totals_text
from dfn_tui.screens.bulk.groups import PlannedGroups
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.bulk.users import PlannedUsers
from dfn_tui.screens.dialogs import ChoiceDialog, TextDialog, ask
from dfn_tui.service.bulk.approving import ApprovalStatus, Signing, approval_status, approve
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import PlanFile, open_copy
from dfn_tui.service.bulk.plan.format import bad_words, cost_words, end_words, head_words, totals_words
from dfn_tui.service.bulk.plan.reader import PlanReader
from dfn_tui.service.bulk.plan.records import SENT, PlanGroup
from dfn_tui.service.bulk.plan.totals import SelectedUsers, Selection, Totals, cost, totals
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.four_eyes.files import beside
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText

BAD_ROWS_SHOWN = 200

SAID_EVERY = 15.0
"""Seconds until it is said anew when the job would end. Painted only where that changed."""

_OUT, _BACK = "out", "back"


class PlanScreen(SessionScreen[None]):
    """Shows the plan at a path: its groups, and the users of one or those who fit the filter. Nothing is sent
    from here; leaving users out changes the plan's file."""

    PLACE = N_("Plan")
    BINDINGS = bindings(
        key("a", "apply", N_("Apply…"), "plan.apply", N_("Go on to what must be answered")),
        key("s", "approve", N_("Approve…"), "plan.approve", N_("Sign it, for somebody else to apply it")),
        key("u", "users", N_("All users"), "plan.users", N_("The users of all groups")),
        key("slash", "filter", N_("Filter"), "plan.filter", N_("Choose which users are shown")),
        key(
            "x",
            "toggle_user",
            N_("Leave out"),
            "plan.toggle",
            N_("Leave it out, or put it back"),
        ),
        key(
            "X",
            "exclude",
            N_("All shown…"),
            "plan.exclude",
            N_("Leave all users out that fit the filter, or put them back"),
        ),
        key("b", "bad", N_("Bad rows"), "plan.bad", N_("The rows that are in no plan")),
        replace(REVEAL, show=False, tooltip=N_("Show or mask personal ids")),
    )

    AUTO_FOCUS = "DataTable"

    planned_groups = getters.query_one(PlannedGroups)
    planned_users = getters.query_one(PlannedUsers)

    def __init__(self, bulk: BulkSession, path: Path) -> None:
        super().__init__(bulk.session)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]
        self._bulk = bulk
        self._path = path
        self._reader = PlanReader(path)
        self._figures: Totals | None = None
        self._approval: ApprovalStatus | None = None
        """Where a second person has to approve it."""
        self._selection = Selection()
        self._excluding = False

    def body(self) -> ComposeResult:
        with VerticalScroll(id="figures-frame", classes="panel", can_focus=True) as frame:
            frame.border_title = _("Plan")
            yield PlainText(_("Checking the plan…"), id="figures")
        for listed in (PlannedGroups(self._reader), PlannedUsers(self._reader)):
            listed.add_class("panel")
            listed.border_title = _("By groups")
            yield listed

    @work(group="plan")
    async def on_mount(self) -> None:
        self.planned_users.display = False
        self.set_interval(SAID_EVERY, self._say_figures)  # it is told when it would end, begun now
        if await self._look() and self._figures is not None:
            self.planned_groups.begin()
        elif self._figures is None:
            self.planned_groups.display = False  # there is nothing to be shown of it

    def on_unmount(self) -> None:
        self._reader.close()

    async def _look(self) -> bool:
        """Shows the plan's figures as they are now, and says whether they could be had."""
        with self.showing_errors("#figures"):
            self._figures = await self._reader.ask(self._counted)
            frame = self.query_one("#figures-frame")
            frame.border_title = self._heading(self._figures)
            frame.border_subtitle = self._figures.digest[:12]
            self._say_figures()
            self.refresh_bindings()
            return True
        return False

    def _say_figures(self) -> None:
        if self._figures is not None:
            self.say("#figures", Text("\n").join(self._lines(self._figures)))

    def _counted(self, plan: PlanFile) -> Totals:
        self._bulk.mark_sent(plan)
        found = totals(plan)
        self._approval = approval_status(self.session, found, beside(self._path))
        return found

    def _heading(self, found: Totals) -> Text:
        words = ngettext("{users} user to be sent", "{users} users to be sent", found.to_send)
        said = words.format(users=f"{found.to_send:,}")
        return Text.assemble(_("Plan"), ": ", said, (f" ({found.head.named_by})", "label"))

    def _lines(self, found: Totals) -> list[Text]:
        limits, now = self._bulk.rates(found), self.session.clock()
        sending = cost(found, limit=limits[0])
        ends = end_words(sending.requests, limits, now)
        figures = [Text(words) for words in totals_words(found, now, changes=False)]
        one = self._approval
        approval = [Text(one.words, "" if one.approved else "warn")] if one else []
        lines = [*totals_text(found), *approval, *([Text(ends)] if found.to_send else []), *figures]
        saved = _("Saved as {path}").format(path=sanitize(str(self._path), 200))
        rest = [cost_words(sending), *head_words(found.head), saved]
        return [*lines, *(Text(words, "label") for words in rest)]

    def _list(self, selection: Selection) -> None:
        """Shows the users that fit."""
        if self._figures is None:
            return
        self._selection = selection
        words = shown_words(selection)
        said = _("Users shown: {which}").format(which=words) if words else _("All users")
        self.planned_users.border_title = said
        self._switch(self.planned_users)
        self.planned_users.ask(selection)

    def _switch(self, to: PlannedGroups | PlannedUsers) -> None:
        for one in (self.planned_groups, self.planned_users):
            one.display = one is to
        to.table.focus()

    def on_planned_groups_opened(self, event: PlannedGroups.Opened) -> None:
        self._list(Selection(group=event.group))

    def action_users(self) -> None:
        """Shows the users of all groups."""
        self._list(Selection())

    def action_back(self) -> None:
        """From the users to the groups, and from these to where the plan was opened."""
        if not self.planned_users.display:
            super().action_back()
            return
        self._selection = Selection()
        self._switch(self.planned_groups)
        self.planned_groups.look_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "approve":
            return self._approval is not None  # where nobody has to, it would only be in the way
        if action in ("apply", "filter", "users", "toggle_user", "exclude", "reveal"):
            return self._figures is not None
        if action == "bad":
            head = self._figures.head if self._figures is not None else None
            return head is not None and bool(head.bad + head.duplicates)
        return True

    def action_filter(self) -> None:
        if self._figures is not None:
            ask(self.app, FilterDialog(self._figures, self._selection), self._list)

    def action_toggle_user(self) -> None:
        """Leaves the user or the group under the cursor out, or puts it back."""
        if self.planned_groups.display:
            one = self.planned_groups.table.highlighted
            if one is not None and self._sendable(one.group):
                self._start_excluding(Selection(group=one.number), out=one.left_out < one.users)
            return
        user = self.planned_users.table.highlighted
        if user is not None and self._sendable(user.group):
            self._start_excluding(SelectedUsers((user.user,)), out=not user.left_out)

    def _sendable(self, group: PlanGroup) -> bool:
        if group.status not in SENT:
            self.notify(_("Nothing is sent here anyway."), markup=False)
        return group.status in SENT

    def action_exclude(self) -> None:
        """Asks whether all that fit the filter are left out or put back."""
        which = shown_words(self._selection) or _("all users")
        choices = [
            (_OUT, _("Leave out: {which}").format(which=which)),
            (_BACK, _("Put back: {which}").format(which=which)),
        ]

        dialog = ChoiceDialog(_("All that fit the filter"), choices)
        ask(self.app, dialog, lambda answer: self._start_excluding(self._selection, out=answer == _OUT))

    def _start_excluding(self, which: Selection | SelectedUsers, *, out: bool) -> None:
        if self._excluding:
            self.notify(_("The plan is still being written."), markup=False)
            return
        self._excluding = True
        self._exclude(which, out)

    @work(group="plan")
    async def _exclude(self, which: Selection | SelectedUsers, out: bool) -> None:
        with self.showing_errors():
            try:
                count = await self._reader.ask(
                    lambda plan: exclude(plan, which, self.session.clock(), self._bulk.by, out=out)
                )
            finally:
                self._excluding = False
            if isinstance(which, Selection):
                left = ngettext("{users} user left out.", "{users} users left out.", count)
                back = ngettext("{users} user put back.", "{users} users put back.", count)
                self.notify((left if out else back).format(users=f"{count:,}"), markup=False)
            if await self._look():
                shown = self.planned_groups if self.planned_groups.display else self.planned_users
                shown.look_again()

    @work(group="bad", exclusive=True)
    async def action_bad(self) -> None:
        """Shows the rows of the input that are in no plan."""
        with self.showing_errors():
            rows = await self._reader.ask(lambda plan: plan.bad_rows(limit=BAD_ROWS_SHOWN))
            lines = [bad_words(row) for row in rows]
            if len(rows) == BAD_ROWS_SHOWN:
                command = shlex.join(["dfn-tui", "bulk", "show", "--bad", sanitize(str(self._path), 200)])
                lines.append(_("These are the first ones. All of them: {command}").format(command=command))
            self.app.push_screen(TextDialog(_("Rows that are in no plan"), "\n".join(lines)))

    def watch_revealed(self, revealed: bool) -> None:
        self.planned_groups.reveal(revealed)
        self.planned_users.reveal(revealed)

    @work(group="approve", exclusive=True)
    async def action_approve(self) -> None:
        """Shows what would be signed, and asks: of a copy, which nobody changes meanwhile."""
        if self._figures is None:
            return
        digest = self._figures.digest
        with self.showing_errors():
            copy = await asyncio.to_thread(open_copy, self._path)
            try:
                found = await asyncio.to_thread(totals, copy)
                dialog = ApproveDialog(found, lambda: self._sign(copy, digest))
                words = await self.app.push_screen_wait(dialog)
            finally:
                copy.close()
            if words is not None:
                self.notify(words, markup=False)
                await self._look()

    async def _sign(self, copy: PlanFile, digest: str) -> str:
        """Signs the copy, if it is what this screen shows."""
        signed, path = await asyncio.to_thread(approve, copy, digest, self.session.clock(), Signing())
        name = signed.statement.principal
        return _("Signed by {name}: {path}").format(name=name, path=sanitize(str(path), 200))

    def action_apply(self) -> None:
        """Goes on to the answers that must be given; the job is shown in place of the plan."""

        def started(job: str | None) -> None:
            if job is not None:
                self.app.switch_screen(JobScreen(self._bulk, job))

        if self._figures is not None:
            self.app.push_screen(ApplyScreen(self._bulk, self._path, self._figures), started)
