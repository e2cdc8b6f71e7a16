"""From lines to rows: the users, what is wanted for each, and the rows that say neither.

Three readers, that of JSON lines in a file of its own, with one contract: every record of the input becomes
exactly one `Good` or `Bad`, or is counted as blank; no content makes a reader raise. They are made for speed
where rows are ordinary: a plain id and cells seen before are taken in a few steps, all else takes longer.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from dfn_tui.api.types import IdentityKind
from dfn_tui.service.bulk.input.cells import (
    EMPTY_WORDS,
    EditReader,
    Problem,
    Remarks,
    is_empty,
    is_marked,
    keep,
    mobile_number,
    plain_user,
    read_user,
)
from dfn_tui.service.bulk.input.edits import CellEdits
from dfn_tui.service.bulk.input.evidence import WordReader
from dfn_tui.service.bulk.input.layout import DELIMITERS, Layout, split_line
from dfn_tui.service.bulk.input.mapping import WORD_ROLES
from dfn_tui.service.bulk.input.named import RowIdentity
from dfn_tui.service.bulk.input.other_lists import OtherLists
from dfn_tui.service.bulk.input.quick import QuickEdits
from dfn_tui.service.bulk.input.records import Bad, Good, Row, RowFault, quick_good
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id
from dfn_tui.text.phone import BadNumber, e164


class IdReader:
    """One id a line, the same wanted for all. An id with a blank or a delimiter in it has to be quoted."""

    def __init__(self, layout: Layout, for_all: Sequence[FieldEdit]) -> None:
        self.blank = 0
        self._kind = layout.kind
        self._first = layout.first_line
        self._named = RowIdentity(layout.mapping) if layout.several else None
        self._others = OtherLists(layout.mapping)
        self._wanted = EditSet.of(for_all)

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        usual = _nobody if self._named else plain_user(self._kind)
        plain = _nobody if self._others.closely else usual
        wanted, heads = self._wanted, self._others.heads
        for number, line in enumerate(lines, self._first):
            user = line.strip()
            if plain(user) and user not in heads:
                yield quick_good((number, user, wanted, None, None))
            elif bare := bare_id(user):
                yield self._row(number, bare)
                plain = _nobody if self._others.closely else usual
            else:
                self.blank += 1

    def _row(self, number: int, text: str) -> Row:
        kind, cell = self._kind, "" if self._named else text
        try:
            self._others.check(number, text, (text,))
            if self._named:
                kind, cell = self._named.of([self._cell(text)])
            else:
                cell = self._cell(text)
            return Good(number, read_user(kind, cell), self._wanted, kind=_other(kind, self._kind))
        except Problem as problem:
            return problem.bad(number, kind, cell)

    def _cell(self, text: str) -> str:
        text = text.rstrip(",; \t")
        cells: list[str] | None = [text]
        if text.startswith('"'):
            cells = split_line(text, ",")
        elif self._kind is IdentityKind.PHONE_NO and _one_number(text):
            pass  # people write numbers with blanks
        elif is_marked(text):
            pass  # which is what is to be said of it
        elif len(text.split()) > 1 or any(delimiter in text for delimiter in DELIMITERS):
            cells = []
        if cells is None:
            raise Problem(RowFault.QUOTES, _quotes())
        if len(cells) != 1:
            raise Problem(RowFault.CELLS, _("There is more than one id in the line."))
        return cells[0]


def _one_number(text: str) -> bool:
    """Whether a line as a whole is one phone number."""
    try:
        e164(text)
    except BadNumber:
        return False
    return True


def _nobody(_user: str) -> bool:
    """Where what an id is has to be found first, none is taken as it is."""
    return False


def _other(kind: IdentityKind, usual: IdentityKind) -> IdentityKind | None:
    return None if kind is usual else kind


def _quotes() -> str:
    return _("A quotation mark is not closed, or stands in the wrong place.")


class TableReader:
    """CSV and TSV, with fields that may be quoted and then hold line breaks.

    Empty cells ask for nothing: an empty text cannot be told from "leave as it is". `remarks` is told what is
    to be said once.
    """

    def __init__(self, layout: Layout, for_all: Sequence[FieldEdit], remarks: Remarks) -> None:
        self.blank = 0
        self._layout = layout
        self._columns = len(layout.mapping.columns)
        self._key = layout.mapping.users[0].place
        self._named = RowIdentity(layout.mapping) if layout.several else None
        self._others = OtherLists(layout.mapping)
        self._cells = CellEdits(layout.mapping)
        self._edits = EditReader(for_all, self._cells.of, users_only=layout.mapping.users_only)
        self._remarks = remarks
        words = [layout.mapping.place(role) for role in WORD_ROLES]
        self._words = WordReader(words) if any(place is not None for place in words) else None
        several = self._named or self._words or self._cells.places[len(self._cells.fields) :]
        self._quick = None if several else QuickEdits(self._cells, for_all, self._columns, layout.width)
        self._used = [
            *(one.place for one in layout.mapping.users),
            *self._cells.places,
            *(place for place in words if place is not None),
        ]
        places = (*self._cells.places, *range(self._columns, layout.width))
        self._rest: Callable[[Sequence[str]], Any] = itemgetter(*places) if places else lambda _cells: ()
        self._of_use: Callable[[Sequence[str]], Any] = itemgetter(*self._used, self._used[0])

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        taken: list[str] = []  # the lines of the record being read

        def feed() -> Iterator[str]:
            for text in lines:
                taken.append(text)
                yield text

        # Strict: a stray quotation mark is an error here, instead of swallowing the rows that follow.
        reader = csv.reader(feed(), delimiter=self._layout.delimiter, strict=True)
        phones = self._layout.kind is IdentityKind.PHONE_NO and not self._named
        plain = _nobody if self._named else plain_user(self._layout.kind)
        key, width, rest = self._key, self._layout.width, self._rest
        quick = {} if self._words else self._edits.known
        known, heads = {} if self._others.closely else quick, self._others.heads
        first = line = self._layout.first_line
        while True:
            try:
                for cells in reader:
                    count = len(taken)
                    first, line = line, line + count
                    if count == 1:
                        taken.clear()
                        if len(cells) == width:
                            user = cells[key]
                            if plain(user) or (phones and (user := mobile_number(user))):
                                wanted = known.get(values := rest(cells))
                                if type(wanted) is not EditSet:
                                    wanted = self._unseen(user, cells, values)
                                if wanted and user not in heads:
                                    yield quick_good((first, user, wanted, None, None))
                                    continue
                        if row := self._row(first, cells):
                            yield row
                    else:
                        more = taken[:]
                        taken.clear()
                        yield from self._over_lines(first, cells, more)
                    known = {} if self._others.closely else quick
            except csv.Error:
                broken = list(taken)
                taken.clear()
                yield from self._broken(line, broken)
                line += len(broken)
            else:
                return

    def _unseen(self, user: str, cells: list[str], key: Any) -> EditSet | None:
        """What a row of the usual width asks for whose user is plain but whose other cells are new, as where
        each row has a name of its own; None where it has to be looked at closely."""
        if self._quick is None or self._others.concerns(user):
            return None
        found = self._quick.of(cells)
        if found is not None:
            keep(self._edits.known, key, found)
        return found

    def _over_lines(self, line: int, cells: list[str], taken: list[str]) -> Iterator[Row]:
        """A row over several lines. Where it looks as if two stray quotation marks had swallowed rows, nobody
        can tell what is meant, so each line is named."""
        if len(cells) != self._layout.width or any(map(self._swallows, range(len(cells)), cells)):
            reason = _("Lines {first} to {last} are one row by their quotation marks, but look like several.")
            reason = reason.format(first=line, last=line + len(taken) - 1)
            yield from (Bad(number, RowFault.QUOTES, reason, "") for number in range(line, line + len(taken)))
        elif row := self._row(line, cells):
            yield row

    def _swallows(self, place: int, cell: str) -> bool:
        """Whether a cell may hold the end of one row, the beginning of another, and those between."""
        counts = [text.count(self._layout.delimiter) for text in cell.splitlines()]
        most = self._columns - 1
        if len(counts) < 2 or not most:
            return False
        between = all(count >= most for count in counts[1:-1])
        return counts[0] >= most - place and between and counts[-1] >= place

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
        kind, user = self._layout.kind, cells[self._key] if self._key < len(cells) else ""
        if not (user and user.isalnum()) and not any(map(bare_id, cells)):
            self.blank += 1
            return None
        try:
            self._others.check(line, user, cells)
            if len(cells) != self._columns:
                self._check_width(cells)
            empty = self._remark(cells)
            if self._named:
                user = ""  # not shown before it is known what it is
                kind, user = self._named.of(cells)
            user = read_user(kind, user)
            key = self._rest(cells) if len(cells) == self._layout.width else tuple(cells)
            if empty:
                key = (key, empty)  # which `rows` will not find: the words are to be counted
            wanted = self._edits.of(cells, key, sum(map(len, cells)))
            word = self._words.of(cells) if self._words else None
            if isinstance(word, Problem):
                raise Problem(word.fault, word.reason)  # noqa: TRY301  anew: it holds on to what raised it
            return quick_good((line, user, wanted, word, _other(kind, self._layout.kind)))
        except Problem as problem:
            return problem.bad(line, kind, user)

    def _check_width(self, cells: list[str]) -> None:
        if len(cells) < self._columns or any(map(bare_id, cells[self._columns :])):
            words = _("The row has {count} cells where {expected} were expected.")
            raise Problem(RowFault.CELLS, words.format(count=len(cells), expected=self._columns))

    def _remark(self, cells: list[str]) -> bool:
        """Counts the words in a row that stand for an empty cell; whether there is one."""
        empty = False
        used = self._of_use(cells)
        if EMPTY_WORDS.isdisjoint(used) and tuple(map(str.strip, used)) == used:
            return False
        for place in self._used:
            bare = cells[place].strip()
            if len(bare) < len(cells[place]) and bare:
                self._remarks.trimmed = True
            if bare in EMPTY_WORDS and is_empty(bare, dashes=place not in self._cells.texts):
                self._remarks.empty[bare] += 1
                empty = True
        return empty
