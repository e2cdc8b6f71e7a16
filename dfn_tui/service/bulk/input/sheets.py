"""A sheet of a workbook as CSV, in a process of its own.

Run as `python -m dfn_tui.service.bulk.input.sheets REQUEST`, an object in JSON: see `read`. The workbook is
the standard input, the CSV the standard output, and what was found the last line of the standard error, as
JSON. A workbook of a few kilobytes can ask for more memory than there is, and what reads it then ends the
process: this one, whose memory is limited, and not the console.
"""

import csv
import datetime
import json
import math
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final, NamedTuple, TextIO

from dfn_tui.errors import system_reason
from dfn_tui.service.bulk.input.content import WORKBOOKS, Content, content_of, in_ole, in_zip
from dfn_tui.service.bulk.input.sheet_xml import Damaged, SheetScan, letters, sheet_parts

MOST_BYTES: Final = 512 << 20
"""The most that the parts of a workbook may take unpacked."""
MOST_CELLS: Final = 1 << 25
"""The most cells, empty ones too, between the first and the last row and column of a sheet."""
MOST_MEMORY: Final = 2 << 30
"""The most memory that reading may take, in bytes."""
_MOST_SECONDS = 300  # of the processor
_NOT_READ = ("xl/media/", "xl/drawings/", "xl/embeddings/", "xl/charts/", "pictures/", "thumbnails/")
_EXACT = 1 << 53  # from here on a number of a spreadsheet is not every whole number
_DIGITS_OF_EXCEL = 10**15  # what has more digits and was typed ends with a 0 instead of them

_BREAK = re.compile(r"\r\n|\r|\n")

Facts = dict[str, Any]


class SheetRefused(Exception):
    """Why the workbook was not read: a word for `excel.py`, and what belongs to it."""

    def __init__(self, why: str, **details: object) -> None:
        super().__init__(why)
        self.facts: Facts = {"refused": why, **details}


class Sheet(NamedTuple):
    """A sheet that was chosen. `scan` is None where the form of the workbook tells nothing of it."""

    name: str
    rows: Any  # a sheet of calamine's
    scan: SheetScan | None


class _Workbook:
    """The sheets of a workbook. Raises SheetRefused, Damaged and whatever reading the file raises."""

    def __init__(self, stream: BinaryIO) -> None:
        self.content = self._content(stream)
        from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook  # noqa: PLC0415

        self._parts = sheet_parts(self._archive) if self.content is Content.XLSX else {}
        stream.seek(0)
        self._book = load_workbook(stream)
        sheets = [one for one in self._book.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
        self.names = [sheet.name for sheet in sheets]
        self.visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]

    def _content(self, stream: BinaryIO) -> Content:
        if content_of(stream) is not Content.ZIP:
            content = in_ole(stream)
        else:
            self._archive = zipfile.ZipFile(stream)
            content = in_zip(self._archive)
            parts = [
                part for part in self._archive.infolist() if not part.filename.lower().startswith(_NOT_READ)
            ]
            if content in WORKBOOKS and sum(part.file_size for part in parts) > MOST_BYTES:
                raise SheetRefused("bytes")
        if content not in WORKBOOKS:
            raise SheetRefused("content", content=content)
        return content

    def open(self, name: str) -> Sheet | None:
        """The sheet, or None where nothing is in it."""
        scan = None
        if self.content is Content.XLSX:
            if name not in self._parts:
                raise Damaged(f"no part for sheet {name}")
            scan = SheetScan().read(self._archive, self._parts[name])
            if scan.rows * scan.columns > MOST_CELLS:
                raise SheetRefused("cells", sheet=name)
            if not scan.filled:
                return None
        rows = self._book.get_sheet_by_name(name)
        if scan and rows.start is None:
            raise Damaged("cells that were not read")
        return None if rows.start is None else Sheet(name, rows, scan)

    def chosen(self, wanted: str) -> Sheet:
        """The sheet that is named, else the only visible one that holds anything."""
        if wanted:
            if wanted not in self.names:
                raise SheetRefused("no-sheet", sheets=self.names)
            found = self.open(wanted)
            if not found:
                raise SheetRefused("empty", sheet=wanted)
            return found
        found, filled = None, []
        for name in self.visible:
            if sheet := self.open(name):
                found = found or sheet
                filled.append(name)
        if len(filled) > 1:
            raise SheetRefused("which-sheet", sheets=filled)
        if not found:
            raise SheetRefused(
                "only-hidden" if set(self.names) - set(self.visible) else "empty", sheets=self.names
            )
        return found


