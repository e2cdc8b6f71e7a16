"""How fast a million users are read from a file, and what that takes of memory. Run by hand:

    python -m tests.bench.parse [--rows 1000000] [--folder DIR] [--only WORD]

Every form is written and read in turn, in a process of its own; `--only` takes those with WORD in their name.
Beside each figure stands a bare loop of the same run over the same file: `csv.reader` for tables and ids,
`json.loads` for JSON lines, calamine for a workbook (a sheet of which has 1,048,576 rows at most); nothing is
made of what they read. "into SQLite" is `take_in` into a new file: parsed, and each user once. Seconds are
those of the processor, so that the figures are this program's and not those of what else the machine does.
They and the memory include the process that reads a workbook.
"""

import argparse
import csv
import json
import multiprocessing
import os
import resource
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from python_calamine import load_workbook

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities
from dfn_tui.service.bulk.input.ingest import take_in
from dfn_tui.service.bulk.input.mapping import NOTHING_SAID, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.changes.fields import parse_assignment
from tests.unit.workbooks import MAIN, xlsx

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


def write(path: Path, encoding: str, lines: Iterator[str]) -> None:
    if encoding != "xlsx":
        with path.open("w", encoding=encoding, newline="") as stream:
            stream.writelines(lines)
        return
    parts = xlsx({"List": ""}, parts={"xl/worksheets/sheet1.xml": None})
    path.write_bytes(parts)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        sheet.write(f"<worksheet {MAIN}><sheetData>".encode())
        for number, line in enumerate(lines, 1):
            cells = enumerate(line.rstrip("\n").split(","))
            row = "".join(
                f'<c r="{"ABC"[at]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in cells
            )
            sheet.write(f'<row r="{number}">{row}</row>'.encode())
        sheet.write(b"</sheetData></worksheet>")


Form = tuple[Callable[[int], Iterator[str]], str, Capabilities]
ASKED: dict[Callable[[int], Iterator[str]], MappingOptions] = {
    korean: MappingOptions(new_properties=("등급",))
}
FORMS: dict[str, Form] = {
    "one id a line, UTF-8": (ids, "utf-8", VERSION_1),
    "CSV, a flag, UTF-8": (table, "utf-8", VERSION_1),
    "TSV, Korean ids, three fields, CP949": (korean, "cp949", VERSION_1),
    "TSV, Korean ids, three fields, UTF-16": (korean, "utf-16", VERSION_1),
    "CSV, all quoted, another name in each row": (quoted, "utf-8", VERSION_1),
    "CSV by phone, as the platform writes it": (phones, "utf-8", VERSION_2),
    "CSV by phone, as people write it": (dashed, "utf-8", VERSION_2),
    "JSON lines, a flag": (objects, "utf-8", VERSION_1),
    "Excel workbook (.xlsx), a flag": (table, "xlsx", VERSION_1),
}


def seconds(call: Callable[[], object]) -> float:
    began = os.times()
    call()
    return sum(os.times()[:4]) - sum(began[:4])


def memory() -> float:
    """The most that this process has taken so far and the largest of those it waited for, in MiB."""
    of = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in of) / 1024


def bare(path: Path, encoding: str, make: Callable[[int], Iterator[str]]) -> None:
    if encoding == "xlsx":
        for _cells in load_workbook(path).get_sheet_by_index(0).iter_rows():
            pass
        return
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
    write(path, encoding, make(rows))
    for_all = [parse_assignment(f"{FLAG}=Unsubscribed", capabilities)] if make is ids else []

    def parse(first: int | None = None) -> None:
        with open_input(path, capabilities, for_all, asked=ASKED.get(make, NOTHING_SAID)) as source:
            for place, _row in enumerate(source.rows()):
                if place == first:
                    return
            assert source.counts.good == rows, source.counts

    def into_sqlite() -> None:
        asked = ASKED.get(make, NOTHING_SAID)
        source = open_input(path, capabilities, for_all, asked=asked)
        with sqlite3.connect(folder / "plan.db") as db, source:
            assert take_in(source, db).users == rows

    if encoding != "xlsx":  # of which even the first rows take all that reading takes
        parse(1000)  # imports, metadata
    before = memory()
    took = min(seconds(parse) for _ in range(2))
    parsed = memory() - before
    stored = seconds(into_sqlite)
    kept = memory() - before
    alone = min(seconds(lambda: bare(path, encoding, make)) for _ in range(2))
    print(
        f"{name:<44}{rows / took:>10,.0f}{rows / alone:>12,.0f}{took / alone:>7.1f}"
        f"{rows / stored:>13,.0f}{parsed:>9.1f}{kept:>9.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--only", metavar="WORD", default="")
    options = parser.parse_args()
    print(
        f"{options.rows:,} rows{'':<30}   rows a second                               memory over base, MiB"
    )
    print(f"{'':<44}{'parsed':>10}{'bare loop':>12}{'times':>7}{'into SQLite':>13}{'parsed':>9}{'SQLite':>9}")
    for name in (name for name in FORMS if options.only in name):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            child = multiprocessing.get_context("spawn").Process(
                target=measure, args=(name, options.rows, Path(folder))
            )
            child.start()
            child.join()


if __name__ == "__main__":
    main()
