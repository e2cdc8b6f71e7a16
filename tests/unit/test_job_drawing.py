"""A job drawn in characters: its bar, its curve, and its line on the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dfn_tui.screens.bulk.drawing import JobTimes, bar, rate_chart, share_bar, spare_words, time_line
from dfn_tui.screens.bulk.job_panels import doing_text
from dfn_tui.service.bulk.run.records import Phase, RunProgress

EVENING = datetime(2026, 11, 26, 11, 49, 30, tzinfo=UTC)
"""20:49:30 in Korea."""
MORNING = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


def times(now: int, ends: int | None, *, begun: datetime = EVENING, grants: bool = False) -> JobTimes:
    """A job that began so many seconds before now, and ends so many after its begin."""
    return JobTimes(
        begun,
        begun + timedelta(seconds=now),
        None if ends is None else begun + timedelta(seconds=ends),
        grants,
    )


def lines(at: JobTimes, width: int = 70) -> tuple[str, str]:
    line, below = time_line(at, width)
    return line.plain, below.plain


def test_a_bar_is_as_full_as_its_share() -> None:
    assert bar(0, 4).plain == "░░░░"
    assert bar(50, 4).plain == "██░░"
    assert bar(100, 4).plain == "████"
    assert share_bar(64, 14).plain == "█████░░░  64 %"


def test_the_curve_goes_from_nothing_to_the_limit() -> None:
    upper, lower = rate_chart([0, 1, 5_000, 10_000, 20_000], 10_000, 8)
    assert lower.plain == " ▁███   "  # what was something is never nothing
    assert upper.plain == "   ██   "


def test_what_there_is_no_room_for_is_put_together() -> None:
    [line] = rate_chart([100, 0, 100, 100, 100], 100, 3, rows=1)
    assert line.plain == "█▄█"


def test_an_end_before_the_night_says_how_much_is_spare() -> None:
    line, below = lines(times(310, 510))
    assert line.startswith("20:49 ━")
    assert line.endswith("│  2 min spare")
    assert below.split() == ["now", "20:54", "ends", "20:58", "21:00", "night"]
    assert line.index("●") < line.index("◆") < line.index("│")
    assert "now 20:54"[4] in below[line.index("●") - 5 : line.index("●") + 6]


def test_an_end_after_nine_is_said_and_lies_beyond_it() -> None:
    line, below = lines(times(310, 700))
    assert line.endswith("ends 2 min after 21:00")
    assert line.index("●") < line.index("│") < line.index("◆")
    assert below.index("21:00 night") < below.index("ends 21:01")


@pytest.mark.parametrize(("grants", "told"), [(True, True), (False, False)])
def test_far_from_the_night_it_is_told_only_where_consents_are_given(grants: bool, told: bool) -> None:
    line, below = lines(times(60, 300, begun=MORNING, grants=grants))
    assert ("21:00 night" in below) is told
    assert ("10 h spare" in line) is told
    assert line.index("◆") > line.index("●") > 6


def test_at_night_and_without_an_end_there_is_less_to_say() -> None:
    night = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    assert "21:00" not in lines(times(60, 300, begun=night, grants=True))[1]
    line, below = lines(times(60, None, begun=MORNING))
    assert "◆" not in line
    assert below.split() == ["now", "10:01"]


def test_the_very_hour_is_no_minute_late() -> None:
    nine = EVENING + timedelta(minutes=10, seconds=30)
    assert spare_words(nine, nine).plain == "0 min spare"
    assert spare_words(nine + timedelta(seconds=1), nine).plain == "ends 1 min after 21:00"


@given(
    st.integers(0, 40_000),
    st.none() | st.integers(0, 40_000),
    st.booleans(),
    st.integers(1, 130),
    st.integers(0, 86_400),
)
def test_whatever_the_times_both_lines_fit(
    now: int, more: int | None, grants: bool, width: int, begun: int
) -> None:
    at = times(
        now, None if more is None else now + more, begun=MORNING + timedelta(seconds=begun), grants=grants
    )
    line, below = time_line(at, width)
    assert line.cell_len <= max(width, 6)
    assert below.cell_len <= width


@pytest.mark.parametrize("phase", [Phase.LOOKING, Phase.READING_BACK, Phase.SENDING, Phase.SETTLING])
def test_what_a_job_is_at_has_room_on_a_narrow_terminal(phase: Phase) -> None:
    at = RunProgress(phase, 80_000, checked=79_999, to_check=80_000, users_per_second=166.7, window=12)
    said = doing_text(at, 12)
    assert len(said.wrap(Console(width=42), 42)) <= 2
    checks = phase in (Phase.LOOKING, Phase.READING_BACK)
    assert ("79,999 of 80,000" in said.plain) is checks
    assert ("users a minute" in said.plain) is (phase is Phase.SENDING)
