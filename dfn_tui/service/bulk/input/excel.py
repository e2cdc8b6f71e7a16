"""A workbook as a source: its sheet as CSV, made by `sheets.py` in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, NamedTuple, NoReturn, cast

from dfn_tui.service.bulk.input.content import Content, named, remedy
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.mapping import InputRefused
from dfn_tui.service.bulk.input.sheets import MOST_BYTES, MOST_CELLS, MOST_MEMORY, Facts
from dfn_tui.text import _, ngettext, sanitize

_COMMAND: Final = (sys.executable, "-P", "-m", "dfn_tui.service.bulk.input.sheets")
_SHOWN = 60  # characters of a sheet's name
_SHEETS = 12  # names of sheets


class SheetText(NamedTuple):
    """A sheet as CSV in a nameless file, and what was found of it: see `InputSource`."""

    stream: BinaryIO
    content: Content
    sheet: str
    others: tuple[str, ...]
    hidden: int | None
    hidden_columns: tuple[str, ...]
    numeric: frozenset[int]


def read_workbook(stream: BinaryIO, sheet: str, hidden: str) -> SheetText:
    """A sheet of the workbook that `stream` is, which is left open.

    `sheet` is its name, "" for the only one that holds rows; `hidden` is "include" or "skip", "" to refuse
    rows that are hidden. Raises InputRefused where something has to be said first, and FileUnreadable where
    it is no workbook, or none that can be read; OSError where there is no room for a copy.
    """
    out = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  closed with the InputSource
    try:
        facts = _facts(stream, out, {"sheet": sheet, "hidden": hidden})
        if "refused" in facts:
            _refuse(facts)
        out.seek(0)
        return SheetText(
            out,
            Content(facts["content"]),
            facts["sheet"],
            tuple(facts["others"]),
            facts["hidden"],
            tuple(facts["hidden_columns"]),
            frozenset(facts["numeric"]),
        )
    except BaseException:
        out.close()
        raise


def _facts(stream: BinaryIO, out: BinaryIO, request: dict[str, str]) -> Facts:
    descriptor = stream.fileno()
    os.lseek(descriptor, 0, os.SEEK_SET)  # the process shares the place in the file
    ended = subprocess.run(  # noqa: S603  this Python, our module
        [*_COMMAND, json.dumps(request)],
        check=False,
        stdin=descriptor,
        stdout=out,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("DFN_TUI_")},
        start_new_session=True,  # Ctrl+C in the terminal is this process's to handle
    )
    try:
        facts: Any = json.loads(ended.stderr.rpartition(b"\n")[2])
    except ValueError:  # it ended before it could say why
        facts = {"refused": "memory"}
    return cast("Facts", facts)


def _refuse(facts: Facts) -> NoReturn:
    why = facts["refused"]
    sheet = quoted(facts["sheet"]) if "sheet" in facts else ""
    if why in {"no-sheet", "which-sheet", "only-hidden", "empty"}:
        _refuse_sheet(why, sheet, facts.get("sheets", ()))
    if why in {"hidden", "hidden-untold", "unsaved", "merged"}:
        _refuse_rows(why, sheet, facts)
    if why == "content":
        refuse_content(Content(facts["content"]))
    raise FileUnreadable(_("The workbook cannot be read"), *_trouble(why, facts))


def _refuse_rows(why: str, sheet: str, facts: Facts) -> NoReturn:
    if why == "hidden":
        words = ngettext(
            "{count} row of sheet {sheet} is hidden, by a filter or by hand. Nothing was taken.",
            "{count} rows of sheet {sheet} are hidden, by a filter or by hand. Nothing was taken.",
            facts["count"],
        )
        raise InputRefused(
            _("Rows are hidden"),
            words.format(count=f"{facts['count']:,}", sheet=sheet),
            _("Say whether they belong to the list: --hidden include, or --hidden skip."),
        ).asking(
            "hidden",
            ("skip", _("leave hidden rows out")),
            ("include", _("read hidden rows like the others")),
        )
    if why == "hidden-untold":
        raise InputRefused(
            _("Rows may be hidden"),
            _("Which rows are hidden cannot be told of this form of workbook. Nothing was taken."),
            _("Save it as .xlsx, or leave --hidden out, and all rows are read."),
        )
    if why == "unsaved":
        words = ngettext(
            "{count} formula of sheet {sheet}, in {first}, is stored without its result.",
            "{count} formulas of sheet {sheet}, first that in {first}, are stored without their result.",
            facts["count"],
        )
        raise InputRefused(
            _("Formulas have no result"),
            words.format(count=f"{facts['count']:,}", sheet=sheet, first=facts["first"]),
            _("Open the workbook in Excel, which computes them, and save it."),
        )
    words = _("In sheet {sheet} one cell stands for several rows, from {first} down to row {last}.")
    raise InputRefused(
        _("Cells are merged"),
        words.format(sheet=sheet, first=facts["first"], last=facts["last"]),
        _("Unmerge them and fill each row, so that every row says itself what is to be so."),
    )


def _refuse_sheet(why: str, sheet: str, sheets: Sequence[str]) -> NoReturn:
    if why == "empty":
        raise InputRefused(
            _("The input was not taken"),
            _("There is no row in sheet {sheet}.").format(sheet=sheet)
            if sheet
            else _("There is no row in it."),
            _("Give at least one user."),
        )
    happened = {
        "no-sheet": _("There is no such sheet. The workbook has: {names}."),
        "which-sheet": _("Several sheets hold rows: {names}. Nothing was taken."),
        "only-hidden": _("No sheet that is shown holds rows. All sheets: {names}."),
    }[why]
    raise InputRefused(
        _("Which sheet is meant?"),
        happened.format(names=quoted_all(sheets)),
        _("Name it, as --sheet {sheet}.").format(sheet=quoted(sheets[0]) if sheets else "NAME"),
    ).asking("sheet", *((name, sanitize(name, _SHOWN)) for name in sheets))


def _trouble(why: str, facts: Facts) -> tuple[str, str]:
    """What happened, and what to do."""
    as_csv = _("Save the sheet as CSV, which may be of any size.")
    if why == "password":
        return (
            _("It is protected by a password. Nothing was taken."),
            _("Open it in Excel, and save it without the password or as CSV."),
        )
    if why == "bytes":
        return _("It unpacks to more than {most} MiB. Nothing was taken.").format(
            most=MOST_BYTES >> 20
        ), as_csv
    if why == "cells":
        words = _("Its rows and columns make more than {most} cells. Nothing was taken.")
        return words.format(most=f"{MOST_CELLS:,}"), as_csv
    if why == "memory":
        words = _("Reading it takes more than {most} GiB of memory or five minutes. Nothing was taken.")
        return words.format(most=MOST_MEMORY >> 30), as_csv
    if why == "system":
        return (
            _("{why}. Nothing was taken.").format(why=facts["why"]),
            _("See that there is room in the folder for temporary files, and try again."),
        )
    return (
        _("It is damaged, or no spreadsheet program wrote it. Nothing was taken."),
        _("Open it in Excel, check it, and save it anew."),
    )


def refuse_content(content: Content) -> NoReturn:
    """Says what the file is, which is nothing that is read. Raises FileUnreadable."""
    if content is Content.LOCKED:
        raise FileUnreadable(_("The workbook cannot be read"), *_trouble("password", {}))
    raise FileUnreadable(
        _("This is no list"),
        _("The file is {kind}. Nothing was taken.").format(kind=named(content)),
        remedy(content),
    )


def quoted(name: str) -> str:
    """A sheet's name for a sentence: inert, cut, in quotation marks."""
    return f'"{sanitize(name, _SHOWN)}"'


def quoted_all(names: Sequence[str]) -> str:
    """Names of sheets for a sentence, the first of many."""
    return ", ".join(map(quoted, names[:_SHEETS])) + (" …" if len(names) > _SHEETS else "")