def read(stream: BinaryIO, out: TextIO, sheet: str = "", hidden: str = "") -> Facts:
    """Writes a sheet of the workbook as CSV to `out`, a line for each row from the sheet's first on.

    `hidden` says what becomes of rows that are hidden: "include", "skip" (a blank line), or "" to refuse
    them. The facts are for `InputSource`. Raises SheetRefused, Damaged and whatever reading the file raises.
    """
    book = _Workbook(stream)
    found = book.chosen(sheet)
    scan = found.scan
    if scan and scan.unsaved:
        raise SheetRefused("unsaved", sheet=found.name, count=scan.unsaved, first=scan.first_unsaved)
    if scan and scan.hidden and not hidden:
        raise SheetRefused("hidden", sheet=found.name, count=len(scan.hidden))
    if hidden == "skip" and not scan:
        raise SheetRefused("hidden-untold")
    left, right = found.rows.start[1], found.rows.end[1]
    first = found.rows.start[0]
    _refuse_merged(found)
    numeric: set[int] = set()
    skipped = scan.hidden if scan and hidden == "skip" else set()
    rows = _texts(found.rows.iter_rows(), _errors(scan, left), skipped, numeric, first)
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        if any(row):
            writer.writerow(row)
        else:
            out.write("\n")
    out.flush()
    columns = (
        {place for held in scan.hidden_columns for place in held if left <= place <= right} if scan else set()
    )
    return {
        "content": book.content,
        "sheet": found.name,
        "others": [name for name in book.names if name != found.name],
        "hidden": len(scan.hidden) if scan else None,
        "hidden_columns": [letters(place) for place in sorted(columns)],
        "numeric": sorted(numeric),
    }


def _refuse_merged(found: Sheet) -> None:
    """A value that is shown for several rows is stored for the first of them alone."""
    begin, end = found.rows.start[0], found.rows.end[0]
    for (top, left), (bottom, _right) in found.rows.merged_cell_ranges or ():
        if begin < top < bottom and top <= end:
            raise SheetRefused("merged", sheet=found.name, first=f"{letters(left)}{top + 1}", last=bottom + 1)


def _errors(scan: SheetScan | None, left: int) -> dict[int, dict[int, str]]:
    errors: dict[int, dict[int, str]] = {}
    for (row, column), word in (scan.errors if scan else {}).items():
        errors.setdefault(row, {})[column - left] = word
    return errors


def _texts(
    rows: Iterable[list[Any]],
    errors: dict[int, dict[int, str]],
    skipped: set[int],
    numeric: set[int],
    first: int,
) -> Iterator[list[str]]:
    """The rows as texts. `numeric` is given the columns that hold something else below row `first`."""
    for number, row in enumerate(rows):
        if number in skipped:
            yield []
            continue
        for place, cell in enumerate(row):
            if type(cell) is not str:
                row[place] = _TEXT_OF[type(cell)](cell)
                if number > first:
                    numeric.add(place)
            elif "\n" in cell or "\r" in cell:
                row[place] = _BREAK.sub("\u2028", cell)
        for place, word in errors.get(number, {}).items():
            if 0 <= place < len(row):
                row[place] = word
        yield row


def number_text(number: float) -> str:
    """A number as it would be typed. A whole one whose last digits the spreadsheet lost is written as
    spreadsheets shorten them, which no reader of ids takes."""
    if not math.isfinite(number):
        return "#NUM!"
    if not number.is_integer():
        return repr(number)
    if abs(number) > _EXACT or (abs(number) >= _DIGITS_OF_EXCEL and not number % 10):
        return f"{number:.16E}"
    return str(int(number))


def _duration_text(duration: datetime.timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


_TEXT_OF: Final[dict[type, Callable[[Any], str]]] = {
    float: number_text,
    int: lambda cell: number_text(float(cell)),
    bool: lambda cell: "TRUE" if cell else "FALSE",
    datetime.date: datetime.date.isoformat,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.timedelta: _duration_text,
}


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415  not on every system
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, _MOST_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main() -> None:
    """Reads the workbook that is the standard input."""
    _limit()
    request = json.loads(sys.argv[1])
    try:
        with (
            open(0, "rb", closefd=False) as stream,
            open(1, "w", encoding="utf-8", newline="", closefd=False) as out,
        ):
            facts = read(stream, out, **request)
    except SheetRefused as refused:
        facts = refused.facts
    except MemoryError:
        facts = {"refused": "memory"}
    except OSError as error:
        facts = {"refused": "system", "why": system_reason(error)}
    except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
        facts = {"refused": "password" if type(error).__name__ == "PasswordError" else "damaged"}
    sys.stderr.write("\n" + json.dumps(facts))


if __name__ == "__main__":
    main()
