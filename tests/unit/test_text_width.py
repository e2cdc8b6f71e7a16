"""A column stays a column, whatever script its cells are in."""

import unicodedata

import pytest
from rich.cells import cell_len

from dfn_tui.text import padded, width


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("u-1", 3),
        ("김철수", 6),
        (unicodedata.normalize("NFD", "김철수"), 6),
        ("ｕ１", 4),
        ("é → ✓", 5),
        ("e\u0301", 1),
        ("😀", 2),
    ],
)
def test_a_text_takes_the_cells_a_terminal_gives_it(text: str, cells: int) -> None:
    assert width(text) == cells
    assert width(padded(text, 10)) == 10


def test_hangul_takes_as_many_cells_as_on_the_screens() -> None:
    assert all(width(char) == cell_len(char) == 2 for char in map(chr, range(0xAC00, 0xD7A4)))


def test_a_text_that_is_too_long_stays_whole() -> None:
    assert padded("김철수", 4) == "김철수"
