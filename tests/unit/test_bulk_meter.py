"""What a run's requests tell: how many start a minute, how often the limit holds, how slow answers are."""

from dfn_tui.service.bulk.meter import SPAN, STEP, Meter


def test_nothing_is_told_before_the_first_request() -> None:
    meter = Meter()
    assert (meter.a_minute(100.0), meter.last_minute(100.0), meter.slowest) == ([], 0, None)


def test_steps_are_told_when_they_are_over_and_idle_ones_are_told_too() -> None:
    meter = Meter()
    for _request in range(10):
        meter.started(2 * STEP)
    assert meter.a_minute(2 * STEP) == []  # it is not over yet
    meter.started(4 * STEP + 1)
    assert meter.a_minute(5 * STEP) == [120, 0, 12]
    assert meter.last_minute(5 * STEP) == 11


def test_a_minute_later_none_of_them_is_of_the_last_minute() -> None:
    meter = Meter()
    meter.started(0.0)
    assert meter.last_minute(59.0) == 1
    assert meter.last_minute(60.0 + STEP) == 0


def test_five_minutes_are_kept_and_no_more() -> None:
    meter = Meter()
    for second in range(2000):
        meter.started(float(second))
    told = meter.a_minute(2000.0)
    assert told == [60] * int(SPAN / STEP)
    assert len(meter._starts) <= SPAN / STEP + 1


def test_the_slowest_answer_is_kept_with_its_time() -> None:
    meter = Meter()
    for latency, at in ((0.2, 1.0), (2.1, 5.0), (0.4, 9.0)):
        meter.answered(latency, at)
    assert meter.slowest == (2.1, 5.0)
