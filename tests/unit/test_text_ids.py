import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.text.ids import IdsUnreadable, split_ids

IDS = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters=","), min_size=1)
SEPARATORS = st.text(", \t\r\n\u3000\xa0", min_size=1)


@given(st.lists(st.tuples(IDS, SEPARATORS)))
def test_every_id_is_accounted_for_once_and_in_order(pairs: list[tuple[str, str]]) -> None:
    pasted = "".join(id_ + separator for id_, separator in pairs)
    assert split_ids(pasted) == tuple(dict.fromkeys(id_ for id_, _ in pairs))


@given(st.text())
def test_any_text_is_split_and_splitting_again_changes_nothing(pasted: str) -> None:
    ids = split_ids(pasted)
    assert len(set(ids)) == len(ids)
    assert all(id_ and not re.search(r"[\s,]", id_) for id_ in ids)
    assert split_ids("\n".join(ids)) == ids
    assert all(char in "".join(ids) for char in pasted if char.isalnum())


@pytest.mark.parametrize(
    ("pasted", "ids"),
    [
        ("", ()),
        (" ,\n, \ufeff ", ()),
        ("a,b c\td\r\ne", ("a", "b", "c", "d", "e")),
        ("b, a, b", ("b", "a")),
        ("\ufeffkim\n\u200blee\u200d", ("kim", "lee")),
        ("\u202d821012345678\u202c", ("821012345678",)),
        ("in\u200bside", ("in\u200bside",)),
        ("a;b", ("a;b",)),
        ("홍길동\u3000이순신", ("홍길동", "이순신")),
    ],
)
def test_examples(pasted: str, ids: tuple[str, ...]) -> None:
    assert split_ids(pasted) == ids


def test_a_list_of_any_length() -> None:
    ids = tuple(f"user-{number}" for number in range(200_000))
    assert split_ids("\n".join(ids)) == ids


def test_an_id_that_cannot_be_sent_is_named_by_its_place() -> None:
    with pytest.raises(IdsUnreadable, match="Id number 2 ") as raised:
        split_ids("first, se\ud83dcond, third")
    assert "cond" not in str(raised.value)
    str(raised.value).encode()
