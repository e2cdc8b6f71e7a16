"""Tells how jobs ended, wherever the operator is: by a line, the bell, and the terminal's notification."""

import asyncio
from collections.abc import Mapping

from dfn_tui.outcomes import Outcome
from dfn_tui.screens.banners import Announcement, Banners
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.format import end_of_job
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.lock import LockingApp
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.bulk.session import BulkSession

READ_AGAIN_EVERY = 5.0
"""Seconds between two looks at whether the job wrote to users that are shown: it writes to each but once or
twice, so that little is read for it."""

OPENS = "f8"


class JobEnds:
    """Each end is told once. The job's own screen says it better."""

    def __init__(self, app: LockingApp, banners: Banners) -> None:
        self._app = app
        self._banners = banners

    async def follow(self, bulk: BulkSession) -> None:
        """Waits for the end of the job under way, and tells it. What is shown of users that it wrote to is
        read again now and then until that, and at its end."""
        ending, seen = asyncio.ensure_future(bulk.wait()), bulk.session.writes.of_jobs
        try:
            while not ending.done():
                await asyncio.wait([ending], timeout=READ_AGAIN_EVERY)
                if bulk.session.writes.of_jobs != seen:
                    seen = bulk.session.writes.of_jobs
                    self._look_at_writes(bulk)
        finally:
            ending.cancel()  # the waiting alone: the job goes on
        self.tell(bulk, ending.result(), bulk.run.progress().counts if bulk.run is not None else {})

    def _look_at_writes(self, bulk: BulkSession) -> None:
        screen = self._app.screen
        if isinstance(screen, SessionScreen) and screen.opened is bulk.session:
            screen.look_at_writes()

    def tell(self, bulk: BulkSession, record: JobRecord, counts: Mapping[Outcome, int]) -> None:
        """Tells that a job ended. No id is in it, of a person or of the job."""
        words = end_of_job(record, counts)
        notice = Announcement(
            ("job", record.id),
            words,
            OPENS,
            lambda: self._app.push_screen(JobScreen(bulk, record.id)),
            lambda screen: isinstance(screen, JobScreen) and screen.job == record.id,
        )
        self._banners.tell(notice, announced=words.plain)
