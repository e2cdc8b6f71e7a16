import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.text.phone import BadNumber, e164, kakao_id


@pytest.mark.parametrize(
    "written",
    [
        "010-1234-5678",
        "01012345678",
        "+82 10 1234 5678",
        "+82-10-1234-5678",
        "(+82) 10-1234-5678",
        "+82 (0)10-1234-5678",
        "８２１０１２３４５６７８",
        "０１０－１２３４－５６７８",
        "\u202d010\u20111234\u20115678\u202c",
        " 821012345678\n",
    ],
)
def test_a_korean_number_is_brought_into_the_platforms_form(written: str) -> None:
    assert e164(written) == "821012345678"


@pytest.mark.parametrize("right", ["821012345678", "82212345678", "12025550123", "447911123456"])
def test_a_number_already_right_stays(right: str) -> None:
    assert e164(right) == right


def test_a_plus_makes_a_number_of_any_country() -> None:
    assert e164("+1 (202) 555-0123") == "12025550123"
    assert e164("+44 7911 123456") == "447911123456"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "+",
        "112",
        "010-123",
        "010-1234-56789",
        "+999 1234567",
        "1-800-FLOWERS",
        "02-312-3456 ext 5",
        "010-1234-5678/010-1234-5679",
        "010-1234-5678 010-1234-5679",
        "tel:01012345678",
        "0" * 100_000,
        "\ud83d01012345678",
    ],
)
def test_anything_else_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(BadNumber, match="not a valid phone number") as raised:
        e164(written)
    assert len(str(raised.value)) < 200


@given(st.text(st.characters()) | st.text("0123456789+-() .０１８２", max_size=20))
def test_whatever_is_typed_is_refused_or_becomes_a_number_that_stays(written: str) -> None:
    try:
        number = e164(written)
    except BadNumber:
        return
    assert number.isascii()
    assert number.isdecimal()
    assert e164(number) == number


def test_the_numbering_plans_are_loaded_only_when_a_number_is_read() -> None:
    program = "import sys, dfn_tui.text.phone; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_kakao_id_is_kept_as_it_is(digits: str) -> None:
    assert kakao_id(digits) == digits


@pytest.mark.parametrize(
    "wrong",
    ["", "123456789", "01234567890", "012345678x", " 0123456789", "0123456789\n", "０１２３４５６７８９"],
)
def test_a_kakao_id_is_exactly_ten_ascii_digits(wrong: str) -> None:
    with pytest.raises(BadNumber, match="ten digits"):
        kakao_id(wrong)
