"""What a snapshot of a million users takes: time, disk, memory, and a look-up in it. Run by hand:

    python -m tests.bench.snapshot [--users 1000000] [--folder DIR] [--name]

The export comes from a process of its own, as fast as it is taken. The snapshot is taken, and the same export
is read by a bare loop (httpx, its lines split at commas), each in a process of its own, so that memory is
theirs alone. Seconds of the processor are those of that process. Look-ups open the file each time, as the
console does. `--name` has the export carry a name, which the snapshot keeps.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import httpx

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import OPTINS
from dfn_tui.store.snapshot import open_snapshot
from tests.starting import KEY, connections

CONSENTS = ("true", "false", "", "true", "false")
COLUMNS = ("df_unified_id", "df_external_id", *OPTINS.values(), "df_name")
ROWS_AT_ONCE = 1000
LOOKUPS = 500


class Here:
    """Where the export is."""

    token = "bench"
    service_id = "bench"

    def __init__(self, url: str) -> None:
        self.url = url


def serve(users: int, port: "Pipe") -> None:
    """Gives the export to whoever asks, until it is ended."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n")
        _chunk(writer, ",".join(COLUMNS) + "\r\n")
        for first in range(0, users, ROWS_AT_ONCE):
            rows = (_row(number) for number in range(first, min(first + ROWS_AT_ONCE, users)))
            _chunk(writer, "".join(rows))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    content = text.encode()
    writer.write(b"%x\r\n%b\r\n" % (len(content), content))


def _row(number: int) -> str:
    said = (CONSENTS[(number >> place) % len(CONSENTS)] for place in range(len(OPTINS)))
    return f"{number:032x},customer-{number:08},{','.join(said)},홍길동 {number % 1000}\r\n"


def snapshot(url: str, folder: Path, extras: tuple[str, ...], pipe: "Pipe") -> None:
    """Takes it, and tells seconds, seconds of the processor and the most memory."""

    async def take() -> None:
        run = connections(Here(url), folder / "journal.db", api=ApiVersion.V2, key=KEY)
        try:
            taken = await run.session("here").take_snapshot(None, extras, lambda _at: None)
            head = taken.head
            assert head.users == head.rows
        finally:
            await run.finish()

    pipe.send(_measured(lambda: asyncio.run(take())))


def bare(url: str, _folder: Path, _extras: tuple[str, ...], pipe: "Pipe") -> None:
    """Reads the same and keeps nothing."""

    def read() -> None:
        with httpx.stream("POST", url, json={}, timeout=60) as response:
            for line in response.iter_lines():
                line.split(",")

    pipe.send(_measured(read))


def _measured(work: Callable[[], object]) -> tuple[float, float, float]:
    began, processor = time.monotonic(), time.process_time()
    work()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.monotonic() - began, time.process_time() - processor, most


def in_a_process(
    work: Callable[[str, Path, tuple[str, ...], "Pipe"], None],
    url: str,
    folder: Path,
    extras: tuple[str, ...],
) -> tuple[float, float, float]:
    context = multiprocessing.get_context("spawn")  # a fork would count our memory
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(url, folder, extras, theirs))
    process.start()
    measured: tuple[float, float, float] = ours.recv()
    process.join()
    return measured


def look_ups(path: Path, users: int) -> list[float]:
    """Milliseconds of each."""
    found = []
    for place in range(LOOKUPS):
        user = f"customer-{place * 7919 % users:08}"
        began = time.perf_counter()
        with open_snapshot(path, KEY) as file:
            assert file.find([user])
        found.append((time.perf_counter() - began) * 1000)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--name", action="store_true")
    args = parser.parse_args()
    extras = ("df_name",) if args.name else ()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(args.users, theirs), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        os.environ["DFN_TUI_STATE"] = folder
        for few in (min(args.users, 10_000), args.users):
            print(f"{few:,} users" + (", with a name" if extras else ""))
            if few != args.users:
                small_ours, small_theirs = multiprocessing.Pipe()
                small = multiprocessing.Process(target=serve, args=(few, small_theirs), daemon=True)
                small.start()
                _tell(
                    "snapshot",
                    in_a_process(snapshot, f"http://127.0.0.1:{small_ours.recv()}", Path(folder), extras),
                )
                small.kill()
                continue
            _tell("snapshot", in_a_process(snapshot, url, Path(folder), extras))
            _tell("bare loop", in_a_process(bare, url, Path(folder), extras))
        path = max(Path(folder, "snapshots").glob("*.db"), key=lambda one: one.stat().st_size)
        print(f"  on disk: {path.stat().st_size / 2**20:.1f} MiB")
        first, *took = look_ups(path, args.users)
        print(f"  a look-up: median {statistics.median(took):.2f} ms, most {max(took):.2f} ms")
        print(f"  the first one, with what has to be imported: {first:.2f} ms")
    server.kill()


def _tell(who: str, measured: tuple[float, float, float]) -> None:
    seconds, processor, most = measured
    print(f"  {who}: {seconds:.1f} s, {processor:.1f} s of the processor, most memory {most:.1f} MiB")


if __name__ == "__main__":
    main()
