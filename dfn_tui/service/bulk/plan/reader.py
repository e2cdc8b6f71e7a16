"""An open plan for those who cannot wait for the disk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from dfn_tui.service.bulk.plan.exclusion import narrow, select
from dfn_tui.service.bulk.plan.file import BadRow, PlanFile, open_plan
from dfn_tui.service.bulk.plan.records import PlannedUser
from dfn_tui.service.bulk.plan.selecting import SelectedUsers, Selection
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.worker_thread import WorkerThread

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Figures:
    """A plan's digest and totals, of one moment."""

    digest: str
    totals: Totals


class PlanReader:
    """The plan at `path`; all is done in one thread of its own, in the order asked. Close it after use.

    A caller that is cancelled stops nothing that began. Every method may raise `PlanError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = WorkerThread("plan")
        self._plan: PlanFile | None = None

    async def figures(self) -> Figures:
        """What there is to be sent now."""
        return await self._do(lambda plan: Figures(plan.digest, totals(plan)))

    async def users(self, selection: Selection, after: int, limit: int) -> list[PlannedUser]:
        """The users of the selection after that number, in order."""
        return await self._do(lambda plan: select(plan, selection, after, limit))

    async def bad_rows(self, limit: int) -> list[BadRow]:
        """The first rows of the input that are in no plan."""
        return await self._do(lambda plan: plan.bad_rows(limit=limit))

    async def narrow(self, which: Selection | SelectedUsers, *, out: bool, at: datetime, by: str) -> int:
        """Leaves these users out, or puts them back, and says for how many that made a difference."""
        return await self._do(lambda plan: narrow(plan, which, at, by, out=out))

    async def _do(self, work: Callable[[PlanFile], Answer]) -> Answer:
        return await self._thread.do(lambda: work(self._opened()))

    def _opened(self) -> PlanFile:
        if self._plan is None:
            self._plan = open_plan(self.path)
        return self._plan

    def close(self) -> None:
        """Closes the plan once what was asked is done. Nothing may be asked after that."""
        self._thread.close(self._close)

    def _close(self) -> None:
        if self._plan is not None:
            self._plan.close()
