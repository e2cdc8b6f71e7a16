"""The words of the program and their translations: `python .ci/messages.py` takes new ones into each `.po`
file, for a translator to fill in, and compiles what an installed console reads."""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "dfn_tui"
LOCALES = PACKAGE / "locale"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
ARGPARSE = "argparse.py"
"""It says a part of what the command line says; which words, differs by the version of Python."""


def said() -> Catalog:
    """Every message of the program, with the files that say it."""
    catalogue = Catalog(fuzzy=False)
    for path in sorted(PACKAGE.rglob("*.py")):
        _take(path, str(path.relative_to(PACKAGE)), catalogue)
    _take(Path(argparse.__file__), ARGPARSE, catalogue)
    return catalogue


def _take(path: Path, name: str, catalogue: Catalog) -> None:
    for _line, message, _comments, context in extract_from_file(_calls, path, keywords=KEYWORDS):
        catalogue.add(message, locations=[(name, 0)], context=context)


def _calls(
    file: IO[bytes], keywords: Any, _tags: object, options: object
) -> Iterator[tuple[int, str, list[object], list[str]]]:
    """Babel's own reads tokens, and finds nothing within an f-string before Python 3.12."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords:
            words = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
            yield node.lineno, node.func.id, words, []


def catalogue(path: Path) -> Catalog:
    """A `.po` file. Raises PoFileError where it is none."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/dfn_tui.po"))


def compile_catalogues() -> list[Path]:
    """Writes the `.mo` file beside each `.po` file, and returns them."""
    made = []
    for path in catalogues():
        made.append(path.with_suffix(".mo"))
        with made[-1].open("wb") as file:
            write_mo(file, catalogue(path))
    return made


def update() -> None:
    """Takes new messages into each `.po` file and those out that nobody says any more. argparse's stay, which
    another Python may say."""
    for path in catalogues():
        known, new = catalogue(path), said()
        new.creation_date = known.creation_date  # where nothing is new nothing is written
        for message in known:
            if message.id and any(file == ARGPARSE for file, _line in message.locations):
                new.add(message.id, locations=[(ARGPARSE, 0)])
        known.update(new, no_fuzzy_matching=True)
        known.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, known, width=110, sort_by_file=True, omit_header=False, include_lineno=False)


if __name__ == "__main__":
    update()
    compile_catalogues()
