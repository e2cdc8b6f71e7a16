"""From lines to rows: the users, what is wanted for each, and the rows that say neither.

Three readers, that of JSON lines in a file of its own, with one contract: every record of the input becomes
exactly one `Good` or `Bad`, or is counted as blank; no content makes a reader raise. They are made for speed
where rows are ordinary: a plain id and cells seen before are taken in a few steps, all else takes longer.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from dfn_tui.service.bulk.input.cells import (
    EditReader,
    Problem,
    cell_text,
    plain_user,
    problem_with_value,
    read_user,
)
from dfn_tui.service.bulk.input.layout import DELIMITERS, Layout, split_line
from dfn_tui.service.bulk.input.records import Bad, Good, Row, RowFault
from dfn_tui.service.changes.fields import EditSet, FieldColumn, FieldEdit
from dfn_tui.service.changes.values import ValueRefused
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id


class IdReader:
    """One id a line, the same wanted for all. An id with a blank or a delimiter in it has to be quoted."""

    def __init__(self, layout: Layout, for_all: Sequence[FieldEdit]) -> None:
        self.blank = 0
        self._kind = layout.kind
        self._first = layout.first_line
        self._wanted = EditSet.of(for_all)

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        plain = plain_user(self._kind)
        wanted = self._wanted
        for number, line in enumerate(lines, self._first):
            user = line.strip()
            if plain(user):
                yield Good(number, user, wanted)
            elif bare := bare_id(user):
                yield self._row(number, bare)
            else:
                self.blank += 1

    def _row(self, number: int, text: str) -> Row:
        cell = text
        try:
            cell = self._cell(text)
            return Good(number, read_user(self._kind, cell), self._wanted)
        except Problem as problem:
            return problem.bad(number, self._kind, cell)

    def _cell(self, text: str) -> str:
        cells: list[str] | None = [text]
        if text.startswith('"'):
            cells = split_line(text, ",")
        elif len(text.split()) > 1 or any(delimiter in text for delimiter in DELIMITERS):
            cells = []
        if cells is None:
            raise Problem(RowFault.QUOTES, _quotes())
        if len(cells) != 1:
            raise Problem(RowFault.CELLS, _("There is more than one id in the line."))
        return cells[0]


def _quotes() -> str:
    return _("A quotation mark is not closed, or stands in the wrong place.")


class TableReader:
    """CSV and TSV, with fields that may be quoted and then hold line breaks.

    Empty cells ask for nothing: an empty text cannot be told from "leave as it is".
    """

    def __init__(self, layout: Layout, for_all: Sequence[FieldEdit]) -> None:
        self.blank = 0
        self._layout = layout
        self._key = layout.columns.index(None)
        self._others = [(place, column) for place, column in enumerate(layout.columns) if column]
        self._wishes = EditReader(for_all, self._read)
        self._rest: Callable[[Sequence[str]], Any] = (
            itemgetter(*(place for place, _column in self._others)) if self._others else lambda _cells: ()
        )

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        taken: list[str] = []  # the lines of the record being read

        def feed() -> Iterator[str]:
            for text in lines:
                taken.append(text)
                yield text

        # Strict: a stray quotation mark is an error here, instead of swallowing the rows that follow.
        reader = csv.reader(feed(), delimiter=self._layout.delimiter, strict=True)
        plain = plain_user(self._layout.kind)
        key, width, rest, known = self._key, len(self._layout.columns), self._rest, self._wishes.known
        first = line = self._layout.first_line
        while True:
            try:
                for cells in reader:
                    first, line = line, line + len(taken)
                    taken.clear()
                    if len(cells) == width and plain(cells[key]):
                        wanted = known.get(rest(cells))
                        if type(wanted) is EditSet:
                            yield Good(first, cells[key], wanted)
                            continue
                    row = self._row(first, cells)
                    if row:
                        yield row
            except csv.Error:
                broken = list(taken)
                taken.clear()
                yield from self._broken(line, broken)
                line += len(broken)
            else:
                return

    def _broken(self, line: int, taken: list[str]) -> Iterator[Row]:
        """A quotation mark went wrong somewhere in these lines, and the rest of them are rows of their own.

        Those with a mark of their own may be part of the broken row; they are only taken if they read well.
        """
        for number, text in enumerate(taken, line):
            cells = None if number == line else split_line(text, self._layout.delimiter)
            if cells is None or any('"' in cell for cell in cells):
                yield Bad(number, RowFault.QUOTES, _quotes(), "")
            elif row := self._row(number, cells):
                yield row

    def _row(self, line: int, cells: list[str]) -> Row | None:
        """The long way round; None for a row without anything in it."""
        if not any(map(bare_id, cells)):
            self.blank += 1
            return None
        user = cells[self._key] if self._key < len(cells) else ""
        try:
            self._check_width(cells)
            user = read_user(self._layout.kind, user)
            wanted = self._wishes.of(cells, self._rest(cells), sum(map(len, cells)))
            return Good(line, user, wanted)
        except Problem as problem:
            return problem.bad(line, self._layout.kind, user)

    def _check_width(self, cells: list[str]) -> None:
        width = len(self._layout.columns)
        if len(cells) < width or any(map(bare_id, cells[width:])):
            words = _("The row has {count} cells where {expected} were expected.")
            raise Problem(RowFault.CELLS, words.format(count=len(cells), expected=width))

    def _read(self, cells: list[str]) -> Iterator[FieldEdit]:
        return (_edit(column, cells[place]) for place, column in self._others if bare_id(cells[place]))


def _edit(column: FieldColumn, cell: str) -> FieldEdit:
    try:
        return column.read(cell_text(cell))
    except ValueRefused as refused:
        raise problem_with_value(column.name, refused) from None
