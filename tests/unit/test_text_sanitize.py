import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.text import sanitize

ANY_TEXT = st.text(st.characters())  # lone surrogates too


@given(ANY_TEXT, st.none() | st.integers(0, 20))
def test_nothing_that_acts_on_a_terminal_is_left(text: str, limit: int | None) -> None:
    shown = sanitize(text, limit)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    shown.encode()


@given(ANY_TEXT)
def test_it_is_settled_after_once(text: str) -> None:
    assert sanitize(sanitize(text)) == sanitize(text)


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)))
def test_hangul_is_unchanged(text: str) -> None:
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("홍길동 Lee, 010-1234-5678 🙂 漢字 é", "홍길동 Lee, 010-1234-5678 🙂 漢字 é"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("line\r\nnext\ttab\x7f\x9b", r"line\x0d\x0anext\x09tab\x7f\x9b"),
        ("\u202egnp.exe\u2066x", r"\u202egnp.exe\u2066x"),
        ("a\u200bb\ufeff\u2028", r"a\u200bb\ufeff\u2028"),
        ("half \ud83d pair", r"half \ud83d pair"),
        ("\U000e0041\U000f0000", r"\U000e0041\U000f0000"),
        ("\u3164\u115f\u2800", r"\u3164\u115f\u2800"),
        ("[/foo][@click=app.quit]x[/]", "[/foo][@click=app.quit]x[/]"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@given(ANY_TEXT, st.integers(0, 20))
def test_a_limit_cuts_the_input_and_says_so(text: str, limit: int) -> None:
    expected = sanitize(text[:limit]) + ("…" if len(text) > limit else "")
    assert sanitize(text, limit) == expected
