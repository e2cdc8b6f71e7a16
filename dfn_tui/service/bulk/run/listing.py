"""The jobs of a connection: what there is, what can be gone on with, and what is cleared away."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from os.path import lexists
from pathlib import Path
from typing import NamedTuple, TypeVar

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.input.records import shown_user
from dfn_tui.service.bulk.plan.records import PlanError, PlanMetadata, PlanStatus
from dfn_tui.service.bulk.run.job import Job, find_job, job_files, open_job, open_outline
from dfn_tui.service.bulk.run.keys import JobKey
from dfn_tui.service.bulk.run.records import UNFINISHED, JobRecord
from dfn_tui.service.bulk.run.sent import note_sent
from dfn_tui.service.context import capabilities_of
from dfn_tui.temporary import remove_leftovers
from dfn_tui.text import sanitize
from dfn_tui.text.korea import Clock

Answer = TypeVar("Answer")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job as lists show it. `under_way`: some process runs it at this moment."""

    record: JobRecord
    head: PlanMetadata
    path: Path
    total: int
    ended: dict[Outcome, int]
    under_way: bool
    set_aside: Mapping[PlanStatus, int]
    """The users the plan left out, as `Job.set_aside` has them."""
    partly: int = 0
    """Those of the failed of whom only a field that could not be read was not sent."""
    conflicts: tuple[str, ...] = ()
    """The first users whom somebody changed, with what is there now, inert and masked; not in lists."""
    sealed: bool = False
    locked: bool = False
    """Sealed, and the key is not at hand: what somebody said is not in `record`, nor are there conflicts."""

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def blind(self) -> bool:
        """Whether nobody can be read back: who is confirmed was seen in a snapshot."""
        return not capabilities_of(self.head.api).read_by

    @property
    def done(self) -> int:
        """The users that ended, however they did."""
        return sum(self.ended.values())

    @property
    def repeatable(self) -> bool:
        """Whether somebody failed who can be done once more."""
        return self.ended.get(Outcome.FAILED, 0) > self.partly

    @property
    def unfinished(self) -> bool:
        """Whether it can be gone on with where it was left."""
        return self.record.state in UNFINISHED and not self.under_way


def summary(job: Job) -> JobSummary:
    """That job at this moment. Raises PlanError."""
    return JobSummary(
        job.record,
        job.plan.head,
        job.path,
        job.count_to_send(),
        dict(job.counts()),
        job.under_way,
        job.set_aside(),
        job.count_partly(),
        sealed=job.sealed,
        locked=job.locked,
    )


class UnreadableJob(NamedTuple):
    """A job of whom nothing is known but its id, and why; also not over which connection it is."""

    id: str
    error: PlanError

    @property
    def why(self) -> str:
        """What is wrong, for a list: with the file's name alone."""
        name = f"{self.id}.db"
        return re.sub(rf"\S*/{re.escape(name)}", name, self.error.happened)


class JobListing(NamedTuple):
    """The jobs of a connection, the newest first, and those of the folder that cannot be read."""

    jobs: list[JobSummary]
    unreadable: list[UnreadableJob]


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The jobs kept in `path`, as those of one connection see them; `key` opens those that are sealed. After
    `keep_days` finished ones go. None goes whose plan is younger than `plan_hours`, and of each it stays
    noted who was sent from its plan. `journal` knows that of a job that was cut short. Every method may
    raise `PlanError`."""

    path: Path
    journal: Path
    connection: str
    clock: Clock
    key: JobKey
    keep_days: int | None = None
    plan_hours: int = 0

    def all(self) -> JobListing:
        """The jobs of the connection, the newest first, and what is wrong with those that cannot be read."""
        found, unreadable = self._ask_each(self.connection, summary)
        # By the names alone it would be left to chance which of two jobs of the same second comes first.
        found.sort(key=lambda job: job.record.begun, reverse=True)
        return JobListing(found, unreadable)

    def unfinished(self) -> list[str]:
        """The ids of the connection's jobs that can be gone on with, the newest first. Quicker than to list
        them: no users are counted."""
        return [*filter(None, self._ask_each(self.connection, _id_if_unfinished)[0])]

    def summary(self, id: str) -> JobSummary:
        """The job of that id, or whose id begins so; a locked one without what is sealed."""
        with open_outline(find_job(self.path, id), self.key.value) as job:
            found = summary(job)
            some = found.ended.get(Outcome.CONFLICT) and not job.locked
            first = job.ended_in(Outcome.CONFLICT, -1, _SHOWN) if some else ()
            words = (f"{shown_user(*user.identity)}: {sanitize(ended.message, 300)}" for user, ended in first)
            return replace(found, conflicts=tuple(words))

    def open(self, id: str) -> Job:
        """The job of that id, or whose id begins so. Raises PlanError, and KeyNeeded where it is locked."""
        return open_job(find_job(self.path, id), self.key.value)

    def is_locked(self, id: str) -> bool:
        """Whether the job of that id is sealed, and its key is not at hand."""
        with open_outline(find_job(self.path, id), self.key.value) as job:
            return job.locked

    def clean(self, days: int, *, unfinished: bool = False) -> list[str]:
        """Removes the connection's jobs that ended so many days ago or earlier, and gives their ids.

        Those that can be gone on with stay, unless `unfinished`, and so do those with users of unknown
        outcome. What another process runs, what cannot be read and what is of a young plan stays in any case.
        """
        return self._clean(self.connection, days, unfinished)

    def expire(self) -> list[str]:
        """Removes the finished jobs that are kept no longer, over whichever connection, and what a process
        left in the making that was killed."""
        remove_leftovers()
        return [] if self.keep_days is None else self._clean(None, self.keep_days, unfinished=False)

    def _clean(self, connection: str | None, days: int, unfinished: bool) -> list[str]:
        now = self.clock()
        before, young = now - timedelta(days=days), now - timedelta(hours=self.plan_hours)

        def remove(job: Job) -> str:
            record = job.record
            left = record.state in UNFINISHED or job.counts()[Outcome.UNKNOWN]
            late = (record.ended or record.begun) > before or job.plan.head.made > young
            if late or (left and not unfinished) or not job.take():
                return ""
            note_sent(job, self.journal)
            job.remove()
            return record.id

        return [*filter(None, self._ask_each(connection, remove)[0])]

    def _ask_each(
        self, connection: str | None, question: Callable[[Job], Answer]
    ) -> tuple[list[Answer], list[UnreadableJob]]:
        """What the jobs of a connection, or of all, answer, and those that answer nothing."""
        found, unreadable = [], []
        for path in job_files(self.path):
            try:
                with open_outline(path, self.key.value) as job:
                    if connection in (None, job.plan.head.connection):
                        found.append(question(job))
            except PlanError as error:
                if lexists(path):  # and was not just cleared away by another process
                    unreadable.append(UnreadableJob(path.stem, error))
        return found, unreadable


def _id_if_unfinished(job: Job) -> str:
    record = job.record
    return record.id if record.state in UNFINISHED and not job.under_way else ""
