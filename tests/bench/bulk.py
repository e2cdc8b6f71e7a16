"""How fast bulk jobs run, beside a bare loop that sends the same batches. Run by hand:

    python -m tests.bench.bulk speed|limit|memory [--users N]

The sandbox runs in a process of its own, each measurement in another. The bare loop is asyncio and httpx: it
makes the same requests, with as many under way together, checks that each was taken, and writes nothing down.

`speed`   no limit, no latency: users a second and processor time a user, five rounds in turn.
`limit`   50 ms latency and 10,000 requests a minute: what is sustained, by the answers of two whole minutes.
`memory`  the most that 10,000 and 1,000,000 users take while they are applied.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import ApiVersion, Environment
from dfn_tui.sandbox.process import SandboxProcess
from dfn_tui.service.bulk import planning
from dfn_tui.service.bulk.plan.file import create, write_head
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanMetadata, PlanStatus
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.records import OnConflict
from dfn_tui.service.changes.fields import EditSet, parse_assignment
from dfn_tui.service.changes.policy import Approval
from tests.starting import connections

AT_ONCE = 8
BATCH = 20
NO_LIMIT = 60_000_000  # requests a minute
MODES = {
    "sent only": (OnConflict.OVERWRITE, False),
    "looked at, sent": (OnConflict.SKIP, False),
    "looked at, sent, read back": (OnConflict.SKIP, True),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A sandbox in another process."""

    url: str
    token: str
    service_id: str


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does."""

    server: Server
    users: int
    mode: str
    limit: int = NO_LIMIT
    at_once: int = AT_ONCE
    seconds: float = 0.0
    """After so many seconds it stops; 0 lets it come to its end."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` and `seconds` are those of the requests, without what goes before them."""

    users: int
    requests: int
    seconds: float
    cpu: float
    peak_mib: float


def user(number: int) -> str:
    return f"customer-{number:07}"


def write_plan(path: Path, users: int, url: str = "http://127.0.0.1:1") -> None:
    """A plan that withdraws a consent of users that the sandbox does not know."""
    group = PlanGroup(
        PlanStatus.CREATE,
        EditSet.of([parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_1)]),
        ("Undefined",),
    )
    now = datetime.now(UTC)
    head = PlanMetadata(
        "here",
        Environment.SANDBOX,
        ApiVersion.V1,
        IdentityKind.USER_ID,
        now,
        "bench",
        "",
        "",
        "",
        users,
        0,
        0,
        0,
        base_url=url,
    )
    db = create(path)
    db.execute("BEGIN")
    db.execute("INSERT INTO shape VALUES (1, ?, ?, ?)", group.row())
    rows = ((number, user(number)) for number in range(users))
    db.executemany("INSERT INTO user VALUES (?, ?, 1, 0, NULL)", rows)
    write_head(db, head)
    db.execute("COMMIT")
    db.close()


async def console(task: Task, folder: Path) -> Measured:
    planning.AT_ONCE = task.at_once
    write_plan(folder / "plan", task.users, task.server.url)
    on_conflict, read_back = MODES[task.mode]
    run = connections(task.server, folder / "journal.db")
    bulk = run.bulk("here")
    approval = Approval("bench", max_users=task.users)
    await bulk.session.probe()
    job = await bulk.apply(folder / "plan", approval, Options(on_conflict, read_back, task.limit))
    began, cpu = time.perf_counter(), time.process_time()
    if task.seconds:
        await asyncio.sleep(task.seconds)
        users, requests = job.progress().done, job.rate_limiter.requests
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        job.stop()
        await bulk.wait()
    else:
        await bulk.wait()
        users, requests = job.progress().done, job.rate_limiter.requests
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await run.finish()
    return Measured(users, requests, seconds, cpu, peak)


