"""What form an input has, and which of its columns says what: decided by its first line alone."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.fields import FieldColumn, FieldEdit, identity_kind, is_known, resolve
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

DELIMITERS = "\t,;"


class Form(StrEnum):
    """How users are written down."""

    IDS = "ids"
    CSV = "csv"
    TSV = "tsv"
    JSON_LINES = "json-lines"


class InputRefused(ConsoleError):
    """What was given as a whole is not users and changes. Nothing was taken from it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of an input are to be read.

    `columns` has one for each cell of a row, None where the key is; both are empty for JSON lines, which
    name what they hold themselves, and for ids. `first_line` is the first that holds a user. `kind_said` is
    False where neither the input nor whoever gave it says what users are named by.
    """

    form: Form
    kind: IdentityKind
    delimiter: str = ""
    columns: tuple[FieldColumn | None, ...] = ()
    first_line: int = 1
    kind_said: bool = True


def refuse(happened: str, next_step: str) -> NoReturn:
    """Raises InputRefused."""
    raise InputRefused(_("The input was not taken"), happened, next_step)


def detect_layout(
    lines: Sequence[str], capabilities: Capabilities, kind: IdentityKind | None, for_all: Sequence[FieldEdit]
) -> Layout:
    """The layout of an input that begins with these lines, of which the last is the first that is not blank.

    There is a header where a cell of that line is a name the platform gave: a consent, a standard property,
    a CI field, an identity. `kind` is what users are named by where the input does not say. Raises
    InputRefused and NameRefused.
    """
    first = lines[-1]
    default = kind or capabilities.write_by[0]
    begin = bare_id(first)
    if begin.startswith("{"):
        return Layout(Form.JSON_LINES, default)  # each line names its user by the name of a kind
    if begin == "[" or begin.startswith("[{"):
        refuse(
            _("This is one JSON array, not one object a line."), _("Write one object a line, without commas.")
        )
    header, delimiter = _header(first)
    if header:
        named, columns = _table(header, capabilities, default, for_all)
        form = Form.TSV if delimiter == "\t" else Form.CSV
        if len(columns) == 1 and delimiter not in first:
            form = Form.IDS
        said = kind is not None or identity_kind(header[columns.index(None)]) is not None
        return Layout(form, named, delimiter, columns, len(lines) + 1, kind_said=said)
    if any(delimiter in begin for delimiter in DELIMITERS) and not begin.startswith('"'):
        refuse(
            _("The first line has several cells, and none names a consent, a property or an identity."),
            _("Begin with a line that names the columns, or give one id a line."),
        )
    if not for_all:
        refuse(
            _("There are users, but nothing says what to change."),
            _("Name a change for all of them, or give a table whose first line names the columns."),
        )
    return Layout(Form.IDS, default, first_line=len(lines), kind_said=kind is not None)


def split_line(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line that stands alone; None where its quotation marks do not close."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _header(line: str) -> tuple[list[str], str]:
    """The header's cells and what separates them; none where the line is no header."""
    best: tuple[list[str], str] = ([], "")
    most = 0
    for delimiter in DELIMITERS:
        cells = [bare_id(cell) for cell in split_line(bare_id(line), delimiter) or ()]
        while cells and not cells[-1]:
            cells.pop()  # columns a spreadsheet once had
        known = sum(map(is_known, cells))
        if known > most:
            best, most = (cells, delimiter), known
    return best


def _table(
    header: list[str], capabilities: Capabilities, default: IdentityKind, for_all: Sequence[FieldEdit]
) -> tuple[IdentityKind, tuple[FieldColumn | None, ...]]:
    """What users are named by, and what each cell is for."""
    keys = [place for place, name in enumerate(header) if identity_kind(name) in capabilities.write_by]
    if len(keys) > 1:
        refuse(
            _("Columns {first} and {second} both name users.").format(first=keys[0] + 1, second=keys[1] + 1),
            _("Keep the one that users are to be found by."),
        )
    key = keys[0] if keys else 0
    kind = identity_kind(header[key])
    if kind is None and is_known(header[key]):
        refuse(_("No column names the users."), _("Name it {name}.").format(name=default))
    if kind is not None and kind not in capabilities.write_by:
        refuse(
            _("This connection does not find users by {kind}.").format(kind=kind),
            _("Give one of: {kinds}.").format(kinds=", ".join(capabilities.write_by)),
        )
    columns: list[FieldColumn | None] = []
    taken = {(edit.kind, edit.name) for edit in for_all}
    for place, name in enumerate(header):
        if place == key:
            columns.append(None)
            continue
        if not name:
            refuse(_("Column {number} has no name.").format(number=place + 1), _("Name it, or remove it."))
        column = resolve(name, capabilities)
        if (column.kind, column.name) in taken:
            refuse(_("{name} is given twice.").format(name=column.name), _("Give it once."))
        taken.add((column.kind, column.name))
        columns.append(column)
    if not taken:
        refuse(
            _("There are users, but nothing says what to change."),
            _("Name a change for all of them, or add a column for it."),
        )
    return kind or default, tuple(columns)


def kind_in_json(line: str, capabilities: Capabilities) -> IdentityKind | None:
    """What that line names its user by; None if it cannot be told, which its row will then say."""
    try:
        found = json.loads(bare_id(line))
    except (ValueError, RecursionError):
        return None
    names = found if isinstance(found, dict) else ()
    return next((kind for kind in map(identity_kind, names) if kind in capabilities.write_by), None)
