"""Tells how jobs ended, wherever the operator is: by a line, the bell, and the terminal's notification."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from rich.text import Text
from textual.screen import Screen

from dfn_tui.outcomes import Outcome
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.format import end_of_job
from dfn_tui.screens.bulk.job import JobScreen
from dfn_tui.screens.lock import LockingApp, LockScreen
from dfn_tui.service.bulk.run.records import JobRecord
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text import _
from dfn_tui.widgets.plain_text import PlainText

READABLE = 3.0
"""Seconds that the line stays at the least: a key that was on its way must not take away what nobody read."""

READ_AGAIN_EVERY = 5.0
"""Seconds between two looks at whether the job wrote to users that are shown: it writes to each but once or
twice, so that little is read for it."""

OPENS = "f8"


class JobBanner(PlainText):
    """One line over the keys at the bottom: nothing moves for it, and it covers no input."""


class _JobEnd(NamedTuple):
    bulk: BulkSession
    job: str
    words: Text


class JobEnds:
    """Each end is told once, and its line stays until a key. Over the lock no line is shown: it waits."""

    def __init__(self, app: LockingApp, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._monotonic = monotonic
        self._untold: list[_JobEnd] = []
        self._banner: JobBanner | None = None
        self._since = 0.0
        app.screen_change_signal.subscribe(app, self._move)

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
        self._app.bell()
        if announce := getattr(self._app._driver, "announce", None):  # only our own driver has it
            announce(f"dfn-tui: {words.plain}")
        self._untold.append(_JobEnd(bulk, record.id, words))
        self._show(self._app.screen)

    def take_key(self, key: str) -> bool:
        """Whether the key was for the line alone; any other takes it away, too, once it could be read."""
        if self._banner is None:
            return False
        end = self._untold[0]
        if key != OPENS and self._monotonic() - self._since < READABLE:
            return False
        self._take_away()
        self._untold.pop(0)
        if key == OPENS:
            self._app.push_screen(JobScreen(end.bulk, end.job))
        else:
            self._show(self._app.screen)
        return key == OPENS

    def _move(self, screen: Screen[object]) -> None:
        self._take_away()
        self._show(screen)

    def _show(self, screen: Screen[object]) -> None:
        # The job's own screen says it better.
        if isinstance(screen, JobScreen):
            self._untold = [end for end in self._untold if end.job != screen.job]
        if not self._untold or self._banner is not None or isinstance(screen, LockScreen):
            return
        self._since = self._monotonic()
        hint = Text.assemble((f"  {OPENS.upper()} ", "bold"), (_("shows it"), "label"))
        self._banner = JobBanner(Text.assemble(" ", self._untold[0].words, hint, no_wrap=True))
        screen.mount(self._banner)

    def _take_away(self) -> None:
        banner, self._banner = self._banner, None
        if banner is not None and banner.is_attached:
            banner.remove()
