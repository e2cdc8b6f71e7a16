"""The filter in one line: what it understands, and what it refuses with words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.outcomes import Outcome
from dfn_tui.service.history import FilterRefused, parse_words
from dfn_tui.store import Filter


def test_every_key_is_understood_and_times_are_korean() -> None:
    text = (
        "user:u-1 flag:mkt_sms_flag operator:kim connection:prod outcome:failed "
        "since:2026-11-01 until:2026-11-02T12:00"
    )
    assert parse_words(text.split()) == Filter(
        user="u-1",
        flag="mkt_sms_flag",
        operator="kim",
        connection="prod",
        outcome=Outcome.FAILED,
        since=datetime(2026, 10, 31, 15, tzinfo=UTC),
        until=datetime(2026, 11, 2, 3, tzinfo=UTC),
    )


def test_a_day_is_asked_for_whole() -> None:
    wanted = parse_words(["since:2026-11-01", "until:2026-11-01"])
    assert wanted.since is not None
    assert wanted.until is not None
    assert (wanted.until - wanted.since).days == 1


def test_a_bare_word_is_a_user_also_with_a_colon_in_it() -> None:
    assert parse_words(["u-1"]) == Filter(user="u-1")
    assert parse_words(["shop:u-1"]) == Filter(user="shop:u-1")


def test_open_asks_for_what_has_no_outcome() -> None:
    assert parse_words(["outcome:open"]) == Filter(unresolved=True)


@pytest.mark.parametrize("text", ["", "  \t "])
def test_nothing_asks_for_all(text: str) -> None:
    assert parse_words(text.split()) == Filter()
    assert parse_words(["u-1"]) != Filter()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outcome:lost", "unknown, open"),
        ("flag:sms", "night_kakao_flag"),
        ("since:yesterday", "2026-11-01T20:40"),
        ("until:9999-12-31", "2026-11-01"),
        ("u-1 u-2", "user is to be asked for once"),
        ("user:u-1 u-2", "user is to be asked for once"),
        ("operator:", "operator is to be asked for once, and with a value"),
        ("\ud800", "Copy it again"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can(text: str, said: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse_words(text.split())
    assert said in f"{refused.value.happened} {refused.value.next_step}"


@given(st.text())
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        wanted = parse_words(text.split())
    except FilterRefused:
        return
    assert wanted.since is None or wanted.since.tzinfo
