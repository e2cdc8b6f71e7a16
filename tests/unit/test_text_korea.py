"""How Korean times are written."""

from datetime import UTC, datetime

from dfn_tui.text.korea import file_stamp, korean_clock, korean_date, korean_minute, korean_time

LATE = datetime(2026, 3, 1, 23, 4, 5, 600_000, tzinfo=UTC)


def test_the_forms_of_a_time() -> None:
    assert korean_time(LATE) == "2026-03-02 08:04:05"
    assert korean_minute(LATE) == "2026-03-02 08:04"
    assert korean_date(LATE) == "2026-03-02"
    assert korean_clock(LATE) == "08:04"
    assert korean_clock(LATE, seconds=True) == "08:04:05"
    assert file_stamp(LATE) == "20260302-080405"
