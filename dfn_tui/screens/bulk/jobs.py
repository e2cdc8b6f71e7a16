"""Many users at once: the jobs of a connection, and the way to a new plan."""

import asyncio
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from dfn_tui.screens.base import DeskScreen
from dfn_tui.screens.bulk.dialogs import PathDialog
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.bulk.new_plan import NewPlanScreen
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.screens.bulk.words import job_state
from dfn_tui.service import BulkDesk, Desk, JobSummary
from dfn_tui.service.bulk.run.words import count_words
from dfn_tui.text import _, inert
from dfn_tui.widgets.table import REST, Column, Table


class BulkScreen(DeskScreen[None]):
    """The jobs that can be gone on with come first, then the newest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", _("New plan…"), id="bulk.new", tooltip=_("Whom to change, and how")),
        Binding("p", "plan", _("Open a plan…"), id="bulk.plan", tooltip=_("A plan that was saved")),
        Binding("o", "open", _("Open"), id="bulk.open", key_display="Enter/o", tooltip=_("Open this job")),
        Binding("f5", "read", _("Read again"), show=False, id="bulk.read", tooltip=_("Read them again")),
    ]

    def __init__(self, desk: Desk, bulk: BulkDesk) -> None:
        super().__init__(desk)
        self._bulk = bulk
        self._jobs: list[JobSummary] = []

    def body(self) -> ComposeResult:
        yield Static(_("Many users at once"), classes="heading", markup=False)
        yield Static(_("Reading the jobs…"), classes="said", markup=False)
        yield Table(lambda _width: _columns(), lambda job: job.record.id)
        yield Static(classes="detail", markup=False)

    def on_mount(self) -> None:
        self._table.focus()

    def on_screen_resume(self) -> None:
        self.action_read()

    @work(exclusive=True, group="jobs")
    async def action_read(self) -> None:
        found = await asyncio.to_thread(self._bulk.jobs)
        self._jobs = sorted(found, key=lambda job: not (job.unfinished or job.under_way))
        self._table.display = bool(found)
        self._table.show(self._jobs)
        said = self.query_one(".said", Static)
        said.display = not found
        said.update(
            _(
                "There is no job over this connection yet.\n\n"
                "  n  make a plan: users from a file or a pasted list, and what is to be changed\n"
                "  p  open a plan that was saved\n\n"
                "A plan says whom it would change and how. Nothing is sent before it is applied."
            )
        )
        self._show_detail()
        self.refresh_bindings()

    @property
    def _table(self) -> Table[JobSummary]:
        return self.query_one(Table)

    def _show_detail(self) -> None:
        job = self._table.highlighted
        self.query_one(".detail", Static).update(_detail(job) if job else "")

    def on_data_table_row_highlighted(self) -> None:
        self._show_detail()

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        job = self._table.highlighted
        if job is not None and self.is_current:  # not twice, where the key was pressed twice
            self.app.push_screen(JobScreen(self.desk, self._bulk, job.record.id))

    def action_new(self) -> None:
        self.app.push_screen(NewPlanScreen(self.desk, self._bulk))

    def action_plan(self) -> None:
        """Asks for the file of a plan, and opens it."""

        def show(name: str | None) -> None:
            if name is not None:
                self.app.push_screen(PlanScreen(self.desk, self._bulk, Path(name)))

        folder = f"{self._bulk.folder.parent / 'plans'}/"
        self.app.push_screen(PathDialog(_("Open a plan"), _("The plan's file"), _("Open"), folder), show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "open" or bool(self._jobs)


def _columns() -> list[Column[JobSummary]]:
    return [
        Column(_("job"), 22, lambda job: Text(inert(job.record.id), "bold")),
        Column(_("state"), 10, lambda job: Text(job_state(job), "bold yellow" if job.unfinished else "")),
        Column(_("users done"), 15, lambda job: Text(f"{job.done:,}/{job.total:,}")),
        Column(_("how they ended"), REST, lambda job: Text(", ".join(count_words(job.ended)))),
    ]


def _detail(job: JobSummary) -> str:
    """The row under the cursor once more, with the width of the terminal."""
    why = inert(job.record.why, 200) or inert(job.record.reason, 200)
    return f"{', '.join(count_words(job.ended))}\n{why}"
