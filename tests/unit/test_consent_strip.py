from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import OPTINS, SENDING_CHANNELS, Flag, State
from dfn_tui.consent.sending import may_advertise
from dfn_tui.consent.strip import HALF_HOURS, NIGHT, day_strips, half_hour
from dfn_tui.text.korea import KOREA

CONSENTS = st.dictionaries(st.sampled_from(Flag), st.sampled_from(State))
API_VERSIONS = st.sampled_from([tuple(Flag), tuple(OPTINS)])
DAYS = st.dates(min_value=datetime(2020, 1, 1).date(), max_value=datetime(2040, 1, 1).date())


@given(consents=CONSENTS, flags=API_VERSIONS, day=DAYS, minute=st.integers(0, 29), second=st.integers(0, 59))
def test_each_half_hour_says_what_the_rule_says_of_any_instant_in_it(
    consents: dict[Flag, State], flags: tuple[Flag, ...], day: datetime, minute: int, second: int
) -> None:
    strips = day_strips(consents, flags)
    assert tuple(strips) == SENDING_CHANNELS
    for half in range(HALF_HOURS):
        at = datetime(day.year, day.month, day.day, tzinfo=KOREA)
        at += timedelta(minutes=30 * half + minute, seconds=second)
        assert half_hour(at.astimezone(UTC)) == half
        for verdict in may_advertise(consents, at.astimezone(UTC), flags):
            assert strips[verdict.channel][half] is verdict.answer


def test_the_night_begins_and_ends_at_whole_hours() -> None:
    assert [half for half, night in enumerate(NIGHT) if night] == [*range(16), *range(42, 48)]
