"""What reading back means, whatever was answered and whatever is found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import FieldResult, UserResult, judge, judge_user, part_of
from dfn_tui.service.changes.reading import Seen
from dfn_tui.service.changes.values import same_value
from dfn_tui.store import FieldChange, FieldKind

ANNA = Identity(IdentityKind.USER_ID, "anna")
OK = Reply(ANNA, ok=True)
REFUSED = Reply(ANNA, False, refused=True, code="5001", message="No.")
LOST = Reply(ANNA, False, pending=True, code="lost", message="The answer was lost.")
DENIED = Reply(ANNA, False, code="5002", message="Failed.")
"""The server says no for this user, which alone is not believed."""

VALUES: st.SearchStrategy[Any] = st.sampled_from(["old", "new", "else", "7", 7, 7.0, True, 1, None, ["a"]])
REPLIES = st.sampled_from([None, OK, REFUSED, LOST, DENIED])
FOUND = st.one_of(st.just(Seen(False, None, "not read")), VALUES.map(lambda value: Seen(True, value)))
CHANGES = st.builds(
    FieldChange,
    kind=st.just(FieldKind.PROPERTY),
    name=st.just("grade"),
    before=VALUES,
    after=VALUES,
    readable=st.booleans(),
    personal=st.just(False),
    redaction=st.none(),
)


def change(before: Any = "old", after: Any = "new", *, readable: bool = True) -> FieldChange:
    return FieldChange(FieldKind.PROPERTY, "grade", before, after, readable, False)


@given(CHANGES, REPLIES, FOUND, st.booleans())
def test_nothing_is_claimed_that_was_not_read_or_said(
    wanted: FieldChange, reply: Reply | None, found: Seen, settled: bool
) -> None:
    result = judge(wanted, reply, found, settled=settled)
    said_ok, refused = reply is OK, reply is REFUSED
    shows = found.read and same_value(found.now, wanted.after)
    as_before = found.read and wanted.readable and same_value(found.now, wanted.before)
    open_still = (reply is None or reply is LOST) and not settled

    assert result.read_back == found.read
    assert (result.outcome is Outcome.CONFIRMED) == shows
    assert (result.outcome is Outcome.ACCEPTED) == (said_ok and not found.read)
    if result.outcome is Outcome.FAILED:
        assert not said_ok
        assert not shows
        assert refused or (as_before and not open_still)
    if result.outcome is Outcome.DIFFERENT:
        assert found.read
        assert not refused
        assert said_ok or not as_before
        assert result.now == found.now
    if result.outcome is Outcome.UNKNOWN:
        assert not (said_ok or refused or shows)
        assert open_still or not found.read


@pytest.mark.parametrize(
    ("reply", "found", "settled", "outcome"),
    [
        (OK, Seen(True, "new"), False, Outcome.CONFIRMED),
        (REFUSED, Seen(True, "new"), False, Outcome.CONFIRMED),
        (LOST, Seen(True, "new"), False, Outcome.CONFIRMED),
        (None, Seen(True, "new"), False, Outcome.CONFIRMED),
        (OK, Seen(True, "old"), False, Outcome.DIFFERENT),
        (OK, Seen(True, "else"), True, Outcome.DIFFERENT),
        (DENIED, Seen(True, "else"), False, Outcome.DIFFERENT),
        (LOST, Seen(True, "else"), False, Outcome.DIFFERENT),
        (REFUSED, Seen(True, "else"), False, Outcome.FAILED),
        (DENIED, Seen(True, "old"), False, Outcome.FAILED),
        (LOST, Seen(True, "old"), False, Outcome.UNKNOWN),
        (None, Seen(True, "old"), False, Outcome.UNKNOWN),
        (LOST, Seen(True, "old"), True, Outcome.FAILED),
        (OK, Seen(False), False, Outcome.ACCEPTED),
        (OK, Seen(False, None, "why"), True, Outcome.ACCEPTED),
        (REFUSED, Seen(False), False, Outcome.FAILED),
        (DENIED, Seen(False), False, Outcome.UNKNOWN),
        (LOST, Seen(False), True, Outcome.UNKNOWN),
        (None, Seen(False), True, Outcome.UNKNOWN),
    ],
)
def test_what_each_answer_and_each_reading_come_to(
    reply: Reply | None, found: Seen, settled: bool, outcome: Outcome
) -> None:
    assert judge(change(), reply, found, settled=settled).outcome is outcome


def test_a_value_that_was_never_read_before_cannot_be_said_to_be_unchanged() -> None:
    result = judge(change(before=None, readable=False), DENIED, Seen(True, None), settled=True)
    assert result.outcome is Outcome.DIFFERENT


def test_an_accepted_change_that_could_not_be_read_says_so() -> None:
    result = judge(change(), OK, Seen(False, None, "The line is down."), settled=True)
    assert result.code == "not-read-back"
    assert "The line is down." in result.message


def test_a_user_is_as_badly_off_as_the_gravest_field() -> None:
    fields = [FieldResult(change(), one) for one in (Outcome.CONFIRMED, Outcome.UNKNOWN, Outcome.FAILED)]
    for order in (fields, fields[::-1], fields[1:] + fields[:1]):
        assert UserResult(ANNA, tuple(order)).outcome is Outcome.UNKNOWN


def test_each_part_of_a_change_is_judged_by_its_own_answer() -> None:
    number = FieldChange(FieldKind.CI, "phone_number", "1", None, True, True)
    replies = {(ANNA, part_of(change())): OK, (ANNA, part_of(number)): REFUSED}
    result = judge_user(ANNA, [change(), number], replies, None, settled=False)
    assert [field.outcome for field in result.fields] == [Outcome.ACCEPTED, Outcome.FAILED]
