"""The words of the program and their translations: `python .ci/messages.py` takes new ones into each `.po` file
(for a translator to fill in) and compiles what an installed console reads."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "dfn_tui"
LOCALES = PACKAGE / "locale"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
ARGPARSE = "argparse.py"
"""It says a part of what the command line says; which words, differs by the version of Python."""


def said() -> Catalog:
    """Every message of the program, with the files that say it."""
    catalogue = Catalog(fuzzy=False)
    for file, message in _found():
        catalogue.add(message, locations=[(file, 0)])
    return catalogue


def _found() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for file, _line, message, _comments, _context in extract_from_dir(PACKAGE, keywords=KEYWORDS):
        if file.endswith(".py"):
            yield file, message
    for _line, message, _comments, _context in extract_from_file("python", argparse.__file__, keywords=KEYWORDS):
        yield ARGPARSE, message


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
