"""What form an input has, where its rows begin, and which of its columns says what: by its first lines."""

import csv
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.likeness import bare_name
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.cells import is_word
from dfn_tui.service.bulk.input.mapper import Mapper, with_first
from dfn_tui.service.bulk.input.mapping import (
    NOTHING_SAID,
    MappedColumn,
    Mapping,
    MappingNeeded,
    MappingOptions,
    Role,
    refuse,
)
from dfn_tui.service.bulk.input.sql_list import sql_list_begin
from dfn_tui.service.changes.fields import FieldEdit, identity_kind, is_known
from dfn_tui.service.changes.identities import IDENTITY_HEADS, is_head
from dfn_tui.service.changes.no_ids import shape
from dfn_tui.service.changes.values import no_constant
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

DELIMITERS = "\t,;"
_ANY = 2  # the rank of a line of which no cell is known
_DIGIT = re.compile("[0-9]")
_HEAD_WITHIN = 10  # lines that are not blank
_NUMBERED = re.compile(r"\(?([0-9]{1,4})[.)\]:]\S")
_ARRAY = re.compile(r"""\[\s*(?:\Z|[{"'])""")
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class Form(StrEnum):
    """How users are written down."""

    IDS = "ids"
    CSV = "csv"
    TSV = "tsv"
    JSON_LINES = "json-lines"
    SQL_LIST = "sql-list"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of an input are to be read.

    `mapping` says what each column is. Of a table, a row has `width` cells, of which those beyond the mapped
    columns are empty. `first_line` is the first that holds a user, and `titles` so many above the head were
    left out. `kind_said` is False where neither the input nor whoever gave it says what users are named by.
    `several`: rows may say that they name their user by another `kind`.
    """

    form: Form
    kind: IdentityKind
    mapping: Mapping = Mapping()  # noqa: RUF009  it is frozen
    delimiter: str = ""
    width: int = 0
    first_line: int = 1
    kind_said: bool = True
    titles: int = 0
    several: bool = False


class _Head(NamedTuple):
    """A head that was found: its first line's index and how many lines it takes, its cells, and how many
    there are with the empty ones at the end."""

    at: int
    lines: int
    cells: list[str]
    width: int
    delimiter: str


def detect_layout(
    lines: Sequence[str],
    capabilities: Capabilities,
    kind: IdentityKind | None,
    for_all: Sequence[FieldEdit],
    asked: MappingOptions = NOTHING_SAID,
    numeric: Collection[int] = (),
) -> Layout:
    """The layout of an input that begins with these lines, of which at least one is not blank.

    There is a head where a cell is a name the platform gave (a consent, a standard property, a CI field, an
    identity) or one that was `asked` to be something; a line that only may be one is asked about. `kind`
    is what users are named by where the input does not say; `numeric` are the places of columns with numbers
    of a workbook. Raises InputRefused, MappingNeeded and NameRefused.
    """
    first = next(at for at, line in enumerate(lines) if line.strip())
    begin = bare_id(lines[first])
    if _ARRAY.match(begin):
        refuse(_("This is one JSON array, not one object a line."), _("Write one object, or one id, a line."))
    finder = _Finder(lines, capabilities, kind, for_all, asked, numeric)
    if begin.startswith("{"):
        return finder.json()
    separator = _SEPARATOR.fullmatch(begin)
    if separator and any(line.strip() for line in lines[first + 1 :]):
        return finder.table(first + 1, separator[1])
    if not asked.no_head:
        return finder.sql() or finder.table(first, DELIMITERS)
    return finder.ids(first)


def split_line(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line that stands alone; None where its quotation marks do not close."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


class _Finder:
    """Looks for the head of one input. As `detect_layout`."""

    def __init__(
        self,
        lines: Sequence[str],
        capabilities: Capabilities,
        kind: IdentityKind | None,
        for_all: Sequence[FieldEdit],
        asked: MappingOptions,
        numeric: Collection[int],
    ) -> None:
        self._lines = lines
        self._has = capabilities
        self._kind = kind
        self._default = kind or capabilities.write_by[0]
        self._for_all = for_all
        self._asked = asked
        self._numeric = numeric
        self._mapper = Mapper(capabilities, asked, for_all, numeric, phones=kind is IdentityKind.PHONE_NO)

    def json(self) -> Layout:
        """JSON lines: each names what it holds, so that names which only come later are for their row."""
        names: dict[str, None] = {}
        objects = []
        for line in self._lines:
            try:
                found = json.loads(bare_id(line), parse_constant=no_constant)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                objects.append(found)
                names.update(dict.fromkeys(map(str, found)))
        for head in (*(head for head, _name in self._asked.maps), *self._asked.ignored):
            names.setdefault(head)
        sample = [[json_text(found.get(name)) for name in names] for found in objects]
        mapping = Mapper(self._has, self._asked, self._for_all, json=True).map(list(names), sample)
        # Where nobody said the kind, each object does.
        several = self._kind is None and len(self._has.write_by) > 1
        return Layout(Form.JSON_LINES, self._kind or self._kind_by(mapping), mapping, several=several)

    def _kind_by(self, mapping: Mapping) -> IdentityKind:
        """What users are named by where a row says nothing else."""
        users = mapping.of(Role.USER)
        return IdentityKind(users[0].name) if users else self._default

    def sql(self) -> Layout | None:
        """The ids of an SQL statement's `IN ('a','b')`; None where there is none."""
        found = sql_list_begin("".join(self._lines))
        if found is None:
            return None
        mapping = self._mapper.map([found.column], []) if found.column or self._asked.maps else Mapping()
        self._require_change()
        if mapping.several:
            refuse(
                _("The ids of an SQL statement are all of one kind."),
                _("Say which: {kinds}.").format(kinds=", ".join(self._has.write_by)),
            )
        said = bool(mapping.users or self._kind)
        return Layout(Form.SQL_LIST, self._kind_by(mapping), mapping, width=found.offset, kind_said=said)

    def table(self, start: int, delimiters: str) -> Layout:
        """A table, or ids with or without a head, from the line with this index on."""
        filled = [at for at in range(start, len(self._lines)) if self._lines[at].strip()][:_HEAD_WITHIN]
        head = self._head(filled, delimiters)
        if head is None:
            self._refuse_rows_in_cells(filled[0])
            return self.ids(filled[0])
        head = self._with_second_line(head)
        sample = self._sample(head)
        known = any(self._is_sure(cell) or self._is_known(cell) for cell in head.cells)
        if not known and len(filled) == 1:
            refuse(_("There is one line alone, with several cells in it."), _("Write one id a line."))
        why = "" if known else _("No column is known. If the first line is a user, put a head above it.")
        mapping = self._mapper.map(head.cells, sample, why)
        form = Form.TSV if head.delimiter == "\t" else Form.CSV
        return Layout(
            Form.IDS if head.width == 1 else form,
            self._kind_by(mapping),
            mapping,
            head.delimiter,
            head.width,
            head.at + head.lines + 1,
            several=mapping.several,
            titles=sum(bool(line.strip()) for line in self._lines[start : head.at]),
        )

    def _refuse_rows_in_cells(self, at: int) -> None:
        """Raises InputRefused where the only cell of a first line is a head of several columns."""
        cells = split_line(self._lines[at], ",") or []
        inner = [bare_id(cell) for cell in split_line(cells[0], ",") or []] if len(cells) == 1 else []
        if len(inner) > 1 and any(self._is_sure(cell) or self._is_known(cell) for cell in inner):
            refuse(
                _("Each line is one cell in quotation marks that holds several."),
                _("Save it again, with quotation marks around each cell or around none."),
            )

    def ids(self, first: int) -> Layout:
        """Ids without a head, from the line with this index on."""
        self._require_change()
        ids = [one for one in (bare_id(line).rstrip(",;") for line in self._lines[first:]) if one]
        _refuse_numbered(ids)
        _refuse_words(ids)
        if self._asked.maps or self._asked.ignored:
            mapping = self._mapper.map([""], [])
            kind, several = self._kind_by(mapping), mapping.several
            return Layout(Form.IDS, kind, mapping, first_line=first + 1, several=several)
        column = MappedColumn(0, "", Role.OPEN, suggestion=self._default.value)
        if 0 in self._numeric and self._kind is not IdentityKind.PHONE_NO:  # as `Mapper` has it
            why = _("The ids are numbers of a workbook: zeros at the front and the last digits may be lost.")
            raise MappingNeeded(Mapping((with_first(column, [[one] for one in ids]),)), why)
        if ids and not self._asked.no_head and self._may_be_head(ids):
            why = _("The first line may be a head, and not a user. If it is an id, say --no-head.")
            column = column._replace(head=ids[0].strip('"'))
            raise MappingNeeded(Mapping((with_first(column, [[one] for one in ids[1:]]),)), why)
        return Layout(Form.IDS, self._default, first_line=first + 1, kind_said=self._kind is not None)

    def _may_be_head(self, ids: Sequence[str]) -> bool:
        """Whether the first line of a list is known as a head of real lists, or is unlike all the others."""
        first, *others = ids
        if is_head(first) or heads.suggestion(first.strip('"'), self._has) is not None:
            return True
        parts = {shape(part) for part in first.split() if _DIGIT.search(part)}
        if " " in first and not parts.isdisjoint(map(shape, others)):
            return False  # an id is in it, which must not go unseen with a head
        lacks = any(not looks(first) and all(map(looks, others)) for looks in _OF_IDS)
        words = any(looks(first) and not any(map(looks, others)) for looks in _OF_WORDS)
        return bool(others) and (lacks or words)

    def _require_change(self) -> None:
        if not (self._for_all or self._asked.users_only):
            refuse(
                _("There are users, but nothing says what to change."),
                _("Name a change for all of them, or give a table whose first line names the columns."),
            )

    def _head(self, filled: Sequence[int], delimiters: str) -> _Head | None:
        """The first line that names a column of the platform, else the first that has a known head, else a
        first line with several cells; None where there is no such line."""
        tests: tuple[Callable[[str], bool], ...] = (self._is_sure, self._is_known, bool)
        for rank, test in enumerate(tests):
            for at in filled:
                found = [self._record(at, delimiter) for delimiter in delimiters]
                if rank < _ANY and delimiters == DELIMITERS and not _DIGIT.search(self._lines[at]):
                    found.append(self._record(at, "|"))  # else it is a letter of ids
                best = max(found, key=lambda head: sum(map(test, head.cells)))
                several = sum(map(bool, best.cells)) > 1
                if not any(map(test, best.cells)) or (rank and not several):
                    continue
                if at == filled[0] or (rank < _ANY and self._titles(filled, best, several=several)):
                    return self._below_groups(best) or best
        return None

    def _below_groups(self, head: _Head) -> _Head | None:
        """The line below, where it is the head and the line found only names groups of its columns."""
        below = self._record(head.at + head.lines, head.delimiter)
        groups = sum(map(bool, head.cells)) < sum(map(bool, below.cells)) and not _names_users(head.cells)
        return below if groups and _names_users(below.cells) and not self._has_words(below.cells) else None

    def _with_second_line(self, head: _Head) -> _Head:
        """The head with the line below it, where that parts the columns of a wide cell, as SMS and Push below
        a word for consent. The user's own column is blank there."""
        below = self._record(head.at + head.lines, head.delimiter)
        pairs = list(zip_longest(head.cells, below.cells, fillvalue=""))
        wide: list[str] = []
        for own, _name in pairs:
            wide.append(own or (wide[-1] if wide else ""))
        parted = [cell for cell, (_own, name) in zip(wide, pairs, strict=True) if name]
        if not any(name and not own for own, name in pairs) or self._has_words(below.cells):
            return head
        if _names_users(parted) or any(map(is_known, parted)):
            return head
        cells = [f"{last} {name}" if name else own for last, (own, name) in zip(wide, pairs, strict=True)]
        return head._replace(lines=head.lines + below.lines, cells=cells, width=max(head.width, below.width))

    def _has_words(self, cells: Sequence[str]) -> bool:
        """Whether one of these cells is a value, and they are no head."""
        return any(_DIGIT.search(cell) or is_word(cell) for cell in cells)

    def _is_sure(self, cell: str) -> bool:
        return is_known(cell) or self._mapper.is_said(cell)

    def _is_known(self, cell: str) -> bool:
        return heads.suggestion(cell, self._has) is not None

    def _record(self, at: int, delimiter: str) -> _Head:
        """What begins in that line, as a head; without cells where its quotation marks do not close."""
        taken = 0

        def feed() -> Iterator[str]:
            nonlocal taken
            for line in self._lines[at : at + _HEAD_WITHIN]:
                taken += 1
                yield line.lstrip("\ufeff\u200b ") if taken == 1 else line

        try:
            cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), [])
        except csv.Error:
            cells = []
        bare = [bare_id(" ".join(cell.split())) for cell in cells]
        width = len(bare)
        while bare and not bare[-1]:
            bare.pop()  # columns a spreadsheet once had
        return _Head(at, taken, bare, width, delimiter)

    def _titles(self, filled: Sequence[int], head: _Head, *, several: bool) -> bool:
        """Whether what stands above a head is a title, and no row nor id."""
        for at in filled:
            if at >= head.at:
                return True
            cells = [cell for cell in self._record(at, head.delimiter).cells if cell]
            if len(cells) > 1 and _names_users(cells) and not self._has_words(cells):
                continue  # the same heads in other words
            if len(cells) > 1:
                return False
            text = "".join(cells)
            if " " not in text and (not several or (text.isascii() and any(map(str.isdigit, text)))):
                return False
        return True

    def _sample(self, head: _Head) -> list[list[str]]:
        reader = csv.reader(self._lines[head.at + head.lines :], delimiter=head.delimiter)
        try:
            return [cells for cells in reader if any(cells)]
        except csv.Error:  # too long a field
            return []


