"""The forms in which a command prints data: a table for eyes; CSV, JSON and JSON lines for programs.

Each command says what its records are (`RecordView`), and this alone writes them.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar, cast

from dfn_tui.cli.colours import columns_of, is_seen, wants_colour
from dfn_tui.cli.output import is_written, json_line, write_data, write_text
from dfn_tui.cli.tables import Heading, Row, TableLayout
from dfn_tui.service.changes.values import format_value
from dfn_tui.service.history_export import spreadsheet_cell
from dfn_tui.service.types import Value

Item = TypeVar("Item")
Record = Mapping[str, object]

_LOOKED_AT = 100
"""So many rows are looked at before the columns of a table are laid out; more may follow for ever."""


class OutputFormat(StrEnum):
    """LINES is no choice of anybody's: text as it is read best for a single thing, and as scripts know it."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class RecordView(Generic[Item]):
    """What is printed of each item. Text has to be inert.

    `record` is all of it, with keys that never change their meaning. `columns` are those of the CSV: keys of
    `rows`, or of the record; `counts.failed` goes into an object. `cells` are the lines of the table.
    """

    record: Callable[[Item], Record]
    columns: Sequence[str]
    headings: Sequence[Heading]
    cells: Callable[[Item], Iterable[Row]]
    lines: Callable[[Item], Iterable[str]] | None = None
    rows: Callable[[Item], Iterable[Record]] | None = None


def asked_format(args: argparse.Namespace, *, has_lines: bool, lines_seen: bool = False) -> OutputFormat:
    """The form asked for. Without a word of it a table where somebody looks at it, but lines with
    `lines_seen`; and lines into a pipe, where there are any."""
    if getattr(args, "json", False):
        return OutputFormat.JSONL
    if args.format is not None:
        return OutputFormat(args.format)
    lines = has_lines and (lines_seen or not is_seen(sys.stdout))
    return OutputFormat.LINES if lines else OutputFormat.TABLE


def is_asked_for(args: argparse.Namespace) -> bool:
    """Whether any form was asked for."""
    return bool(getattr(args, "json", False) or args.format)


def is_data(args: argparse.Namespace) -> bool:
    """Whether a form for programs was asked for."""
    form = asked_format(args, has_lines=False)
    return form is not OutputFormat.TABLE


class RecordWriter(Generic[Item]):
    """Writes one item after the other to the standard output."""

    def __init__(self, view: RecordView[Item], form: OutputFormat, *, looked_at: int | None) -> None:
        self._view = view
        self._form = form
        self._looked_at = looked_at
        self._waiting: list[Row] = []
        self._layout: TableLayout | None = None
        self._written = 0
        self._colour = wants_colour(sys.stdout)
        write_text() if form in (OutputFormat.TABLE, OutputFormat.LINES) else write_data()
        self._csv = csv.writer(sys.stdout, lineterminator="\n")
        if form is OutputFormat.CSV:
            self._csv.writerow(view.columns)

    def put(self, item: Item, *, flush: bool = False) -> None:
        """Writes it, or keeps it until it is known how wide a table's columns are."""
        if not is_written():
            return
        view = self._view
        if self._form is OutputFormat.TABLE:
            for row in view.cells(item):
                self._row(row)
        elif self._form is OutputFormat.LINES and view.lines is not None:
            for line in view.lines(item):
                print(line)
        elif self._form is OutputFormat.CSV:
            for record in view.rows(item) if view.rows else [view.record(item)]:
                self._csv.writerow([_cell(_value(record, name)) for name in view.columns])
        elif self._form is OutputFormat.JSON:
            print(",\n" if self._written else "[\n", json_line(view.record(item)), sep="", end="")
        else:
            print(json_line(view.record(item)))
        self._written += 1
        if flush:
            sys.stdout.flush()

    def _row(self, row: Row) -> None:
        if self._layout is not None:
            print(self._layout.line(row, colour=self._colour))
            return
        self._waiting.append(row)
        if self._looked_at is not None and len(self._waiting) >= self._looked_at:
            self.lay_out()

    def lay_out(self) -> None:
        """Writes the rows that are waiting."""
        if not self._waiting:
            return
        layout = self._layout = TableLayout(self._view.headings, self._waiting, columns_of(sys.stdout))
        for line in layout.head(colour=self._colour):
            print(line)
        for row in self._waiting:
            print(layout.line(row, colour=self._colour))
        self._waiting.clear()

    def end(self) -> None:
        """After the last one."""
        if self._form is OutputFormat.JSON:
            print("\n]" if self._written else "[]")


@contextmanager
def writing(
    args: argparse.Namespace,
    view: RecordView[Item],
    *,
    lines_seen: bool = False,
    looked_at: int | None = _LOOKED_AT,
) -> Iterator[RecordWriter[Item]]:
    """A writer in the form asked for. Rows that are waiting are written whatever happens; a JSON document is
    ended only where all went well. `looked_at` None: a table waits for its last row."""
    form = asked_format(args, has_lines=view.lines is not None, lines_seen=lines_seen)
    writer = RecordWriter(view, form, looked_at=looked_at)
    try:
        yield writer
    finally:
        writer.lay_out()
    writer.end()


def write_records(
    args: argparse.Namespace, items: Iterable[Item], view: RecordView[Item], *, lines_seen: bool = False
) -> None:
    """Writes them all, in the form asked for."""
    with writing(args, view, lines_seen=lines_seen, looked_at=None) as writer:
        for item in items:
            writer.put(item)


def _value(record: Record, name: str) -> object:
    found: object = record
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _cell(value: object) -> str:
    """A cell that no spreadsheet runs. What is no single value stands there as JSON."""
    if value is None or value == "":
        return ""
    if isinstance(value, dict | list | tuple):
        return spreadsheet_cell(json_line(value)) if value else ""
    return spreadsheet_cell(format_value(cast("Value", value)))
