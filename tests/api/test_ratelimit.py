"""When the server will listen again."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.ratelimit import reset_at, seconds_until_reset

NOW = 1_719_397_760.0
SPELLINGS = ["X-Rate-Limit-Reset", "x-ratelimit-reset", "X-RateLimit-Reset"]


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize(
    ("text", "seconds"), [("1719397769", 1_719_397_769.0), ("1682640000000", 1_682_640_000.0)]
)
def test_both_spellings_in_seconds_and_milliseconds(name: str, text: str, seconds: float) -> None:
    assert reset_at(httpx.Headers({name: text})) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "1e9", "60", "99999999999999999999", "１７１９３９７７６９", "1.5"]
)
def test_nonsense_is_no_reset(text: str) -> None:
    assert reset_at({"x-rate-limit-reset": text}) is None


def test_nonsense_in_one_spelling_leaves_the_other() -> None:
    assert reset_at({"x-rate-limit-reset": "soon", "x-ratelimit-reset": "1719397769"}) == 1_719_397_769.0


def test_seconds_until_reset() -> None:
    assert seconds_until_reset({"x-rate-limit-reset": "1719397769"}, NOW) == 9.0
    assert seconds_until_reset({"x-rate-limit-reset": "1719397769"}, NOW + 9) is None
    assert seconds_until_reset({"x-rate-limit-reset": "9719397769"}, NOW) is None
    assert seconds_until_reset({}, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("0", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("９", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("9" * 8, None),
        ("9" * 400, None),
    ],
)
def test_retry_after_counts_where_the_documented_headers_do_not(text: str, seconds: float | None) -> None:
    assert seconds_until_reset({"retry-after": text}, NOW) == seconds
    assert seconds_until_reset({"retry-after": text, "x-rate-limit-reset": "soon"}, NOW) == seconds
    assert seconds_until_reset({"retry-after": text, "x-rate-limit-reset": "1719397769"}, NOW) == 9.0


@given(st.text())
def test_no_header_value_breaks_it(text: str) -> None:
    wait = seconds_until_reset({"x-ratelimit-reset": text}, NOW)
    assert wait is None or wait > 0


@given(st.integers(1_000_000_000, 4_000_000_000))
def test_seconds_and_milliseconds_of_one_instant_agree(instant: int) -> None:
    seconds = reset_at({"x-ratelimit-reset": str(instant)})
    assert seconds == reset_at({"x-ratelimit-reset": str(instant * 1000)}) == instant
