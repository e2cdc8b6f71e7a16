"""A plan: what would be sent to whom, and who is left out of it."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.bulk.applying import ApplyScreen
from dfn_tui.screens.bulk.filter import FilterDialog, shown_words
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.bulk.users import PlannedUsers
from dfn_tui.screens.dialogs import ChoiceDialog, TextDialog, ask
from dfn_tui.service.bulk.plan.exclusion import narrow
from dfn_tui.service.bulk.plan.format import bad_words, cost_words, head_words, totals_words
from dfn_tui.service.bulk.plan.reader import PlanReader
from dfn_tui.service.bulk.plan.records import SENT
from dfn_tui.service.bulk.plan.totals import SelectedUsers, Selection, Totals, cost, totals
from dfn_tui.service.bulk.session import BulkSession, Options
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.widgets.plain_text import PlainText

BAD_ROWS_SHOWN = 200
_OUT, _BACK = "out", "back"


class PlanScreen(SessionScreen[None]):
    """Shows the plan at a path. Nothing is sent from here; leaving users out changes the plan's file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", _("Apply…"), id="plan.apply", tooltip=_("Go on to what must be answered")),
        Binding("slash", "filter", _("Filter"), id="plan.filter", tooltip=_("Choose which users are shown")),
        Binding(
            "x",
            "toggle_user",
            _("Leave out"),
            id="plan.toggle",
            tooltip=_("Leave this user out, or put it back"),
        ),
        Binding(
            "X",
            "narrow",
            _("All shown…"),
            id="plan.narrow",
            tooltip=_("Leave all users out that fit the filter, or put them back"),
        ),
        Binding("b", "bad", _("Bad rows"), id="plan.bad", tooltip=_("The rows that are in no plan")),
        replace(REVEAL, show=False, tooltip=_("Show or mask personal ids")),
    ]

    AUTO_FOCUS = "DataTable"

    planned_users = getters.query_one(PlannedUsers)

    def __init__(self, bulk: BulkSession, path: Path) -> None:
        super().__init__(bulk.session)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]
        self._bulk = bulk
        self._path = path
        self._reader = PlanReader(path)
        self._figures: Totals | None = None
        self._selection = Selection()
        self._excluding = False

    def body(self) -> ComposeResult:
        yield PlainText(_("Checking the plan…"), classes="heading")
        with VerticalScroll(id="figures-frame", can_focus=True):
            yield PlainText(id="figures")
        yield PlainText(id="shown")
        yield PlannedUsers(self._reader)

    @work(group="plan")
    async def on_mount(self) -> None:
        if await self._look():
            self._list()

    def on_unmount(self) -> None:
        self._reader.close()

    async def _look(self) -> bool:
        """Shows the plan's figures as they are now, and says whether they could be had."""
        with self.showing_errors(".heading"):
            self._figures = await self._reader.ask(totals)
            self.say(".heading", self._heading(self._figures))
            self.say("#figures", "\n".join(self._lines(self._figures)))
            self.refresh_bindings()
            return True
        return False

    def _heading(self, found: Totals) -> str:
        words = ngettext(
            "Plan {digest}: {users} user to be sent", "Plan {digest}: {users} users to be sent", found.to_send
        )
        return words.format(digest=found.digest[:12], users=f"{found.to_send:,}")

    def _lines(self, found: Totals) -> list[str]:
        usual = Options()
        expected = cost(
            found, self.session.capabilities, limit=usual.limit, look_first=True, read_back=usual.read_back
        )
        lines = [*totals_words(found, self.session.clock()), cost_words(expected), *head_words(found.head)]
        return [*lines, _("Saved as {path}").format(path=sanitize(str(self._path), 200))]

    def _list(self) -> None:
        words = shown_words(self._selection)
        self.say("#shown", _("Shown: {which}").format(which=words) if words else "")
        if self._figures is not None:
            self.planned_users.ask(self._selection, self._figures.head.kind)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("apply", "filter", "toggle_user", "narrow", "reveal"):
            return self._figures is not None
        if action == "bad":
            head = self._figures.head if self._figures is not None else None
            return head is not None and bool(head.bad + head.duplicates)
        return True

    def action_filter(self) -> None:
        def show(selection: Selection) -> None:
            self._selection = selection
            self._list()

        if self._figures is not None:
            ask(self.app, FilterDialog(self._figures, self._selection), show)

    def action_toggle_user(self) -> None:
        """Leaves the user under the cursor out, or puts it back."""
        user = self.planned_users.table.highlighted
        if user is None:
            return
        if user.group.status not in SENT:
            self.notify(_("Nothing is sent for this user anyway."), markup=False)
            return
        self._start_narrowing(SelectedUsers((user.user,)), out=not user.left_out)

    def action_narrow(self) -> None:
        """Asks whether all that fit the filter are left out or put back."""
        which = shown_words(self._selection) or _("all users")
        choices = [
            (_OUT, _("Leave out: {which}").format(which=which)),
            (_BACK, _("Put back: {which}").format(which=which)),
        ]

        dialog = ChoiceDialog(_("All that fit the filter"), choices)
        ask(self.app, dialog, lambda answer: self._start_narrowing(self._selection, out=answer == _OUT))

    def _start_narrowing(self, which: Selection | SelectedUsers, *, out: bool) -> None:
        if self._excluding:
            self.notify(_("The plan is still being written."), markup=False)
            return
        self._excluding = True
        self._narrow(which, out)

    @work(group="plan")
    async def _narrow(self, which: Selection | SelectedUsers, out: bool) -> None:
        with self.showing_errors():
            try:
                count = await self._reader.ask(
                    lambda plan: narrow(plan, which, self.session.clock(), self._bulk.by, out=out)
                )
            finally:
                self._excluding = False
            if isinstance(which, Selection):
                left = ngettext("{users} user left out.", "{users} users left out.", count)
                back = ngettext("{users} user put back.", "{users} users put back.", count)
                self.notify((left if out else back).format(users=f"{count:,}"), markup=False)
            if await self._look():
                self.planned_users.look_again()

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
        self.planned_users.reveal(revealed)

    def action_apply(self) -> None:
        """Goes on to the answers that must be given; the job is shown in place of the plan."""

        def started(job: str | None) -> None:
            if job is not None:
                self.app.switch_screen(JobScreen(self._bulk, job))

        if self._figures is not None:
            self.app.push_screen(ApplyScreen(self._bulk, self._path, self._figures), started)
