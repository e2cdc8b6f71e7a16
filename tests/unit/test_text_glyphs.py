"""Every sign that a terminal may make two cells of has one in ASCII."""

import ast
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._border import BORDER_CHARS

from dfn_tui.text import width
from dfn_tui.text.glyphs import SAMPLE, TO_ASCII
from tests.sources import parsed

SOURCES = Path(__file__).parents[2] / "dfn_tui"
BORDERS = ("round", "solid")
READ = ("boxes.py", "no_ids.py")
"""Look for signs in lists: what they show stands in their messages."""


def _texts(path: Path) -> Iterator[str]:
    """The strings of a module, without its docstrings: none of these is shown."""
    tree = parsed(path)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    messages = [one for node in calls if getattr(node.func, "id", "") in ("_", "N_") for one in node.args]
    if path.name in READ:
        tree = ast.Module([ast.Expr(one) for one in messages], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.slow
def test_no_sign_of_ours_is_left_out() -> None:
    shown = "".join(text for path in SOURCES.rglob("*.py") for text in _texts(path))
    shown += "".join(char for border in BORDERS for row in BORDER_CHARS[border] for char in row)  # type: ignore[index]
    wide = {char for char in shown if unicodedata.east_asian_width(char) == "A"} | set("✓✗❭›╍↶")
    assert {char for char in wide if not char.translate(TO_ASCII).isascii()} == set()


def test_everything_keeps_its_place() -> None:
    assert width(SAMPLE) == len(SAMPLE)
    for sign, ascii in TO_ASCII.items():
        assert width(chr(sign)) == len(ascii) == 1
        assert ascii.isascii() and ascii.isprintable()


def test_letters_stay() -> None:
    assert "한은우 Ünal 李".translate(TO_ASCII) == "한은우 Ünal 李"
