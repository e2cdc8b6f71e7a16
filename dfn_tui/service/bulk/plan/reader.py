"""An open plan for those who cannot wait for the disk."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.worker_thread import WorkerThread

Answer = TypeVar("Answer")


class PlanReader:
    """The plan at `path`; all is done in one thread of its own, in the order asked. Close it after use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = WorkerThread("plan")
        self._plan: PlanFile | None = None

    async def ask(self, question: Callable[[PlanFile], Answer]) -> Answer:
        """What the plan says, or what became of it. A caller that is cancelled stops nothing that began.
        Raises `PlanError`."""
        return await self._thread.do(lambda: question(self._opened()))

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
