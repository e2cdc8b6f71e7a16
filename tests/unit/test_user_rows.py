"""Rows of a look-up: filter, order, marks, and where things stand for a width."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from dfn_tui.api.calls import Profile, Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.flags import OPTINS, Flag, State
from dfn_tui.screens.lookup.columns import MARGIN, columns, longest
from dfn_tui.screens.lookup.row_painter import RowPainter, laid_out
from dfn_tui.screens.lookup.rows import AS_ASKED, BY_FINDINGS, BY_ID, BY_NAME, UserRows
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Staging

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
GIVEN, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET


def user(id: str, name: str = "", failure: Reply | None = None, **states: State) -> UserRecord:
    consents = {flag: states.get(flag.name.lower(), NEVER) for flag in Flag}
    profile = None if failure else Profile(consents, {"user_name": name} if name else {})
    return UserRecord(Identity(IdentityKind("user_id"), id), NOW, profile, failure=failure)


def unread(id: str) -> UserRecord:
    identity = Identity(IdentityKind("user_id"), id)
    return user(id, failure=Reply(identity, ok=False, code="5001", message="no"))


def rows(*records: UserRecord, staged: str = "") -> UserRows:
    made = UserRows(lambda identity: identity.value == staged)
    made.put(records)
    return made


def ids(made: UserRows) -> list[str]:
    return [record.identity.value for record in made.shown]


PEOPLE = (
    user("b-2", "Kim", mkt=GIVEN, mkt_sms=GIVEN),
    user("a-1", "Park", mkt=OFF, mkt_sms=GIVEN),  # by SMS although every channel is off
    user("c-3", mkt_sms=OFF, info=GIVEN),
    user("nobody"),
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["b-2", "a-1", "c-3", "nobody"]),
        ("kim", ["b-2"]),
        ("-", ["b-2", "a-1", "c-3", "nobody"]),
        ("SMS:given", ["b-2", "a-1"]),
        ("sms:given all:withdrawn", ["a-1"]),
        ("night-sms:never", ["b-2", "a-1", "c-3", "nobody"]),
        ("finding park", ["a-1"]),
        ("unknown", ["nobody"]),
        ("marked", ["c-3"]),
        ("staged", ["b-2"]),
        ("marked staged", []),
    ],
)
def test_the_filter_takes_every_word(words: str, found: list[str]) -> None:
    made = rows(*PEOPLE, staged="b-2")
    made.mark([PEOPLE[2].identity], on=True)
    made.filter = words
    made.arrange()
    assert ids(made) == found


def test_rows_are_sorted_by_every_column_and_turned_round() -> None:
    made = rows(*PEOPLE)
    made.sort(BY_ID)
    assert ids(made) == ["a-1", "b-2", "c-3", "nobody"]
    made.sort(BY_ID)
    assert ids(made) == ["nobody", "c-3", "b-2", "a-1"]
    made.sort(BY_NAME)
    assert ids(made)[:2] == ["b-2", "a-1"]  # those without a name come last
    made.sort(Flag.MKT_SMS.value)
    assert ids(made)[:2] == ["b-2", "a-1"] and ids(made)[3] == "c-3"
    made.sort(BY_FINDINGS)
    assert set(ids(made)[:2]) == {"a-1", "nobody"}
    made.sort(AS_ASKED)
    assert ids(made) == ["b-2", "a-1", "c-3", "nobody"]


def test_an_action_is_for_the_marked_in_their_order_even_where_the_filter_hides_them() -> None:
    made = rows(*PEOPLE)
    made.mark([PEOPLE[2].identity, PEOPLE[0].identity], on=True)
    made.filter = "a-1"
    made.arrange()
    assert [one.identity.value for one in made.chosen(PEOPLE[1])] == ["b-2", "c-3"]


def test_who_could_not_be_read_is_never_marked() -> None:
    failed = unread("broken")
    made = rows(failed, PEOPLE[0])
    made.mark_all()
    assert made.marked == {PEOPLE[0].identity}
    made.mark([failed.identity], on=True)
    assert made.marked == {PEOPLE[0].identity}
    assert made.chosen(failed) == [PEOPLE[0]]
    made.mark_all()
    assert made.chosen(failed) == []


def test_what_is_told_of_all_users_follows_what_is_read_of_them() -> None:
    made = rows(*PEOPLE)
    assert (made.totals.failed, made.totals.unknown, made.totals.longest) == (0, 1, (6, 7))
    made.put([unread("b-2"), user("a-longer-id", "Kim Park")])
    assert (made.totals.failed, made.totals.unknown, made.totals.longest) == (1, 1, (11, 8))
    made.begin()
    assert made.totals.unknown == 0 and made.totals.read_at is None


def test_a_mark_is_taken_away_where_reading_again_fails() -> None:
    made = rows(*PEOPLE)
    made.mark_all()
    made.put([unread("b-2")])
    assert PEOPLE[0].identity not in made.marked


@given(
    width=st.integers(40, 220),
    flags=st.sampled_from([tuple(Flag), tuple(OPTINS)]),
    people=st.lists(
        st.tuples(st.text(min_size=1, max_size=60), st.text(max_size=40)), min_size=1, max_size=5
    ),
)
def test_what_stands_in_a_row_never_overlaps_and_never_runs_over(
    width: int, flags: tuple[Flag, ...], people: list[tuple[str, str]]
) -> None:
    made = rows(*(user(id, name, mkt_sms=GIVEN) for id, name in people))
    at = columns(width, flags, longest(made.shown))
    starts = [MARGIN, at.name, *(x for _flag, x in at.flags), at.findings]
    assert starts == sorted(starts) and MARGIN + at.id_width <= at.name
    painter = RowPainter(made, Staging(), flags, {})
    painter.fit(width)
    for place in range(len(made.shown)):
        pieces = painter.row(place, here=True, focused=True)
        strip = laid_out(pieces, width, Style.null(), lambda _name: Style.null())
        assert strip.cell_length == width == cell_len(strip.text)
        assert "\x1b" not in strip.text and "\n" not in strip.text


def test_an_id_is_whole_where_there_is_room() -> None:
    long = "customer-4711-of-the-shop-in-busan-by-the-sea"
    at = columns(140, tuple(Flag), longest([user(long, "황보 은")]))
    assert at.id_width == len(long)
    assert columns(76, tuple(Flag), longest([user(long, "황보 은")])).id_width < len(long)
