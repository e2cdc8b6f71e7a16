"""When a campaign goes out: Korean time, across midnight, never in the past."""

from datetime import UTC, datetime

import pytest

from dfn_tui.service.bulk.sending_time import SendingTimeRefused, sending_time

EVENING = datetime(2026, 12, 31, 11, 52, 30, tzinfo=UTC)  # 20:52:30 in Korea
NEARLY_MIDNIGHT = datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "now", "at"),
    [
        (None, EVENING, "2026-12-31T20:52:30+09:00"),
        ("21:10", EVENING, "2026-12-31T21:10:00+09:00"),
        ("20:52", EVENING, "2026-12-31T20:52:00+09:00"),  # the minute under way
        ("20:51", EVENING, "2027-01-01T20:51:00+09:00"),
        ("08:00", EVENING, "2027-01-01T08:00:00+09:00"),
        ("8:00", EVENING, "2027-01-01T08:00:00+09:00"),
        ("00:00", NEARLY_MIDNIGHT, "2027-01-01T00:00:00+09:00"),
        ("23:59", NEARLY_MIDNIGHT, "2026-12-31T23:59:00+09:00"),
        ("07:59:59", NEARLY_MIDNIGHT, "2027-01-01T07:59:59+09:00"),
        (" 2027-02-28 21:10 ", EVENING, "2027-02-28T21:10:00+09:00"),
        ("2027-02-28T12:10Z", EVENING, "2027-02-28T21:10:00+09:00"),
        ("2027-02-28T12:10:00-01:00", EVENING, "2027-02-28T22:10:00+09:00"),
    ],
)
def test_a_time_is_the_next_one_in_korea(text: str | None, now: datetime, at: str) -> None:
    assert sending_time(text, now).isoformat() == at


@pytest.mark.parametrize(
    "text",
    ["", "now", "24:00", "21", "21:60", "2110", "1:2", "2026-12-31", "2026-02-30 10:00", "20261231T2110",
     "2026-12-31 20:51", "2026-12-31T11:51Z", "٢١:١٠", "0001-01-01T00:00+09:00", "\x1b[2J"],
)  # fmt: skip
def test_what_is_no_time_or_past_is_refused(text: str) -> None:
    with pytest.raises(SendingTimeRefused) as refused:
        sending_time(text, EVENING)
    assert "\x1b" not in refused.value.happened
