"""A process that takes a snapshot: `python -m tests.system.snapshot_taker URL JOURNAL`.

It says how far it is, a line each, and its peak of memory at the end."""

import asyncio
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from dfn_tui.config import ApiVersion
from dfn_tui.errors import ConsoleError
from dfn_tui.service.snapshots.taking import TakingProgress
from tests.starting import connections


@dataclass(frozen=True)
class Place:
    url: str
    token: str = "token-1"
    service_id: str = "service-7"


def on_progress(at: TakingProgress) -> None:
    print(f"rows {at.rows}", flush=True)


async def take(url: str, journal: Path) -> None:
    run = connections(Place(url), journal, api=ApiVersion.V2)
    try:
        taken = await run.session("here").take_snapshot(None, (), on_progress)
        print(f"taken {taken.head.users}", flush=True)
    except ConsoleError as error:
        print(f"refused {error.title}", flush=True)
    finally:
        await run.finish()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1], Path(sys.argv[2])))
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}", flush=True)
