"""What a sheet of an .xlsx says beside its values: what is hidden, errors, formulas without a result.

calamine tells none of it. The parts are read a piece at a time and nothing of them is kept that was not asked
for; a document type, in which entities are defined, is refused unread.
"""

import posixpath
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from xml.parsers import expat

LAST_ROW: Final = 1 << 20
LAST_COLUMN: Final = 1 << 14
_PIECE = 1 << 16
_INDEX_BYTES = 1 << 23  # the most of a part that lists other parts

Attributes = dict[str, str]
# What stands inside the data of a sheet; the first other element ends them.
_IN_DATA = frozenset(
    {"is", "r", "rPr", "b", "i", "strike", "u", "sz", "color", "rFont", "family", "charset", "scheme"}
    | {"vertAlign", "outline", "shadow", "condense", "extend", "rPh", "phoneticPr"}
)


class Damaged(Exception):
    """The workbook is not as the programs that make workbooks write them. `str` says where, in English."""


class SheetScan:
    """What was found in a sheet. Rows and columns are counted from 0."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        """Rows that are hidden and hold something."""
        self.hidden_columns: list[range] = []
        self.errors: dict[tuple[int, int], str] = {}
        """The words of cells that hold an error, as #N/A."""
        self.unsaved = 0
        """Formulas without a result."""
        self.first_unsaved = ""
        self.filled = False
        self.rows = self.columns = 0
        """How far cells that hold something reach."""
        self._row = self._column = -1
        self._digits = ""
        self._is_hidden = False
        self._capturing = self._formula = self._has_value = False
        self._kind = ""
        self._text: list[str] = []
        self._places: dict[str, int] = {}
        self._parser = _parser(self._before)

    def read(self, archive: zipfile.ZipFile, part: str) -> "SheetScan":
        """Reads the whole part. Raises Damaged, `zipfile.BadZipFile` and what reading it raises."""
        with archive.open(part) as stream:
            while piece := stream.read(_PIECE):
                _fed(self._parser, piece)
        _fed(self._parser, b"", final=True)
        self._end_of_cell()
        return self

    def _before(self, name: str, attributes: Attributes) -> None:
        match name.rpartition(":")[2]:
            case "col" if _true(attributes.get("hidden", "")):
                with suppress(ValueError):
                    first, last = int(attributes.get("min", "")), int(attributes.get("max", ""))
                    self.hidden_columns.append(range(first - 1, min(last, LAST_COLUMN)))
            case "sheetData":
                self._parser.StartElementHandler = self._within
            case _:
                pass

    def _within(self, name: str, attributes: Attributes) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            self._cell(attributes)
        elif local in {"v", "t"}:
            self._value()
        elif local == "f":
            self._require_cell()
            self._formula = self._capturing = True
        elif local == "row":
            self._next_row(attributes)
        elif local not in _IN_DATA:
            self._end_of_cell()
            self._parser.StartElementHandler = self._after

    def _after(self, name: str, _attributes: Attributes) -> None:
        if name.rpartition(":")[2] in {"sheetData", "row"}:
            raise Damaged("rows after the end of the rows")

    def _next_row(self, attributes: Attributes) -> None:
        self._end_of_cell()
        number = attributes.get("r", "")
        row = int(number) - 1 if number.isascii() and number.isdigit() else self._row + 1
        if (number and str(row + 1) != number) or not self._row < row < LAST_ROW:
            raise Damaged(f"row {row + 1} after row {self._row + 1}")
        self._row, self._column, self._digits = row, -1, str(row + 1)
        self._is_hidden = _true(attributes.get("hidden", ""))

    def _cell(self, attributes: Attributes) -> None:
        if self._capturing:
            self._end_of_cell()
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else self._place(reference)
        if not self._column < column < LAST_COLUMN:
            raise Damaged(f"cell {reference} in row {self._digits}")
        self._column = column
        self._kind = attributes.get("t", "")
        if self._kind == "e":
            self._capturing = True

    def _place(self, reference: str) -> int:
        letters = reference.removesuffix(self._digits)
        place = self._places.get(letters)
        if place is None:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= 3) or letters == reference:
                raise Damaged(f"cell {reference[:20]} in row {self._digits}")
            place = 0
            for letter in letters.upper():
                place = place * 26 + ord(letter) - ord("A") + 1
            place = self._places[letters] = place - 1
        return place

    def _require_cell(self) -> None:
        if self._column < 0:
            raise Damaged("a value that is in no cell")

    def _value(self) -> None:
        self._require_cell()
        self.filled = True
        self.rows = self._row + 1
        self.columns = max(self.columns, self._column + 1)
        if self._is_hidden:
            self.hidden.add(self._row)
        if self._capturing:
            self._has_value = True
            self._parser.CharacterDataHandler = self._text.append

    def _end_of_cell(self) -> None:
        if not self._capturing:
            return
        self._parser.CharacterDataHandler = None
        text = "".join(self._text).strip()
        if self._formula and not text and not (self._kind == "str" and self._has_value):
            self.unsaved += 1
            self.first_unsaved = self.first_unsaved or f"{letters(self._column)}{self._digits}"
        elif self._kind == "e":
            self.errors[self._row, self._column] = text
        self._text.clear()
        self._capturing = self._formula = self._has_value = False


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The sheets of a workbook by name, and the archive's part that holds each; found as calamine finds them.

    Raises Damaged, `zipfile.BadZipFile` and what reading the archive raises.
    """
    names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    if len(names) < len(archive.namelist()):
        raise Damaged("two parts of one name")
    targets = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for attributes in _elements(archive, names, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    found = {}
    for sheet in _elements(archive, names, "xl/workbook.xml", "sheet"):
        target = targets.get(next((value for key, value in sheet.items() if key.endswith(":id")), ""), "")
        path = target[1:] if target.startswith("/") else target
        path = posixpath.normpath(path if path.startswith("xl/") else f"xl/{path}")
        if path.lower() in names:
            found[sheet.get("name", "")] = names[path.lower()]
    return found


def _elements(archive: zipfile.ZipFile, names: dict[str, str], part: str, wanted: str) -> list[Attributes]:
    if part not in names:
        raise Damaged(f"no {part}")
    with archive.open(names[part]) as stream:
        data = stream.read(_INDEX_BYTES + 1)
    if len(data) > _INDEX_BYTES:
        raise Damaged(f"{part} is too large")
    found: list[Attributes] = []

    def start(name: str, attributes: Attributes) -> None:
        if name.rpartition(":")[2] == wanted:
            found.append(attributes)

    _fed(_parser(start), data, final=True)
    return found


def _parser(start: Callable[[str, Attributes], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refused
    return parser


def _refused(*_declared: object) -> None:
    raise Damaged("a document type")


def _fed(parser: expat.XMLParserType, data: bytes, *, final: bool = False) -> None:
    try:
        parser.Parse(data, final)
    except expat.ExpatError as error:
        raise Damaged(f"XML: {error}") from None


def _true(word: str) -> bool:
    return word.strip() in {"1", "true"}


def letters(column: int) -> str:
    """The name of a column, which is counted from 0: 0 is A, 26 is AA."""
    before, last = divmod(column, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)