async def bare(task: Task, _folder: Path) -> Measured:
    on_conflict, read_back = MODES[task.mode]
    looks = on_conflict is not OnConflict.OVERWRITE
    headers = {"Authorization": f"Bearer {task.server.token}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=task.at_once)
    done = requests = 0
    async with httpx.AsyncClient(limits=limits, headers=headers) as client:

        async def post(path: str, body: object) -> None:
            nonlocal requests
            answer = await client.post(task.server.url + path, content=json.dumps(body))
            assert answer.json()["result_code"] == 2000
            requests += 1

        async def work(phase: str) -> None:
            nonlocal done
            for start in starts:
                users = [user(number) for number in range(start, min(start + BATCH, task.users))]
                read = {"user_ids": users, "property_names": ["mkt_sms_flag"]}
                if looks or phase == "read back":
                    await post("/api/v1/users/profile", read)
                if phase == "send":
                    wanted = {"mkt_sms_flag": "Unsubscribed"}
                    write = [{"user_id": one, "properties": wanted} for one in users]
                    await post("/api/v1/users/profile/update", {"user_properties": write})
                    done += len(users)

        began, cpu = time.perf_counter(), time.process_time()
        for phase in ("send", "read back") if read_back else ("send",):
            starts: Iterator[int] = iter(range(0, task.users, BATCH))
            looks = looks and phase == "send"
            await asyncio.gather(*(work(phase) for _ in range(task.at_once)))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(done, requests, seconds, cpu, peak)


Program = Callable[[Task, Path], "asyncio.Future[Measured]"]


def _child(program: str, task: Task, sender: "multiprocessing.connection.Connection") -> None:
    with tempfile.TemporaryDirectory() as folder:
        sender.send(asyncio.run({"console": console, "bare": bare}[program](task, Path(folder))))


def measure(program: str, task: Task) -> Measured:
    """What that program measures, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(program, task, sender))
    child.start()
    sender.close()
    measured: Measured = receiver.recv()
    child.join()
    return measured


class Sandbox:
    """A sandbox that knows nobody, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self._process = SandboxProcess(["--users", "1", *arguments])

    def __enter__(self) -> Server:
        running = self._process.__enter__()
        return Server(running.url, running.token, running.service_id)

    def __exit__(self, *error: object) -> None:
        self._process.__exit__(*error)


def speed(users: int) -> None:
    print(f"{users:,} users, no limit, no latency, {AT_ONCE} requests under way; median of five rounds")
    print(f"{'':<30}{'users a second':^30}{'processor, µs a user':^30}")
    print(f"{'':<30}{'console':>10}{'bare':>10}{'times':>8}  {'console':>10}{'bare':>10}{'times':>8}")
    for mode in MODES:
        found: dict[str, list[Measured]] = {"console": [], "bare": []}
        for _round, program in itertools.product(range(5), found):
            with Sandbox("--rate-limit", "none") as server:
                found[program].append(measure(program, Task(server, users, mode)))
        ours, theirs = (median(m.users / m.seconds for m in found[p]) for p in ("console", "bare"))
        cpu, bare_cpu = (median(1e6 * m.cpu / m.users for m in found[p]) for p in ("console", "bare"))
        print(
            f"{mode:<30}{ours:>10,.0f}{theirs:>10,.0f}{ours / theirs:>8.2f}"
            f"  {cpu:>10.0f}{bare_cpu:>10.0f}{cpu / bare_cpu:>8.2f}",
            flush=True,
        )


def limit(_users: int) -> None:
    allowed, seconds = 10_000, 120
    print(f"50 ms latency, {allowed:,} requests a minute allowed; {seconds} s")
    for mode in ("sent only", "looked at, sent"):
        with Sandbox("--latency-ms", "50", "--rate-limit", f"{allowed}/1m") as server:
            task = Task(server, 500_000, mode, limit=allowed, at_once=32, seconds=seconds)
            found = measure("console", task)
        rate = 60 * found.requests / found.seconds
        print(
            f"{mode:<30}{rate:>8,.0f} requests a minute = {100 * rate / allowed:.1f} % of the limit,"
            f" {found.users / found.seconds:,.0f} users a second",
            flush=True,
        )


def memory(users: int) -> None:
    print("the most memory taken, MiB, sent only, no limit, no latency")
    peaks = []
    for count in (10_000, users):
        with Sandbox("--rate-limit", "none") as server:
            found = measure("console", Task(server, count, "sent only"))
        peaks.append(found.peak_mib)
        print(f"{found.users:>10,} users {found.peak_mib:>8.1f}  ({found.seconds:.0f} s)", flush=True)
    print(f"difference {peaks[1] - peaks[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("speed", "limit", "memory"))
    parser.add_argument("--users", type=int, default=None)
    args = parser.parse_args()
    if args.what == "speed":
        speed(args.users or 20_000)
    elif args.what == "limit":
        limit(args.users or 0)
    else:
        memory(args.users or 1_000_000)


if __name__ == "__main__":
    main()
