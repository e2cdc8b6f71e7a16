"""What archiving costs, and how quick it is, on a PostgreSQL of its own. Run by hand:

    python -m tests.bench.archive [--entries 1000000] [--folder DIR]

Changes are journalled in turns with a sender beside them, as the console has one, and without. The share of
a job is the time that the archiving thread was at work on the processor beside the time of the job.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from dfn_tui.config.model import ArchiveConfig, ArchiveKind
from dfn_tui.outcomes import Outcome
from dfn_tui.service.archive.background import ArchiveSender
from dfn_tui.service.archive.postgres import PostgresArchive
from dfn_tui.service.archive.sending import send
from dfn_tui.service.archive.sink import Origin
from dfn_tui.service.archive.tables import statements
from dfn_tui.store import Journal, OutcomeGroup
from dfn_tui.store.archive_queue import ArchiveQueue
from dfn_tui.store.archive_verify import compare
from tests.bench import apply
from tests.bench.journal import KEY, fill, intent
from tests.system.postgres import PostgresServer

HERE = Origin("bastion-1", "bench")


def opened(server: PostgresServer, role: str = "dfn_tui_writer") -> PostgresArchive:
    return PostgresArchive(server.dsn(role), SecretStr(server.passwords[role]))


class Beside:
    """Archives a journal without a pause, in a thread, until the block is left."""

    def __init__(self, server: PostgresServer, path: Path) -> None:
        self._server = server
        self._queue = ArchiveQueue(path, "bench")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.spent = 0.0
        self.count = 0

    def _run(self) -> None:
        with closing(opened(self._server)) as archive:
            open_ = type("Open", (), {"store": archive.store, "close": lambda _self: None})
            began = time.thread_time()
            while True:
                last = self._ending.is_set()
                self.count += send(self._queue, open_, origin=HERE)
                if last:
                    break
                self._ending.wait(0.05)
            self.spent = time.thread_time() - began

    def __enter__(self) -> "Beside":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._thread.join()


async def changes(server: PostgresServer, folder: Path, seconds: float) -> None:
    """As in the console: a change now and then, and what archives in its own time."""
    pick = random.Random(1)
    times: dict[bool, list[float]] = {True: [], False: []}
    role = "dfn_tui_writer"
    dsn = tuple(server.dsn(role).items())
    config = ArchiveConfig(ArchiveKind.POSTGRESQL, dsn, ("echo", server.passwords[role]))
    for turn in range(4):
        path = folder / f"changes-{turn}.db"
        archiving, sender = bool(turn % 2), ArchiveSender(config, path)
        if archiving:
            sender.start()
        with Journal(path, KEY) as journal:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                group = [intent(pick, write=f"{len(times[archiving]):032x}")]
                began = time.perf_counter()
                numbers = journal.begin(group)
                journal.conclude([OutcomeGroup(tuple(numbers), Outcome.CONFIRMED)])
                times[archiving].append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(0.01)
        if archiving:
            await sender.finish()
    for name, of in (("median", statistics.median), ("mean", statistics.fmean)):
        with_it, without = of(times[True]), of(times[False])
        print(
            f"a change, {name:<10} {without:.3f} ms, with an archive beside it {with_it:.3f} ms: "
            f"{with_it - without:+.3f} ms ({len(times[True]):,} and {len(times[False]):,} changes)"
        )


def job(server: PostgresServer, folder: Path, users: int) -> None:
    folder.mkdir()
    with Beside(server, folder / "journal.db") as beside:
        began = time.perf_counter()
        asyncio.run(apply.measure(users, 50, folder))
        whole = time.perf_counter() - began
    print(
        f"archived beside it   {beside.count} entries, {beside.spent:.3f} s of the processor = "
        f"{100 * beside.spent / whole:.2f} % of look-up and job"
    )


def outage(server: PostgresServer, folder: Path, entries: int) -> None:
    path = folder / "queued.db"
    fill(path, entries)
    queue = ArchiveQueue(path, "bench")
    server.stop()
    server.start()
    began = time.perf_counter()
    count = send(queue, lambda: opened(server), origin=Origin("bastion-2", "bench"))
    took = time.perf_counter() - began
    print(f"after an outage      {count:,} entries in {took:.2f} s = {count / took:,.0f} a second")


def verification(server: PostgresServer, folder: Path, entries: int) -> None:
    path, origin = folder / "large.db", Origin("bastion-3", "bench")
    fill(path, entries)
    began = time.perf_counter()
    send(ArchiveQueue(path, "bench"), lambda: opened(server), origin=origin)
    print(f"all of it archived   in {time.perf_counter() - began:.1f} s")
    server.sql("ANALYZE dfn_tui.journal")
    began = time.perf_counter()
    with Journal(path, KEY) as journal:
        local = journal.verify()
    alone = time.perf_counter() - began
    began = time.perf_counter()
    with closing(opened(server, "dfn_tui_reader")) as archive:
        found = compare(path, archive.hashes(origin), local.entries)
    took = time.perf_counter() - began
    print(
        f"verify   {local.whole}, {found.fault}: {local.entries:,} entries, the journal "
        f"alone {alone:.1f} s, the archive {took:.1f} s = {found.archived / took:,.0f} a second; together "
        f"{local.entries / (alone + took):,.0f} a second"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, PostgresServer() as server:
        server.sql(*statements("dfn_tui_writer", "dfn_tui_reader"))
        server.give_passwords()
        asyncio.run(changes(server, Path(name), options.seconds))
        job(server, Path(name) / "job", 2000)
        outage(server, Path(name), 10_000)
        verification(server, Path(name), options.entries)


if __name__ == "__main__":
    main()
