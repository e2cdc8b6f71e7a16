"""Many users at once: the jobs of a connection, and the way to a new plan."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.format import job_state
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.bulk.new_plan import NewPlanScreen
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.screens.dialogs import PathDialog, ask
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import count_words
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import REST, Column


class JobList(PagedList[JobSummary]):
    """The jobs that can be gone on with come first, then the newest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", _("Open"), id="bulk.open", key_display="Enter/o", tooltip=_("Open this job"))
    ]

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(
            _(
                "There is no job over this connection yet.\n\n"
                "  n  make a plan: users from a file or a pasted list, and what is to be changed\n"
                "  p  open a plan that was saved\n\n"
                "A plan says whom it would change and how. Nothing is sent before it is applied."
            )
        )
        self._bulk = bulk

    def columns(self, _width: int) -> Sequence[Column[JobSummary]]:
        return [
            Column(_("job"), 22, lambda job: Text(sanitize(job.record.id), "bold")),
            Column(_("state"), 10, lambda job: Text(job_state(job), "bold yellow" if job.unfinished else "")),
            Column(_("users done"), 15, lambda job: Text(f"{job.done:,}/{job.total:,}")),
            Column(_("how they ended"), REST, lambda job: Text(", ".join(count_words(job.ended)))),
        ]

    def key(self, item: JobSummary) -> str:
        return item.record.id

    async def page(self, after: JobSummary | None, _limit: int) -> Sequence[JobSummary]:
        if after is not None:
            return ()
        found = await asyncio.to_thread(self._bulk.jobs)
        return sorted(found, key=lambda job: not (job.unfinished or job.under_way))

    def detail(self, item: JobSummary) -> str:
        why = sanitize(item.record.why, 200) or sanitize(item.record.reason, 200)
        return f"{', '.join(count_words(item.ended))}\n{why}"

    def open(self, item: JobSummary) -> None:
        self.app.push_screen(JobScreen(self._bulk, item.record.id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "open" or bool(self.table.items)


class BulkScreen(SessionScreen[None]):
    """The jobs of a connection."""

    AUTO_FOCUS = "DataTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", _("New plan…"), id="bulk.new", tooltip=_("Whom to change, and how")),
        Binding("p", "plan", _("Open a plan…"), id="bulk.plan", tooltip=_("A plan that was saved")),
        Binding("f5", "read", _("Read again"), show=False, id="bulk.read", tooltip=_("Read them again")),
    ]

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk

    def body(self) -> ComposeResult:
        yield PlainText(_("Many users at once"), classes="heading")
        yield JobList(self._bulk)

    def on_screen_resume(self) -> None:
        self.action_read()

    def action_read(self) -> None:
        self.query_one(JobList).look_again()

    def action_new(self) -> None:
        self.app.push_screen(NewPlanScreen(self._bulk))

    def action_plan(self) -> None:
        """Asks for the file of a plan, and opens it."""
        folder = f"{self._bulk.folder.parent / 'plans'}/"
        dialog = PathDialog(_("Open a plan"), _("The plan's file"), _("Open"), folder)
        ask(self.app, dialog, lambda path: self.app.push_screen(PlanScreen(self._bulk, path)))
