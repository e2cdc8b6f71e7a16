"""Kills a console with SIGKILL in the middle of writes, many times, and prints what became of them.

    python -m tests.bench.crash [--runs 1000] [--seed 1]

A third of the kills fall on the steps of a write, in turn; a third on random calls of functions, a third on
random times. Whatever must not happen ends the program with an error.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from dfn_tui.config import ApiVersion
from tests.system.crashing import STEPS, Crashes


async def kill(crashes: Crashes, runs: int) -> None:
    calls, seconds = crashes.whole_writes()
    at_steps = [
        *(lambda step=step: crashes.at_step(step) for step in STEPS),
        lambda: crashes.sent(applied=True),
        lambda: crashes.sent(applied=False),
        crashes.unanswered,
    ]
    for run in range(runs):
        if run % 3 == 0:
            await at_steps[run // 3 % len(at_steps)]()
        elif run % 3 == 1:
            await crashes.at_random_call(calls)
        else:
            await crashes.at_random_time(seconds)
    await crashes.last_start()
    assert crashes.unannounced == [], "written before the intent was on the disk"
    assert crashes.contradictions() == [], "the journal and the server differ"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Crashes(Path(folder), ApiVersion.V1, seed=given.seed, users=2 * given.runs + 20) as crashes,
    ):
        asyncio.run(kill(crashes, given.runs))
        endings = crashes.endings()
        for what, count in sorted(crashes.counts.items()):
            print(f"{count:6}  {what}")
        print(f"{len(endings):6}  intents")
        print(f"{endings.count(None):6}  of them open in the end")
        print(f"{len(crashes.unannounced):6}  users written without an intent on the disk before")
        print(f"{len(crashes.contradictions()):6}  contradictions between the journal and the server")


if __name__ == "__main__":
    main()
