"""A console without screens that runs bulk jobs when told to, so that it can be killed in the middle.

Started once as a program, it forks a process for each order it reads. An order is a line of JSON, a
`BulkOrder`; each process answers `pid N` when it was born, `writing` when its job is about to run, `calls 0`
when it came to the end, and `ended STATUS` when it is gone.
"""

import asyncio
import gc
import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from dfn_tui.config import ApiVersion
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.policy import Approval
from tests.starting import connections
from tests.system.writer import BROUGHT_ALONG, say

LIMIT = 600_000  # requests a minute: it is not the limit that is looked at here


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """Which plan to apply, or which job to resume. `later` is how many hours the clock is ahead."""

    url: str
    token: str
    service_id: str
    journal: str
    plan: str = ""
    job: str = ""
    later: int = 0
    on_conflict: OnConflict = OnConflict.SKIP
    read_back: bool = False
    api: ApiVersion = ApiVersion.V1

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


async def run(order: BulkOrder) -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(hours=order.later)

    console = connections(order, Path(order.journal), api=order.api, clock=clock)
    try:
        say("writing")
        await begin(console.bulk("here"), order)
        await console.bulk("here").wait()
    finally:
        await console.finish()
    say("calls 0")


async def begin(bulk: BulkSession, order: BulkOrder) -> None:
    if order.job:
        await bulk.resume(order.job)
        return
    approval = Approval(
        "INC-42", "a form", frozenset({"night-rule"}), max_grants=1_000_000, max_users=1_000_000
    )
    options = Options(order.on_conflict, order.read_back, LIMIT)
    await bulk.apply(Path(order.plan), approval, options)


def serve() -> None:
    for module in (*BROUGHT_ALONG, "dfn_tui.service.bulk.session"):
        import_module(module)
    gc.freeze()
    for line in sys.stdin:
        given = json.loads(line)
        given |= {"on_conflict": OnConflict(given["on_conflict"]), "api": ApiVersion(given["api"])}
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            asyncio.run(run(BulkOrder(**given)))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        say(f"ended {status}")


if __name__ == "__main__":
    serve()
