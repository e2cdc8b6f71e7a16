"""How quickly a key is painted while a job of many users runs in the same console. Run by hand:

    python -m tests.bench.keys

The console stands on its look-up screen, resumes a job that was left unfinished, and goes back to the look-up
screen, where characters are typed: before the job is resumed, and while it runs.
"""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.run.job import make_job
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from tests.bench.bulk import NO_LIMIT, Sandbox, Server, write_plan
from tests.bench.harness import CONSOLE, Terminal
from tests.bench.start import empty_input, press_ms, wait_until_usable

SIGN = "#"  # in nothing that is painted meanwhile
PRESSES = 60
USERS = 600_000
F8, ESCAPE, REPAINT = "\x1b[19~", "\x1b", "\x0c"


def prepare(server: Server, home: Path, limit: int) -> dict[str, str]:
    """A configuration with one connection, and a job of it that was left before its first user."""
    (home / "config.toml").write_text(
        'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\n'
        f'base_url = "{server.url}"\n'
    )
    write_plan(home / "plan", USERS)
    with open_plan(home / "plan") as plan:
        record = JobRecord(
            id="20260101-000000-bench",
            digest=plan.digest,
            begun=datetime.now(UTC),
            by="bench",
            reason="bench",
            evidence="",
            warnings=(),
            on_conflict=OnConflict.OVERWRITE,
            read_back=False,
            limit=limit,
            state=JobState.STOPPED,
        )
        make_job(plan, home / "state" / "jobs", record).close()
    return {
        "HOME": str(home),
        "DFN_TUI_CONFIG": str(home / "config.toml"),
        "DFN_TUI_STATE": str(home / "state"),
        "DFN_TUI_TOKEN": server.token,
        "LANG": "C.UTF-8",
    }


def typed(terminal: Terminal) -> list[float]:
    """Milliseconds of each press."""
    times: list[float] = []
    while len(times) < PRESSES:
        empty_input(terminal)
        times += [press_ms(terminal, SIGN, SIGN.encode()) for _ in range(20)]
    return times


def need(terminal: Terminal, wanted: str) -> None:
    if terminal.wait_for(wanted.encode()) is None:
        raise RuntimeError(f"{wanted!r} was never painted")


def measure(environ: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Before the job, and while it runs."""
    with Terminal(CONSOLE[:1], environ) as terminal:
        wait_until_usable(terminal)
        need(terminal, "unfinished")
        terminal.settle()
        idle = typed(terminal)
        empty_input(terminal)
        terminal.send(F8)
        need(terminal, "bench")
        terminal.settle(0.5)
        terminal.send("\r")
        need(terminal, "stopped")
        terminal.settle(0.5)
        terminal.send("r")
        need(terminal, "under way")
        for _screen in range(2):
            terminal.send(ESCAPE)
            terminal.settle(0.3)
        busy = typed(terminal)
        terminal.send(REPAINT)
        need(terminal, "JOB")  # it runs still
    return idle, busy


def main() -> None:
    print(f"milliseconds from a key to its paint, {PRESSES} presses: median, and of 100 the 95th")
    print(f"{'':<44}{'idle':>14}{'while it runs':>18}")
    for name, arguments, limit in (
        (
            "50 ms latency, 10,000 requests a minute",
            ("--latency-ms", "50", "--rate-limit", "10000/1m"),
            10_000,
        ),
        ("no latency, no limit", ("--rate-limit", "none"), NO_LIMIT),
    ):
        with Sandbox(*arguments) as server, tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            idle, busy = measure(prepare(server, home, limit))
        cells = [f"{median(times):>7.1f}{quantiles(times, n=20)[-1]:>7.1f}" for times in (idle, busy)]
        print(f"{name:<44}{cells[0]}{cells[1]:>18}", flush=True)


if __name__ == "__main__":
    main()