def _names_users(cells: Sequence[str]) -> bool:
    return any(bare_name(cell) in IDENTITY_HEADS or identity_kind(cell) is not None for cell in cells)


def _refuse_numbered(ids: Sequence[str]) -> None:
    """Raises InputRefused for `1.kim` and `2.lee`, and so on: each by itself may be an id."""
    numbers = [int(found[1]) if (found := _NUMBERED.match(one)) else None for one in ids]
    if len(ids) > 1 and numbers == list(range(1, len(ids) + 1)):
        refuse(_("The ids are numbered: 1., 2. and so on."), _("Leave the numbers out."))


def _refuse_words(ids: Sequence[str]) -> None:
    """Raises InputRefused for a column of yes and no without the users."""
    if len(ids) > 1 and all(is_word(one) and not one.isdigit() for one in ids[1:]):
        refuse(
            _("These are words of a consent, and no ids."),
            _("Give the column of users together with it."),
        )


_Looks = Callable[[str], object]
_OF_IDS: tuple[_Looks, ...] = (_DIGIT.search, re.compile("@").search)
_OF_WORDS: tuple[_Looks, ...] = (re.compile("[가-힣]").search, re.compile(" ").search)


def json_text(value: object) -> str:
    """A value of JSON as the word that `--values` names."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
