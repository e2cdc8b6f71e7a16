"""Many users at once: the jobs of a connection, and the way to a new plan."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.text import Text
from textual import work
from textual.app import ComposeResult

from dfn_tui.screens.base import SessionScreen, is_seen
from dfn_tui.screens.bulk.format import Tally, age_words, done_words, state_text, tallies, tally_text
from dfn_tui.screens.bulk.job import LOOK_EVERY, PAINT_EVERY, JobScreen
from dfn_tui.screens.bulk.new_plan import NewPlanScreen
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.screens.dialogs import PathDialog, ask
from dfn_tui.screens.messages import ErrorRaised
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.run.format import counts_of
from dfn_tui.service.bulk.run.listing import JobSummary, UnreadableJob
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.keys import KEEP, bindings, key
from dfn_tui.widgets.table import REST, Column

_Item = JobSummary | UnreadableJob
_WIDE = 110  # columns, from which on there is room for words


class JobList(PagedList[_Item]):
    """Jobs that cannot be read come first, then those that can be gone on with, then the newest."""

    BINDINGS = bindings(key("o", "open", N_("Open"), "bulk.open", N_("Open this job"), shown_as="enter o"))

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(
            _(
                "There is no job over this connection yet.\n\n"
                "  n  make a plan: users from a file or a pasted list\n"
                "  p  open a plan that was saved\n\n"
                "A plan says whom it would change, and how. Nothing is sent before that."
            )
        )
        self._bulk = bulk
        self._followed = ""
        """The job that runs here."""

    def on_mount(self) -> None:
        self.set_interval(PAINT_EVERY, self._follow)
        self.set_interval(LOOK_EVERY, self._look_elsewhere)

    def columns(self, width: int) -> Sequence[Column[_Item]]:
        columns = [
            Column(_("job"), 22, lambda job: Text(sanitize(job.id), "bold")),
            Column(_("state"), 12, _state),
            Column(_("done"), 5, _share),
            Column(_("age"), 6, self._age),
            Column(_("how they ended"), REST, lambda job: _ended(job, words=width >= _WIDE)),
        ]
        if width >= _WIDE:
            columns.insert(3, Column(_("users"), 11, _users))
            columns.append(Column(_("reason"), 24, _reason))
        return columns

    def _age(self, job: _Item) -> Text:
        begun = None if isinstance(job, UnreadableJob) else job.record.begun
        words = age_words(begun, self._bulk.session.clock()) if begun is not None else ""
        return Text(" " * (6 - cell_len(words)) + words, "label")

    def _follow(self) -> None:
        """Shows how far the job is that runs here, without a look at any file."""
        run = self._bulk.run
        if run is None or not self._bulk.busy:
            if self._followed:
                self._followed = ""
                self.look_again()
            return
        if self._followed != run.record.id:
            self._followed = run.record.id
            self.look_again()  # it may be in the list by now
        shown = {job.id: job for job in self.table.items if isinstance(job, JobSummary)}
        job = shown.get(self._followed)
        now = replace(job, ended=dict(run.progress().counts), under_way=True) if job is not None else None
        if now is not None and now != job and is_seen(self.screen):
            self.table.replace(now)
            self._show_detail()

    def _look_elsewhere(self) -> None:
        """A job that another process runs goes on there, and all of them grow older."""
        if not is_seen(self.screen):
            return
        others = (job for job in self.table.items if isinstance(job, JobSummary) and job.under_way)
        if any(job.id != self._followed for job in others):
            self.look_again()
        else:
            self.table.show(self.table.items)

    def was_read(self) -> None:
        self.border_subtitle = _("read {time}").format(time=korean_clock(self._bulk.session.clock()))

    def key(self, item: _Item) -> str:
        return item.id

    async def page(self, after: _Item | None, _limit: int) -> Sequence[_Item]:
        if after is not None:
            return ()
        found = await self._bulk.list_jobs()
        return [*found.unreadable, *sorted(found.jobs, key=lambda job: not (job.unfinished or job.under_way))]

    def detail(self, item: _Item) -> Text | str:
        if isinstance(item, UnreadableJob):
            return f"{item.why}\n{item.error.next_step}"
        why = sanitize(item.record.why, 200) or sanitize(item.record.reason, 200)
        line = Text.assemble(done_words(item.done, item.total), "  ")
        if item.under_way:
            line.append_text(tally_text(_tallies(item)))
        else:
            line.append(", ".join(counts_of(item)))
        return Text("\n").join([line, Text(why)])

    def open(self, item: _Item) -> None:
        if isinstance(item, UnreadableJob):
            self.app.post_message(ErrorRaised(self._bulk.session, item.error, None))
        else:
            self.app.push_screen(JobScreen(self._bulk, item.id))


def _state(job: _Item) -> Text:
    if isinstance(job, UnreadableJob):
        return Text.assemble(("✗", "danger"), " ", (_("unreadable"), "strong.danger"))
    return state_text(job)


def _share(job: _Item) -> Text:
    if isinstance(job, UnreadableJob):
        return Text()
    return Text(f"{100 * job.done // job.total if job.total else 100:3} %")


def _users(job: _Item) -> Text:
    return Text("" if isinstance(job, UnreadableJob) else f"{job.total:,}".rjust(11))


def _reason(job: _Item) -> Text:
    return Text("" if isinstance(job, UnreadableJob) else sanitize(job.record.reason, 60), "label")


def _ended(job: _Item, *, words: bool) -> Text:
    if isinstance(job, UnreadableJob):
        return Text(job.why)
    return tally_text(_tallies(job), words=words)


def _tallies(job: JobSummary) -> list[Tally]:
    to_read = job.under_way and job.record.read_back
    return tallies(job.ended, to_read=to_read, in_snapshot=job.blind)


class BulkScreen(SessionScreen[None]):
    """The jobs of a connection."""

    PLACE = N_("Jobs")
    AUTO_FOCUS = "DataTable"
    BINDINGS = bindings(
        key("n", "new", N_("New plan…"), "bulk.new", N_("Whom to change, and how")),
        key("p", "plan", N_("Open a plan…"), "bulk.plan", N_("A plan that was saved")),
        key("f5,R", "read", N_("Read again"), "bulk.read", N_("Read them again"), show=False, group=KEEP),
    )

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk

    def body(self) -> ComposeResult:
        jobs = JobList(self._bulk)
        jobs.add_class("panel")
        jobs.border_title = _("Many users at once")
        yield jobs

    @work(group="expire")
    async def on_mount(self) -> None:
        with self.showing_errors():
            removed = await asyncio.to_thread(self._bulk.jobs.expire)
            if removed:
                words = ngettext(
                    "{count} old job was removed from this host.",
                    "{count} old jobs were removed from this host.",
                    len(removed),
                )
                self.notify(words.format(count=f"{len(removed):,}"), markup=False)
                self.action_read()

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
