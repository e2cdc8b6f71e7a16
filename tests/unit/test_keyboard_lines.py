"""Lines that arrived together in a field for ids: a list, or keys for what the first one opens."""

import pytest

from dfn_tui.keyboard.lines import list_within


@pytest.mark.parametrize(
    ("value", "rest", "ids"),
    [
        ("10", "20\n", ["10", "20"]),
        ("10", "20", ["10", "20"]),
        ("10", "20\n30\n40", ["10", "20", "30", "40"]),
        ("10", "user-2\n", ["10", "user-2"]),
        ("kim@example.com", "821012345678\n", ["kim@example.com", "821012345678"]),
        ("alice", "bob\n", ["alice", "bob"]),
        ("10", "alice\nbob\n", ["10", "alice", "bob"]),
        ("10", "\n20\n", ["10", "20"]),
        ("user-0001", "user-0002", ["user-0001", "user-0002"]),
        ("1042", "ur", None),
        ("1042", "ri\n", None),
        ("user-0001 user-0002", "/0002\n", None),
        ("user-0001", "h/0001\n", None),
        ("user-0001", "u1\n", None),
        ("user-0003", "u1", None),
        ("user-0003", "", None),
        ("1042", "\n", None),
        ("", "20\n30\n", None),
    ],
)
def test_a_list_is_told_from_keys(value: str, rest: str, ids: list[str] | None) -> None:
    found = list_within(value, list(rest))
    assert (found and found.text.split()) == ids
    if found:
        assert found.ended is rest.endswith("\n")


def test_a_key_that_is_no_text_is_in_no_list() -> None:
    assert list_within("10", ["2", "0", "\n", ""]) is None
