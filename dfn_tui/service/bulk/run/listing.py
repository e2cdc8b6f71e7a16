"""The jobs of a connection: what there is, and what can be gone on with."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.records import PlanError, PlanMetadata
from dfn_tui.service.bulk.run.job import Job, job_files, open_job
from dfn_tui.service.bulk.run.records import UNFINISHED, JobRecord

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job as lists show it. `under_way`: some process runs it at this moment."""

    record: JobRecord
    head: PlanMetadata
    path: Path
    total: int
    ended: dict[Outcome, int]
    under_way: bool
    nothing_set: int = 0
    """The users nothing was sent for, as they had nothing set."""

    @property
    def done(self) -> int:
        """The users that ended, however they did."""
        return sum(self.ended.values())

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
        job.count_nothing_set(),
    )


def list_jobs(folder: Path, connection: str) -> list[JobSummary]:
    """The jobs of that connection, the newest first. Those that cannot be read are left out."""
    found = _ask_each(folder, connection, summary)
    # By the names alone it would be left to chance which of two jobs of the same second comes first.
    return sorted(found, key=lambda job: job.record.begun, reverse=True)


def unfinished_jobs(folder: Path, connection: str) -> list[str]:
    """The ids of the jobs of that connection that can be gone on with, the newest first. Quicker than to
    list them: no users are counted."""
    return list(filter(None, _ask_each(folder, connection, _id_if_unfinished)))


def _id_if_unfinished(job: Job) -> str:
    record = job.record
    return record.id if record.state in UNFINISHED and not job.under_way else ""


def _ask_each(folder: Path, connection: str, question: Callable[[Job], Answer]) -> list[Answer]:
    found = []
    for path in job_files(folder):
        with suppress(PlanError), open_job(path) as job:
            if job.plan.head.connection == connection:
                found.append(question(job))
    return found
