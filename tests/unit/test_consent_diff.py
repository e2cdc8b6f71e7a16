import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.diff import Direction, FlagChange, difference
from dfn_tui.consent.flags import Flag, Purpose, State

READ = st.dictionaries(st.sampled_from(Flag), st.sampled_from(State))
WRITTEN = st.dictionaries(st.sampled_from(Flag), st.sampled_from([State.SUBSCRIBED, State.UNSUBSCRIBED]))


@given(before=READ, wanted=WRITTEN)
def test_applying_the_difference_gives_what_is_wanted(
    before: dict[Flag, State], wanted: dict[Flag, State]
) -> None:
    changes = difference(before, wanted)
    assert {**before, **{change.flag: change.after for change in changes}} == {**before, **wanted}


@given(before=READ, wanted=WRITTEN)
def test_the_difference_holds_nothing_that_is_so_already(
    before: dict[Flag, State], wanted: dict[Flag, State]
) -> None:
    changes = difference(before, wanted)
    assert all(change.before == before.get(change.flag) != change.after for change in changes)
    assert [change.flag for change in changes] == [f for f in Flag if f in {c.flag for c in changes}]


@given(READ)
def test_equal_states_differ_in_nothing(consents: dict[Flag, State]) -> None:
    assert difference(consents, consents) == ()


def test_a_flag_that_is_not_readable_is_written_all_the_same() -> None:
    wanted = {Flag.MKT_SMS: State.UNSUBSCRIBED}
    assert difference({}, wanted) == (FlagChange(Flag.MKT_SMS, None, State.UNSUBSCRIBED),)


@pytest.mark.parametrize("before", [{Flag.MKT: State.SUBSCRIBED}, {}])
def test_no_flag_goes_back_to_never_set(before: dict[Flag, State]) -> None:
    with pytest.raises(ValueError, match="never set"):
        difference(before, {Flag.MKT: State.NEVER_SET})


@given(st.sampled_from(Flag), st.sampled_from([State.SUBSCRIBED, State.UNSUBSCRIBED]))
def test_direction(flag: Flag, after: State) -> None:
    change = FlagChange(flag, State.NEVER_SET, after)
    granted = after is State.SUBSCRIBED
    assert change.direction is (Direction.GRANT if granted else Direction.WITHDRAW)
    assert change.grants_night == (granted and flag.purpose is Purpose.NIGHT)
