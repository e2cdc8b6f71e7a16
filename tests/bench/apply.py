"""What journalling takes of a write of many users, over the real session, HTTP and disk. Run by hand:

    python -m tests.bench.apply [--users 2000] [--latency-ms 50]

The sandbox runs in a process of its own. The share is the time spent in the journal beside the time of the
whole apply, which reads every user again, writes, and reads back, in the same run.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.process import SandboxProcess
from dfn_tui.service.changes.policy import Approval
from dfn_tui.store import IntentGroup, OutcomeGroup
from tests.starting import start


async def measure(users: int, latency: int, folder: Path) -> None:
    arguments = ["--users", str(users), "--latency-ms", str(latency), "--rate-limit", "none"]
    with SandboxProcess(arguments) as sandbox:
        async with start(sandbox, folder / "journal.db") as session:
            identities = [session.identity(f"user-{number:04d}") for number in range(1, users + 1)]
            async for record in session.look_up(identities):
                session.staging.draft(record).stage_consents(
                    {Flag.MKT_SMS: State.UNSUBSCRIBED, Flag.NIGHT_SMS: State.UNSUBSCRIBED}
                )
            spent = 0.0
            write = session.journal.write

            async def timed(outcomes: Sequence[OutcomeGroup], intents: Sequence[IntentGroup]) -> list[int]:
                nonlocal spent
                started = time.perf_counter()
                try:
                    return await write(outcomes, intents)
                finally:
                    spent += time.perf_counter() - started

            setattr(session.journal, "write", timed)  # noqa: B010  a method is not assigned to
            started = time.perf_counter()
            results = await session.apply(session.review(), Approval(reason="bench"))
            whole = time.perf_counter() - started
    confirmed = sum(result.outcome is Outcome.CONFIRMED for result in results)
    each = 1000 * spent / max(1, len(results))
    print(f"users changed        {len(results)}, confirmed {confirmed}, latency {latency} ms")
    print(f"whole apply          {whole:.2f} s")
    print(f"of it in the journal {spent:.3f} s = {100 * spent / whole:.2f} %, {each:.3f} ms a user")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--latency-ms", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(args.users, args.latency_ms, Path(folder)))


if __name__ == "__main__":
    main()
