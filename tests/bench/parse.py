"""How fast a million users are read from a file, and what that takes of memory. Run by hand:

    python -m tests.bench.parse [--rows 1000000] [--folder DIR]

Every form is written and read in turn, in a process of its own. Beside each figure stands a bare loop of the
same run over the same file: `csv.reader` for tables and ids, `json.loads` for JSON lines, with nothing made
of what they read. "into SQLite" is `take_in` into a new file: parsed, and each user once. Seconds are those
of the processor, so that the figures are this program's and not those of what else the machine does.
"""

import argparse
import csv
import json
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities
from dfn_tui.service.bulk.input.ingest import take_in
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.changes.fields import parse_assignment

FLAG = "mkt_sms_flag"
WORDS = ("Unsubscribed", "Subscribed")


def ids(rows: int) -> Iterator[str]:
    return (f"customer-{number:07}\n" for number in range(rows))


def table(rows: int) -> Iterator[str]:
    yield f"user_id,{FLAG}\n"
    yield from (f"customer-{number:07},{WORDS[number % 9 == 0]}\n" for number in range(rows))


def korean(rows: int) -> Iterator[str]:
    yield f"user_id\t{FLAG}\tnight_flag\t등급\r\n"
    yield from (f"고객{number:07}\tUnsubscribed\tUnsubscribed\t우수\r\n" for number in range(rows))


def quoted(rows: int) -> Iterator[str]:
    yield f'"user_id","{FLAG}","user_name"\n'
    yield from (f'"customer-{number:07}","Unsubscribed","name, {number}"\n' for number in range(rows))


def phones(rows: int) -> Iterator[str]:
    yield f"phone_no,{FLAG}\n"
    yield from (f"8210{20000000 + number},Unsubscribed\n" for number in range(rows))


def dashed(rows: int) -> Iterator[str]:
    yield f"phone_no,{FLAG}\n"
    yield from (f"010-{2000 + number // 10000}-{number % 10000:04},Unsubscribed\n" for number in range(rows))


def objects(rows: int) -> Iterator[str]:
    return (f'{{"user_id": "customer-{number:07}", "{FLAG}": "Unsubscribed"}}\n' for number in range(rows))


Form = tuple[Callable[[int], Iterator[str]], str, Capabilities]
FORMS: dict[str, Form] = {
    "one id a line, UTF-8": (ids, "utf-8", VERSION_1),
    "CSV, a flag, UTF-8": (table, "utf-8", VERSION_1),
    "TSV, Korean ids, three fields, CP949": (korean, "cp949", VERSION_1),
    "TSV, Korean ids, three fields, UTF-16": (korean, "utf-16", VERSION_1),
    "CSV, all quoted, another name in each row": (quoted, "utf-8", VERSION_1),
    "CSV by phone, as the platform writes it": (phones, "utf-8", VERSION_2),
    "CSV by phone, as people write it": (dashed, "utf-8", VERSION_2),
    "JSON lines, a flag": (objects, "utf-8", VERSION_1),
}


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def memory() -> float:
    """The most this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare(path: Path, encoding: str, make: Callable[[int], Iterator[str]]) -> None:
    with path.open(encoding=encoding, newline="") as stream:
        if make is objects:
            for line in stream:
                json.loads(line)
        else:
            for _row in csv.reader(stream, delimiter="\t" if make is korean else ","):
                pass


def measure(name: str, rows: int, folder: Path) -> None:
    make, encoding, capabilities = FORMS[name]
    path = folder / "input"
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.writelines(make(rows))
    for_all = [parse_assignment(f"{FLAG}=Unsubscribed", capabilities)] if make is ids else []

    def parse(first: int | None = None) -> None:
        with open_input(path, capabilities, for_all) as source:
            for place, _row in enumerate(source):
                if place == first:
                    return
            assert source.counts.good == rows, source.counts

    def into_sqlite() -> None:
        with sqlite3.connect(folder / "plan.db") as db, open_input(path, capabilities, for_all) as source:
            assert take_in(source, db).users == rows

    parse(1000)  # imports, metadata
    before = memory()
    took = min(seconds(parse) for _ in range(2))
    parsed = memory() - before
    alone = min(seconds(lambda: bare(path, encoding, make)) for _ in range(2))
    stored = seconds(into_sqlite)
    print(
        f"{name:<44}{rows / took:>10,.0f}{rows / alone:>12,.0f}{took / alone:>7.1f}"
        f"{rows / stored:>13,.0f}{parsed:>9.1f}{memory() - before:>9.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    print(
        f"{options.rows:,} rows{'':<30}   rows a second                               memory over base, MiB"
    )
    print(f"{'':<44}{'parsed':>10}{'bare loop':>12}{'times':>7}{'into SQLite':>13}{'parsed':>9}{'SQLite':>9}")
    for name in FORMS:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            child = multiprocessing.get_context("spawn").Process(
                target=measure, args=(name, options.rows, Path(folder))
            )
            child.start()
            child.join()


if __name__ == "__main__":
    main()
