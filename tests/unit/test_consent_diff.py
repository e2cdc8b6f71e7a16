import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import Direction, Flag, FlagChange, Purpose, State


def test_no_flag_goes_back_to_never_set() -> None:
    with pytest.raises(ValueError, match="never set"):
        FlagChange(Flag.MKT, State.SUBSCRIBED, State.NEVER_SET)


@given(st.sampled_from(Flag), st.sampled_from([State.SUBSCRIBED, State.UNSUBSCRIBED]))
def test_direction(flag: Flag, after: State) -> None:
    change = FlagChange(flag, State.NEVER_SET, after)
    granted = after is State.SUBSCRIBED
    assert change.direction is (Direction.GRANT if granted else Direction.WITHDRAW)
    assert change.grants_night == (granted and flag.purpose is Purpose.NIGHT)
